"""Which iteration broke a check: a binary search that sends only what is not recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from workbench.api.retro import rejudge
from workbench.checks.syntax import CheckSpec
from workbench.errors import SessionError
from workbench.model.session import Iteration
from workbench.model.verdict import VerdictName
from workbench.records import dataclass

Grade = Literal["pass", "fail", "unknown"]
Source = Literal["recorded", "judged", "sent"]
Recorded = Callable[[Iteration], tuple[Grade, Source]]
"""What is known of an iteration without sending: its recorded verdict, or a check asked of its
recorded text."""

Send = Callable[[Iteration], Awaitable[Grade]]


@dataclass(frozen=True, slots=True)
class Probe:
    """One iteration looked at."""

    iteration: int
    grade: Grade
    source: Source


@dataclass(frozen=True, slots=True)
class Broken:
    """``first_bad`` failed and ``last_good`` (None: nothing before passed) was the last to pass.

    ``suspects`` are the iterations in between that could not be judged: any of them may be the
    one. ``probes`` are in the order they were made.
    """

    first_bad: int
    last_good: int | None
    suspects: tuple[int, ...]
    probes: tuple[Probe, ...]


async def bisect(line: Sequence[Iteration], recorded: Recorded, send: Send | None) -> Broken:
    """Find the iteration of *line* (oldest first) that broke the check.

    The last iteration must fail. The nearest earlier one whose recording passes is taken as good;
    without any, the first iteration is asked. Between the two the middle is asked,
    and where it cannot be judged, its neighbours. Without *send*, only recordings are used.

    Raises:
        SessionError: the last iteration does not fail, or cannot be judged.
    """
    search = _Search(line, recorded, send)
    if not line or (last := await search.grade(len(line) - 1)) == "unknown":
        raise SessionError(
            "The last iteration has no verdict of this check on this lane.",
            "Name another lane, or allow sending.",
        )
    if last == "pass":
        raise SessionError("The check passes in the last iteration.", "Nothing is broken there.")
    bad = len(line) - 1
    good = search.newest_known_pass(bad)
    if good is None and bad > 0:
        first = await search.grade(0)
        if first == "fail":
            return search.result(0, None)
        good = 0 if first == "pass" else None
    low = -1 if good is None else good
    while (middle := await search.judged_between(low, bad)) is not None:
        if search.known[middle].grade == "pass":
            low = middle
        else:
            bad = middle
    return search.result(bad, low if low >= 0 else None)


def recorded_grades(lane: str, spec: CheckSpec) -> Recorded:
    """Return what the recordings of *lane* say of a check: its recorded verdict where the attempt
    had it, else the check asked of the recorded text. Any repeat that fails is a fail.
    """

    def grade(iteration: Iteration) -> tuple[Grade, Source]:
        attempts = [a for a in iteration.attempts if a.lane == lane and a.total_ms is not None]
        known: list[VerdictName] = []
        source: Source = "recorded"
        for attempt in attempts:
            had = next((c for c in attempt.checks if c.name == spec.label), None)
            if had is None or had.verdict == "pending":
                source = "judged"
                where = next((x for x in iteration.lanes if x.name == lane), None)
                if where is None or attempt.state == "error":
                    continue
                had = rejudge(attempt, where, (spec,)).now.checks[0]
            known.append(had.verdict)
        if "fail" in known:
            return "fail", source
        return ("pass" if known and set(known) == {"pass"} else "unknown"), source

    return grade


class _Search:
    def __init__(self, line: Sequence[Iteration], recorded: Recorded, send: Send | None) -> None:
        self._line = line
        self._recorded = recorded
        self._send = send
        self.known: dict[int, Probe] = {}

    def newest_known_pass(self, before: int) -> int | None:
        """The nearest earlier iteration whose recording passes; costs no request."""
        for index in range(before - 1, -1, -1):
            grade, source = self._recorded(self._line[index])
            if grade == "pass":
                self.known[index] = Probe(self._line[index].number, grade, source)
                return index
        return None

    async def grade(self, index: int) -> Grade:
        """Judge one iteration, each at most once."""
        if index not in self.known:
            iteration = self._line[index]
            grade, source = self._recorded(iteration)
            if grade == "unknown" and self._send is not None:
                grade, source = await self._send(iteration), "sent"
            self.known[index] = Probe(iteration.number, grade, source)
        return self.known[index].grade

    async def judged_between(self, low: int, high: int) -> int | None:
        """Judge the one nearest the middle that can be judged; None when there is none left."""
        middle = (low + high) / 2
        for index in sorted(range(low + 1, high), key=lambda n: abs(n - middle)):
            if await self.grade(index) != "unknown":
                return index
        return None

    def result(self, bad: int, good: int | None) -> Broken:
        """Wrap up."""
        between = range(0 if good is None else good + 1, bad)
        return Broken(
            self._line[bad].number,
            None if good is None else self._line[good].number,
            tuple(self._line[n].number for n in between),
            tuple(self.known.values()),
        )
