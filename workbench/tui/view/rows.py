"""What the screen says about attempts and iterations, as lines of toned text.

Every state is a glyph and a word, so that nothing depends on colour.
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.model.fold import LiveAttempt
from workbench.model.lane import Lane
from workbench.model.verdict import CheckResult, FirstFailure
from workbench.records import dataclass
from workbench.text import plural
from workbench.tui.view import format as fmt
from workbench.tui.view.lines import Line, Span, joined, width
from workbench.tui.view.row_index import Tally
from workbench.tui.view.state import ViewModel
from workbench.tui.view.sums import Totals
from workbench.tui.view.tries import instead

LEAST_BEHIND = 6
"""Cells behind a lane's name from which on something is said there."""

_LIVE: dict[str, tuple[str, str, str]] = {
    "queued": ("\u00b7", "queued", "muted"),
    "connecting": ("\u25cc", "connecting", "muted"),
    "waiting": ("\u25cc", "waiting", "live"),
    "streaming": ("\u25b8", "streaming", "live"),
}
_ENDED: dict[str, tuple[str, str, str]] = {
    "aborted": ("\u2717", "aborted", "fail"),
    "cancelled": ("\u25a0", "cancelled", "warn"),
    "truncated": ("\u2026", "truncated", "warn"),
    "error": ("!", "error", "fail"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """An attempt's state in one glyph and a word or two."""

    glyph: str
    word: str
    tone: str

    def span(self) -> Span:
        """Return the badge as it is written in a pane's head."""
        return f"{self.glyph} {self.word}", self.tone


def badge(attempt: LiveAttempt | None) -> Badge:
    """Return the state of an attempt; without one its lane is ready."""
    if attempt is None:
        return Badge("\u00b7", "ready", "muted")
    if attempt.live:
        return _running(attempt)
    if attempt.state == "complete":
        return _complete(attempt)
    glyph, word, tone = _ENDED[attempt.state]
    if attempt.first_failure is not None and attempt.state in ("truncated", "cancelled"):
        return Badge("\u2717", f"failed, {word}", "fail")
    return Badge(glyph, word, tone)


def _running(attempt: LiveAttempt) -> Badge:
    if attempt.first_failure is not None:
        return Badge("\u2717", "failed, streaming", "fail")
    if attempt.state == "waiting" and attempt.reasoning_parts:
        return Badge("\u25cc", "thinking", "live")
    return Badge(*_LIVE[attempt.state])


def _complete(attempt: LiveAttempt) -> Badge:
    if attempt.first_failure is not None:
        return Badge("\u2717", "failed", "fail")
    if attempt.verdict == "error":
        return Badge("!", "check error", "warn")
    if not attempt.checks:
        return Badge("\u2713", "complete", "")
    warned = any(c.verdict == "fail" for c in attempt.checks)
    return Badge("\u2713", "passed, warned" if warned else "passed", "pass")


def repeats(model: ViewModel, lane: str) -> Line:
    """Return which attempt of several a lane shows and how many of them passed; empty for one.
    With data rows: the row, and how many rows passed.
    """
    if model.row is not None and model.index is not None:
        return _of_rows(model.index.tally(lane), model.row)
    found = model.attempts(lane)
    if len(found) < 2:
        return ()
    shown = model.attempt(lane)
    place = next((i for i, a in enumerate(found) if a is shown), 0) + 1
    passed = sum(a.verdict == "pass" for a in found)
    ended = sum(not a.live for a in found)
    running = f", {ended} ended" if ended < len(found) else ""
    tone = "pass" if passed == len(found) else ""
    return (
        (f"  {passed} of {len(found)} passed{running}", tone),
        (f"  \u2039{place}\u203a", "accent"),
    )


def _of_rows(tally: Tally, row: str) -> Line:
    running = f", {tally.decided} decided" if tally.decided < tally.total else ""
    tone = "pass" if tally.passed == tally.total else ""
    return (
        (f"  \u2039{row}\u203a", "accent"),
        (f"  {tally.passed} of {plural(tally.total, 'row')} passed{running}", tone),
    )


def head(
    lane: Lane, attempt: LiveAttempt | None, *, reasoning: bool = False, tally: Line = ()
) -> tuple[Line, Line]:
    """Return the left and the right end of a pane's head: who it is, and how it stands. That
    there is reasoning, folded or shown (*reasoning*), takes the place of the model's name, and so
    does the *tally* of several attempts.
    """
    model = "" if lane.model == lane.name else f"  {lane.model}"
    name: Line = ((lane.name, "bold"), (model, "muted"))
    if attempt is not None and attempt.reasoning_parts:
        size = fmt.count(attempt.reasoning_chars)
        fold = "\u25be" if reasoning else "\u25b8"
        name = ((lane.name, "bold"), (f"  {fold} reasoning, {size} chars", "accent"))
    if tally:
        name = (*(name if attempt is not None and attempt.reasoning_parts else name[:1]), *tally)
    state = badge(attempt)
    text, tone = state.span()
    right: list[Span] = instead(lane, attempt) if attempt is not None else []
    if attempt is not None and attempt.queued.origin != "live":
        right.append((f"{attempt.queued.origin}  ", "muted"))
    right.append((text, f"{tone} bold".strip()))
    return name, tuple(right)


def verdict_line(attempt: LiveAttempt | None) -> Line:
    """Return what there is to say about an attempt's checks, most important first."""
    if attempt is None:
        return ()
    ended = attempt.ended
    if ended is not None and ended.error is not None:
        hint = f" {ended.error.hint}" if ended.error.hint else ""
        return ((ended.error.message, "fail"), (hint, "muted"))
    if attempt.first_failure is not None:
        return _failure(attempt.first_failure)
    broken = next((c for c in attempt.checks if c.verdict == "error"), None)
    if broken is not None:
        return ((f"check {broken.name} broke: ", "warn"), (broken.reason, "muted"))
    if attempt.status:
        return ((attempt.status, "muted"),)
    warned = next((c for c in attempt.checks if c.verdict == "fail"), None)
    parts = [_progress(attempt)]
    if warned is not None:
        parts.append(((f"warning: {warned.name} {warned.reason}", "warn"),))
    parts.append(_size(attempt))
    return joined(parts)


def check_line(check: CheckResult) -> Line:
    """Return what there is to say about one failed check."""
    where = "" if check.at_char is None else f" at {fmt.count(check.at_char)}"
    tone = "warn" if check.severity == "warn" else "fail"
    return ((check.name, f"{tone} bold"), (where, tone), (f"  {check.reason}", "muted"))


def fitting(name: Line, cells: int) -> Line:
    """Return a head's left end for so many *cells*: what stands behind the name is left out where
    nothing of it could be read, so that the name can.
    """
    short = name[:1]
    return short if width(short) + LEAST_BEHIND > cells else name


def _failure(failure: FirstFailure) -> Line:
    spans: list[Span] = [(failure.check or failure.kind, "fail bold")]
    if failure.at_char is not None and failure.kind == "check":
        spans.append((f" at {fmt.count(failure.at_char)}", "fail"))
    if failure.reason:
        spans.append((f"  {failure.reason}", "muted"))
    return tuple(spans)


def _progress(attempt: LiveAttempt) -> Line:
    total = len(attempt.checks)
    if not total:
        return (("no checks", "muted"),) if attempt.ended else ()
    passed = sum(c.verdict == "pass" for c in attempt.checks)
    if attempt.live:
        return ((f"{passed} of {plural(total, 'check')} passed", "muted"),)
    tone = "pass" if passed == total else ""
    return ((f"{passed} of {plural(total, 'check')} passed", tone),)


def _size(attempt: LiveAttempt) -> Line:
    if attempt.ended is None:
        return ((f"{fmt.count(attempt.chars)} chars", "muted"),) if attempt.chars else ()
    output = attempt.ended.tokens.output
    if output is None:
        return ((f"{fmt.count(attempt.chars)} chars", "muted"),)
    about = "~" if attempt.ended.tokens.source == "estimated" else ""
    noun = "token" if output == 1 else "tokens"
    return ((f"{about}{fmt.count(output)} {noun}", "muted"),)


def welcome(keys: Mapping[str, str]) -> list[Line]:
    """Return what an empty pane says before the first race; *keys* are labels by action id."""

    def key(action: str, text: str) -> Line:
        return ((f"{keys.get(action, ''):<5}", "accent bold"), (text, "muted"))

    return [
        key("send", "send the prompt to all lanes"),
        key("older", "back to the last prompt"),
        key("diff", "compare answers"),
        key("replay", "play a race again"),
        key("sessions", "other sessions, examples"),
        key("help", "every key and sign"),
    ]


# -- totals -------------------------------------------------------------------------------------


_GAP: Span = ("   ", "")


def totals_line(model: ViewModel, cells: int = 200) -> Line:
    """Return the totals of the iteration in view, each with its change against the one it is
    compared with, as far as they can be compared; where *cells* are too few, the last figures are
    left out whole.
    """
    current, previous = model.iteration, model.previous
    if current is None:
        return (("Nothing sent yet.", "muted"),)
    here = model.index_of(current)
    before = None if previous is None else model.index_of(previous)
    now = here.totals()
    alike = before is not None and here.asked_alike(before)
    then = before.totals() if before is not None and alike else Totals()
    spent = then if before is not None and here.spent_alike(before) else Totals()
    failure = fmt.duration(now.first_failure) if now.first_failure is not None else "none"
    change = fmt.duration_change(now.first_failure, then.first_failure)
    parts = [
        _passed(now, then if alike else None),
        _figure("first failure", failure, change),
        _figure("tokens", fmt.count(now.tokens), fmt.count_change(now.tokens, spent.tokens)),
        _figure("slowest", fmt.duration(now.end), fmt.duration_change(now.end, spent.end)),
        _figure("cost", fmt.money(now.usd), fmt.money_change(now.usd, spent.usd)),
    ]
    if previous is not None and not alike:
        parts.append(((f"{previous.number} asked others", "muted"),))
    while len(parts) > 1 and width(joined(parts, _GAP)) > cells:
        parts.pop()
    return joined(parts, _GAP)


def _passed(now: Totals, then: Totals | None) -> Line:
    tone = "pass" if now.passed == now.attempts else "fail" if now.decided > now.passed else ""
    change = fmt.count_change(now.passed, then.passed) if then and now.decided else ""
    return _figure("passed", f"{now.passed} of {now.attempts}", change, tone)


def _figure(label: str, value: str, change: str, tone: str = "") -> Line:
    spans: list[Span] = [(f"{label} ", "muted"), (value, f"{tone} bold".strip())]
    if change:
        spans.append((f" {change}", "accent"))
    return tuple(spans)
