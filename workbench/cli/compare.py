"""``workbench compare``: two runs of a suite."""

from __future__ import annotations

from dataclasses import asdict

import click

from workbench.api.diff import diff
from workbench.api.loading import load_session
from workbench.api.setup import settings_for
from workbench.cli import output
from workbench.diffing.records import Diff
from workbench.diffing.views import inline
from workbench.errors import UsageError
from workbench.model.session import Session
from workbench.suites.compare import CaseChange, LaneChange, compare_runs
from workbench.suites.results import by_lane, last_words, results_of
from workbench.text import plural

_MARKS = {"delete": ("[-", "-]"), "insert": ("{+", "+}"), "equal": ("", "")}
_LINES = 6


@click.command()
@click.argument("run_a")
@click.argument("run_b")
@click.option("--no-diff", is_flag=True, help="Leave out how the answers changed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def compare(*, run_a: str, run_b: str, no_diff: bool, as_json: bool) -> int:
    """Compare run A with the newer run B: what was fixed, broken, flaky, slower, dearer.

    Exit code: 0 nothing broke, 1 something did, 2 wrong usage.
    """
    settings = settings_for()
    old, new = (load_session(settings, name).session for name in (run_a, run_b))
    lanes = compare_runs(by_lane(results_of(old)), by_lane(results_of(new)))
    if not lanes:
        raise UsageError(
            "These sessions have no case and lane in common.", "`workbench run` names its own."
        )
    if as_json:
        output.document({"v": 1, "lanes": [_record(lane, old, new) for lane in lanes]})
    else:
        for lane in lanes:
            _show(lane, old, new, with_diff=not no_diff)
    return int(any(c.change == "broken" for lane in lanes for c in lane.changes))


def _answer(session: Session, case: str, lane: str) -> str:
    return next(
        (
            attempt.text
            for iteration in session.iterations
            if iteration.name == case
            for asked, attempt in last_words(iteration)
            if asked == lane and attempt.repeat == 1
        ),
        "",
    )


def _diff(change: CaseChange, old: Session, new: Session) -> tuple[str, Diff]:
    a, b = (_answer(session, change.case, change.lane) for session in (old, new))
    return a, diff(a, b)


def _record(lane: LaneChange, old: Session, new: Session) -> dict[str, object]:
    return {
        "lane": lane.lane,
        "paired": asdict(lane.paired),
        "difference": asdict(lane.difference),
        "changes": [
            {**asdict(change), "diff": asdict(_diff(change, old, new)[1])}
            for change in lane.changes
        ],
    }


def _show(lane: LaneChange, old: Session, new: Session, *, with_diff: bool) -> None:
    counts, gap = lane.paired, lane.difference
    total = counts.both + counts.only_first + counts.only_second + counts.neither
    output.line(
        f"{lane.lane}: {gap.value:+.1%} ({gap.low:+.1%} to {gap.high:+.1%}) on "
        f"{plural(total, 'case')}, p = {counts.p_value:.3g} (McNemar, exact)"
    )
    for change in lane.changes:
        output.line(f"  {change.change:7} {change.case}: {change.before} → {change.after}")
        if with_diff and change.change in ("fixed", "broken", "flaky"):
            a, made = _diff(change, old, new)
            changed = [line for line in inline(made, a) if line.hunk is not None]
            for line in changed[:_LINES]:
                output.line("          " + "".join(_mark(p.text, p.kind) for p in line.pieces))
            if len(changed) > _LINES:
                output.line(f"          … {plural(len(changed) - _LINES, 'line')} more")


def _mark(text: str, kind: str) -> str:
    before, after = _MARKS[kind]
    return f"{before}{text}{after}"
