"""The attempts of an iteration by data row and lane, and how many of each lane's rows passed.

Kept up to date in little steps: a frame costs what happened since the last one, not what there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from itertools import islice

from workbench.model.fold import LiveAttempt, LiveIteration
from workbench.records import dataclass

Cell = tuple[str | None, str]
"""A data row (None without any) and a lane."""


@dataclass(slots=True)
class Tally:
    """How a lane's attempts stand: ``decided`` of ``total`` have a verdict, ``passed`` passed."""

    total: int = 0
    decided: int = 0
    passed: int = 0
    open: list[LiveAttempt] = field(default_factory=list)


class RowIndex:
    """Looks attempts up; one for each iteration."""

    def __init__(self, iteration: LiveIteration) -> None:
        self.iteration = iteration
        self.rows = {row.id: row for row in iteration.started.rows}
        self._seen = 0
        self._cells: dict[Cell, list[LiveAttempt]] = {}
        self._lane_of: dict[int, str] = {}
        self._tallies: dict[str, Tally] = {}

    def attempts(self, row: str | None, lane: str) -> Sequence[LiveAttempt]:
        """Return the attempts in a lane's place at a row, in order; retries, and what its fallback
        tried, after what they repeat.
        """
        self._look()
        return self._cells.get((row, lane), ())

    def tally(self, lane: str) -> Tally:
        """Return how the attempts stand that count for a lane: of each, the last try."""
        self._look()
        tally = self._tallies.setdefault(lane, Tally())
        still = []
        for attempt in tally.open:
            verdict = attempt.verdict
            if verdict == "pending":
                still.append(attempt)
            else:
                tally.decided += 1
                tally.passed += verdict == "pass"
        tally.open = still
        return tally

    def _look(self) -> None:
        attempts = self.iteration.attempts
        if len(attempts) == self._seen:
            return
        for attempt in islice(attempts.values(), self._seen, None):
            queued = attempt.queued
            before = queued.retry_of or queued.fallback_of
            lane = self._lane_of.get(before or 0, queued.lane)
            self._cells.setdefault((queued.row, lane), []).append(attempt)
            self._lane_of[queued.attempt] = lane
            self._count(lane, attempt, attempts.get(before or 0))
        self._seen = len(attempts)

    def _count(self, lane: str, attempt: LiveAttempt, replaced: LiveAttempt | None) -> None:
        tally = self._tallies.setdefault(lane, Tally())
        if replaced is None:
            tally.total += 1
        elif replaced in tally.open:
            tally.open.remove(replaced)
        else:
            tally.decided -= 1
        tally.open.append(attempt)
