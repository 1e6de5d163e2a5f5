"""Comparing two runs of a suite: what was fixed, what broke, what became flaky, slower, dearer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from workbench.measure.intervals import Paired
from workbench.measure.paired import Difference, difference
from workbench.suites.results import CaseResult, LaneResult, compare_lanes

Change = Literal["fixed", "broken", "flaky", "slower", "dearer"]
CHANGES: tuple[Change, ...] = ("broken", "fixed", "flaky", "slower", "dearer")

SLOWER = 1.5
"""A case is slower when its median time grew by this factor, and by ``SLOWER_MS`` at least."""
SLOWER_MS = 100.0
DEARER = 1.2


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One case on one lane that changed; ``before`` and ``after`` say it in words or numbers."""

    case: str
    lane: str
    change: Change
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class LaneChange:
    """One lane in two runs. ``paired`` counts the cases both have, the newer run first;
    ``difference`` is the newer pass rate minus the older one.
    """

    lane: str
    paired: Paired
    difference: Difference
    changes: tuple[CaseChange, ...]


def compare_runs(old: Sequence[LaneResult], new: Sequence[LaneResult]) -> list[LaneChange]:
    """Compare the lanes that both runs have, over the cases that both judged."""
    before = {lane.lane: lane for lane in old}
    made = []
    for lane in new:
        earlier = before.get(lane.lane)
        counts = compare_lanes(lane, earlier) if earlier else None
        if earlier is None or counts is None:
            continue
        known = {case.case: case for case in earlier.cases}
        changes = [
            change
            for case in lane.cases
            if case.case in known
            for change in _changes(lane.lane, known[case.case], case)
        ]
        changes.sort(key=lambda c: CHANGES.index(c.change))
        made.append(LaneChange(lane.lane, counts, difference(counts), tuple(changes)))
    return made


def _changes(lane: str, old: CaseResult, new: CaseResult) -> list[CaseChange]:
    found = []

    def note(change: Change, before: str, after: str) -> None:
        found.append(CaseChange(new.case, lane, change, before, after))

    if new.status == "pass" and old.status in ("fail", "flaky"):
        note("fixed", old.status, "pass")
    elif new.status == "fail" and old.status in ("pass", "flaky"):
        note("broken", old.status, "fail")
    elif new.status == "flaky" and old.status != "flaky":
        note("flaky", old.status, f"{new.passed} of {new.total} passed")
    was, now = _ms(old), _ms(new)
    if was and now and now >= SLOWER * was and now - was >= SLOWER_MS:
        note("slower", f"{was:.0f} ms", f"{now:.0f} ms")
    cost, costs = _usd(old), _usd(new)
    if cost and costs and costs >= DEARER * cost:
        note("dearer", f"${cost:.6f}", f"${costs:.6f}")
    return found


def _ms(case: CaseResult) -> float | None:
    times = [r.total_ms for r in case.results if r.total_ms is not None and r.state == "complete"]
    return median(times) if times else None


def _usd(case: CaseResult) -> float | None:
    costs = [r.usd for r in case.results if r.usd is not None]
    return sum(costs) / len(costs) if costs else None
