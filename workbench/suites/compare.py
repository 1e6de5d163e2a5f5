"""Comparing two runs of a suite: what was fixed, what broke, what became flaky, slower, dearer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import median
from typing import Literal

from workbench.figures import duration, money
from workbench.measure.intervals import Paired, paired
from workbench.measure.paired import Difference, decided_after, difference
from workbench.measure.passk import cases_needed
from workbench.records import dataclass
from workbench.suites.results import CaseResult, LaneResult, compare_lanes, pairs_of

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


@dataclass(frozen=True, slots=True)
class LanePair:
    """Two lanes of one run on the cases both judged; ``difference`` is the first's rate minus the
    second's. ``decided_after`` is the number of cases after which McNemar's test told them apart
    and went on doing so, ``needed`` about how many cases in all would, should the difference stay.
    """

    first: str
    second: str
    cases: int
    paired: Paired
    difference: Difference
    decided_after: int | None
    needed: int | None


def compare_all(lanes: Sequence[LaneResult]) -> list[LanePair]:
    """Compare each lane of a run with each later one."""
    found = []
    for one, other in combinations(lanes, 2):
        pairs = pairs_of(one, other)
        counts = paired(pairs)
        if counts is not None:
            since = decided_after(pairs)
            needed = None if since else _needed(counts, len(pairs))
            gap = difference(counts)
            found.append(LanePair(one.lane, other.lane, len(pairs), counts, gap, since, needed))
    return found


def _needed(counts: Paired, total: int) -> int | None:
    apart = counts.only_first + counts.only_second
    more = cases_needed(max(counts.only_first, counts.only_second), apart, 0.5)
    return None if more is None else max(total + 1, -(-more * total // apart))


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
        note("slower", duration(was), duration(now))
    cost, costs = _usd(old), _usd(new)
    if cost and costs and costs >= DEARER * cost:
        note("dearer", money(cost), money(costs))
    return found


def _ms(case: CaseResult) -> float | None:
    times = [r.total_ms for r in case.results if r.total_ms is not None and r.state == "complete"]
    return median(times) if times else None


def _usd(case: CaseResult) -> float | None:
    costs = [r.usd for r in case.results if r.usd is not None]
    return sum(costs) / len(costs) if costs else None
