"""The verdict matrix as lines of toned text: checks by lanes, and when each was decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.model.fold import LiveAttempt
from workbench.model.verdict import CheckResult
from workbench.records import dataclass
from workbench.text import cell_width, shorten, visible_line
from workbench.tui.view import format as fmt
from workbench.tui.view.lines import Line, Span
from workbench.tui.view.race import window
from workbench.tui.view.state import ViewModel

_CHECK_GLYPHS = {
    "pending": ("\u00b7", "muted"),
    "pass": ("\u2713", "pass"),
    "fail": ("\u2717", "fail"),
    "error": ("!", "warn"),
}
_COLUMNS = ((11, 24), (9, 24), (9, 12))
"""Cells of a lane's column, and of a check's name at most: as there is room for all lanes."""


def check_cell(result: CheckResult | None) -> Span:
    """Return the cell of a verdict matrix: how a check stands and when it was decided."""
    if result is None:
        return ("", "")
    glyph, tone = _CHECK_GLYPHS[result.verdict]
    if result.verdict == "fail" and result.severity == "warn":
        glyph, tone = "\u25b2", "warn"
    when = "" if result.ms is None else f" {fmt.duration(result.ms)}"
    return (glyph + when, tone)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where things stand in a matrix: ``left`` cells of names, then ``column`` for each lane of
    ``seen``.
    """

    names: Sequence[str]
    left: int
    column: int
    seen: range


def _plan(model: ViewModel, cells: int, first: int) -> _Plan:
    lanes = model.panes()
    attempts = [model.attempt(lane.name) for lane in lanes]
    names = _names(attempts)
    widest = max((cell_width(visible_line(name)) for name in names), default=0)
    plan = _Plan(names, 0, 1, range(0))
    for column, longest in _COLUMNS:
        left = min(longest, max(8, widest)) + 2
        fit = max(1, (cells - left + 1) // column)
        plan = _Plan(names, left, column, window(len(lanes), fit + 1, first))
        if fit >= len(lanes):
            break
    return plan


def _names(attempts: Iterable[LiveAttempt | None]) -> list[str]:
    return list(dict.fromkeys(c.name for a in attempts if a is not None for c in a.checks))


def height(model: ViewModel) -> int:
    """Return the lines of a matrix."""
    names = _names(model.attempt(lane.name) for lane in model.panes())
    return len(names) + 1 if names else 0


def matrix(model: ViewModel, cells: int = 10_000, first: int = 0) -> list[Line]:
    """Return the verdict matrix: a line of lanes, then a line for each check with how it stands
    in every lane and when that was decided. Where *cells* are too few for all lanes, those from
    the *first* one on are there, and its corner says which. Empty before the first race.
    """
    plan, lanes = _plan(model, cells, first), model.panes()
    if not plan.names:
        return []
    seen, column = plan.seen, plan.column
    first_last = f"{seen.start + 1}\u2013{seen.stop}" if len(seen) > 1 else f"{seen.stop}"
    which = "" if len(seen) == len(lanes) else f"{first_last} of {len(lanes)}"
    head: list[Span] = [(_fit(which, plan.left), "accent")]
    head += [(_fit(lanes[place].name, column), "muted") for place in seen]
    out: list[Line] = [tuple(head)]
    attempts = [model.attempt(lanes[place].name) for place in seen]
    for name in plan.names:
        line: list[Span] = [(_fit(name, plan.left), "")]
        for attempt in attempts:
            text, tone = check_cell(_result(attempt, name))
            line.append((_fit(text, column), tone))
        out.append(tuple(line))
    return [(*line[:-1], (line[-1][0].rstrip(" "), line[-1][1])) for line in out]


def columns(model: ViewModel, cells: int, first: int = 0) -> range:
    """Return which lanes a matrix of so many *cells* shows: those from *first* on, or as many
    before it as there is room for.
    """
    return _plan(model, cells, first).seen


def cell(model: ViewModel, at: tuple[int, int], cells: int, first: int) -> tuple[str, str] | None:
    """Return the lane and the check of the cell *at* a column (in cells) and a line of a matrix;
    the check is empty in the line of lanes. None where there is no cell.
    """
    plan = _plan(model, cells, first)
    place, line = (at[0] - plan.left) // plan.column, at[1]
    if not (plan.names and 0 <= place < len(plan.seen) and 0 <= line <= len(plan.names)):
        return None
    return model.panes()[plan.seen[place]].name, plan.names[line - 1] if line else ""


def _fit(text: str, cells: int) -> str:
    shown = shorten(visible_line(text), cells - 1)
    return shown + " " * (cells - cell_width(shown))


def _result(attempt: LiveAttempt | None, name: str) -> CheckResult | None:
    checks = () if attempt is None else attempt.checks
    return next((c for c in checks if c.name == name), None)


def reasons(model: ViewModel) -> list[Line]:
    """Return why checks failed, one line for each failure, by lane."""
    out: list[Line] = []
    for lane in model.panes():
        attempt = model.attempt(lane.name)
        for check in () if attempt is None else attempt.checks:
            if check.verdict in ("fail", "error"):
                glyph, tone = check_cell(check)
                at = "" if check.at_char is None else f" at {fmt.count(check.at_char)}"
                where = f"{lane.name}  {check.name}{at}  "
                out.append(((f"{glyph[:1]} ", tone), (where, "bold"), (check.reason, "muted")))
    return out
