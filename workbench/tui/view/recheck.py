"""Other checks asked of recorded answers, as lines to read: the original beside the new."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.api.retro import Rejudged, edited, recheck
from workbench.measure.failure import Spent
from workbench.model.session import Session
from workbench.text import plural
from workbench.tui.view import format as fmt
from workbench.tui.view.lines import Line, Span, cut, width

_TONES = {"pass": "pass", "fail": "fail", "error": "warn", "pending": "muted"}
_HEAD = (
    *("iteration", "lane", "was", "is", "TTFF was", "TTFF is"),
    *("abort was", "abort is", "cost was", "cost is", "an abort saves"),
)


_LEAST = 4
"""Columns shown at least; of the others, those that fit."""


def rejudged(session: Session, checks: Sequence[str], folder: Path) -> tuple[Rejudged, ...]:
    """Judge every ended attempt of *session* as if its recorded checks (as
    :func:`~workbench.api.retro.recorded_lines` lists them) had been these: what was added, changed
    or dropped is; what stayed stays with its iterations and lanes.

    Raises:
        CheckSyntaxError: a check cannot be read.
    """
    return recheck(session, edited(session, checks), folder=folder)


def with_edits(
    recorded: Sequence[str], sent: Sequence[str], draft: Sequence[str]
) -> tuple[str, ...]:
    """Return the recorded checks with what the person has done to those of the iteration in view:
    what was taken out is out, what was written since is behind.
    """
    kept = [line for line in recorded if line in draft or line not in sent]
    return (*kept, *(line for line in dict.fromkeys(draft) if line not in recorded))


def summary(found: Sequence[Rejudged]) -> Line:
    """Return in one line how much comes out differently."""
    changed = sum(r.changed for r in found)
    before = sum(r.original.verdict == "pass" for r in found)
    now = sum(r.now.verdict == "pass" for r in found)
    return (
        (f" {plural(len(found), 'answer')}: ", ""),
        (f"{before} passed, now {now}", "bold"),
        (f"   {changed} come out differently", "accent" if changed else "muted"),
    )


def table(found: Sequence[Rejudged], cells: int) -> list[Line]:
    """Return the table, at most *cells* wide: a row for each attempt, and why it fails now."""
    rows: list[tuple[Span, ...]] = [tuple((word, "muted") for word in _HEAD)]
    rows += [_row(r) for r in found]
    widths = [max(width((row[i],)) for row in rows) for i in range(len(_HEAD))]
    while len(widths) > _LEAST and 1 + sum(widths) + 2 * len(widths) > cells:
        widths.pop()
    out: list[Line] = []
    for index, row in enumerate(rows):
        line: list[Span] = [(" ", "")]
        for span, size in zip(row, widths, strict=False):
            line += [span, (" " * (size - width((span,)) + 2), "")]
        failure = found[index - 1].now.first_failure if index else None
        if failure is not None and len(widths) == len(_HEAD):
            line.append((f"{failure.check or failure.kind}: {failure.reason}", "muted"))
        out.append(cut(line, cells))
    return out


def _row(r: Rejudged) -> tuple[Span, ...]:
    was, now = r.original, r.now
    mark = " \u2190" if was.verdict != now.verdict else ""
    cut_off = " (cut)" if r.partial else ""
    saved = "\u2013"
    if r.saved is not None:
        tokens = "" if r.saved.tokens is None else f", {r.saved.tokens} tok"
        saved = f"{fmt.duration((r.saved.seconds or 0.0) * 1000)}{tokens}"
    return (
        (str(now.iteration), ""),
        (now.lane if now.row is None else f"{now.lane}, {now.row}", "bold"),
        (was.verdict, _TONES[was.verdict]),
        (f"{now.verdict}{cut_off}{mark}", _TONES[now.verdict] + (" bold" if mark else "")),
        (fmt.duration(was.ttff_ms), ""),
        (fmt.duration(now.ttff_ms), "accent" if was.ttff_ms != now.ttff_ms else ""),
        (fmt.duration(was.abort_ms), ""),
        (fmt.duration(r.abort_ms), "accent" if was.abort_ms != r.abort_ms else ""),
        (_spent(r.was_spent), ""),
        (_spent(r.spent), "accent" if r.spent != r.was_spent else ""),
        (saved, ""),
    )


def _spent(spent: Spent | None) -> str:
    if spent is None:
        return "unknown"
    money = "" if spent.usd == 0 else f" {fmt.money(spent.usd)}"
    return f"{fmt.count(spent.tokens)} tok{money}"
