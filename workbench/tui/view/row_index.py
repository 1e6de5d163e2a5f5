"""The attempts of an iteration by data row and lane, how many of each lane's rows passed, and the
iteration's totals.

Kept up to date in little steps: a frame costs what happened since the last one, not what there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from workbench.model.fold import LiveAttempt, LiveIteration
from workbench.records import dataclass
from workbench.tui.view.sums import Sums, Totals

Cell = tuple[str | None, str]
"""A data row (None without any) and a lane."""


@dataclass(slots=True)
class Tally:
    """How a lane's attempts stand: ``decided`` of ``total`` have a verdict, ``passed`` passed."""

    total: int = 0
    decided: int = 0
    passed: int = 0


class RowIndex:
    """Looks attempts up and adds them up; one for each iteration. It finds new attempts by itself;
    of others :meth:`changed` tells it.
    """

    def __init__(self, iteration: LiveIteration) -> None:
        self.iteration = iteration
        started = iteration.started
        self.rows = {row.id: row for row in started.rows}
        lanes = sorted(lane.name for lane in started.lanes)
        self._asked = lanes, started.repeat, tuple(self.rows)
        self._seen = 0
        self._cells: dict[Cell, list[LiveAttempt]] = {}
        self._lane_of: dict[int, str] = {}
        self._replaced: set[int] = set()
        self._tallies: dict[str, Tally] = {}
        self._sums = Sums()
        self._changed: dict[int, LiveAttempt] = {}

    def changed(self, attempt: LiveAttempt) -> None:
        """An attempt of the iteration is not what it was."""
        self._changed[attempt.number] = attempt

    def attempts(self, row: str | None, lane: str) -> Sequence[LiveAttempt]:
        """Return the attempts in a lane's place at a row, in order; retries, and what its fallback
        tried, after what they repeat.
        """
        self._look()
        return self._cells.get((row, lane), ())

    def tally(self, lane: str) -> Tally:
        """Return how the attempts stand that count for a lane: of each, the last try."""
        self._look()
        return self._tallies.setdefault(lane, Tally())

    def totals(self) -> Totals:
        """Return the iteration in numbers; every try counts."""
        self._look()
        return self._sums.totals()

    def asked_alike(self, other: RowIndex) -> bool:
        """Return whether the verdicts of two iterations can be compared: the same lanes were asked,
        as often, with the same data rows.
        """
        return self._asked == other._asked

    def spent_alike(self, other: RowIndex) -> bool:
        """Return whether tokens, times and cost can be compared too: no answer was stopped or
        refused, as a part of one is no measure of another.
        """
        running = self.iteration.running or other.iteration.running
        stopped = self.totals().stopped or other.totals().stopped
        return self.asked_alike(other) and not running and not stopped

    def _look(self) -> None:
        for attempt in self._changed.values():
            if attempt.number in self._lane_of:
                self._count(attempt)
        self._changed.clear()
        attempts = self.iteration.attempts
        if len(attempts) == self._seen:
            return
        for attempt in islice(attempts.values(), self._seen, None):
            self._add(attempt)
        self._seen = len(attempts)

    def _add(self, attempt: LiveAttempt) -> None:
        queued = attempt.queued
        before = queued.retry_of or queued.fallback_of or 0
        lane = self._lane_of.get(before, queued.lane)
        self._cells.setdefault((queued.row, lane), []).append(attempt)
        self._lane_of[queued.attempt] = lane
        tally = self._tallies.setdefault(lane, Tally())
        if before in self._lane_of and before not in self._replaced:
            self._tell(tally, before, -1)
            self._replaced.add(before)
        else:
            tally.total += 1
        self._count(attempt)

    def _count(self, attempt: LiveAttempt) -> None:
        number = attempt.number
        tally = self._tallies[self._lane_of[number]]
        counts = number not in self._replaced
        if counts:
            self._tell(tally, number, -1)
        self._sums.take(attempt)
        if counts:
            self._tell(tally, number, 1)

    def _tell(self, tally: Tally, number: int, times: int) -> None:
        """Add to a lane's tally, or take from it, what an attempt counts with."""
        verdict = self._sums.verdict(number)
        if verdict is not None:
            tally.decided += times * (verdict != "pending")
            tally.passed += times * (verdict == "pass")


class Indexes(dict[int, RowIndex]):
    """The indexes of the iterations that somebody has looked at, by number."""

    def of(self, iteration: LiveIteration) -> RowIndex:
        """Return an iteration's index."""
        found = self.get(iteration.number)
        if found is None or found.iteration is not iteration:
            found = self[iteration.number] = RowIndex(iteration)
        return found

    def changed(self, attempt: LiveAttempt) -> None:
        """An attempt is not what it was."""
        index = self.get(attempt.iteration)
        if index is not None:
            index.changed(attempt)
