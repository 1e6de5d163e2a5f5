"""``workbench compare``: two runs of a suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import click

from workbench.api.diff import diff
from workbench.api.earlier import RunRecord
from workbench.api.setup import settings_for
from workbench.cli import diagnostics, output
from workbench.diffing.records import Diff
from workbench.diffing.views import inline
from workbench.errors import UsageError
from workbench.suites.compare import CHANGES, CaseChange, LaneChange, compare_runs
from workbench.suites.results import by_lane
from workbench.text import plural

_MARKS = {"delete": ("[-", "-]"), "insert": ("{+", "+}"), "equal": ("", "")}
_LINES = 6
_WITH_DIFF = ("fixed", "broken", "flaky")
"""Changes whose answers are shown."""


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
    old, new = (RunRecord(settings, name) for name in (run_a, run_b))
    lanes = compare_runs(by_lane(old.results()), by_lane(new.results()))
    diagnostics.damage((*old.damage, *new.damage))
    if not lanes:
        raise UsageError(
            "These sessions have no case and lane in common.", "`workbench run` names its own."
        )
    shown = () if no_diff else CHANGES if as_json else _WITH_DIFF
    diffs = _diffs([c for lane in lanes for c in lane.changes if c.change in shown], old, new)
    if as_json:
        output.document({"v": 1, "lanes": [_record(lane, diffs) for lane in lanes]})
    else:
        for lane in lanes:
            _show(lane, diffs)
    return int(any(c.change == "broken" for lane in lanes for c in lane.changes))


Diffs = Mapping[tuple[str, str], tuple[str, Diff]]
"""By case and lane: the older answer and how it changed."""


def _diffs(changes: Sequence[CaseChange], old: RunRecord, new: RunRecord) -> Diffs:
    places = {(change.case, change.lane) for change in changes}
    if not places:
        return {}
    before, after = old.answers(places), new.answers(places)
    return {
        place: (before.get(place, ""), diff(before.get(place, ""), after.get(place, "")))
        for place in places
    }


def _record(lane: LaneChange, diffs: Diffs) -> dict[str, object]:
    return {
        "lane": lane.lane,
        "paired": asdict(lane.paired),
        "difference": asdict(lane.difference),
        "changes": [_change(change, diffs) for change in lane.changes],
    }


def _change(change: CaseChange, diffs: Diffs) -> dict[str, object]:
    found = diffs.get((change.case, change.lane))
    return asdict(change) | ({"diff": asdict(found[1])} if found else {})


def _show(lane: LaneChange, diffs: Diffs) -> None:
    counts, gap = lane.paired, lane.difference
    total = counts.both + counts.only_first + counts.only_second + counts.neither
    output.line(
        f"{lane.lane}: {gap.value:+.1%} ({gap.low:+.1%} to {gap.high:+.1%}) on "
        f"{plural(total, 'case')}, p = {counts.p_value:.3g} (McNemar, exact)"
    )
    for change in lane.changes:
        output.line(f"  {change.change:7} {change.case}: {change.before} → {change.after}")
        if (found := diffs.get((change.case, change.lane))) and change.change in _WITH_DIFF:
            a, made = found
            changed = [line for line in inline(made, a) if line.hunk is not None]
            for line in changed[:_LINES]:
                output.line("          " + "".join(_mark(p.text, p.kind) for p in line.pieces))
            if len(changed) > _LINES:
                output.line(f"          … {plural(len(changed) - _LINES, 'line')} more")


def _mark(text: str, kind: str) -> str:
    before, after = _MARKS[kind]
    return f"{before}{text}{after}"
