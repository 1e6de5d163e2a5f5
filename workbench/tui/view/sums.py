"""An iteration in numbers, kept as its attempts change: no frame has to add all of them up."""

from __future__ import annotations

from workbench.model.events import AttemptEnded
from workbench.model.fold import LiveAttempt
from workbench.model.verdict import FirstFailure, VerdictName
from workbench.records import dataclass

Standing = tuple[VerdictName, FirstFailure | None, AttemptEnded | None]
"""What counts of an attempt: its verdict, its first failure, its end."""


@dataclass(frozen=True, slots=True)
class Totals:
    """An iteration in numbers; None is unknown. Times in milliseconds, money in US dollars.

    ``stopped`` are the attempts that ended as cancelled or with an error.
    """

    attempts: int = 0
    passed: int = 0
    decided: int = 0
    first_failure: float | None = None
    end: float | None = None
    tokens: int | None = None
    usd: float | None = None
    stopped: int = 0


class Sums:
    """Adds attempts up one by one; one that has changed counts as it stands now."""

    def __init__(self) -> None:
        self._standing: dict[int, Standing] = {}
        self._passed = self._decided = self._ended = 0
        self._told = self._tokens = 0
        self._priced, self._usd = 0, 0.0
        self._stopped = 0
        self._first_failure: float | None = None
        self._end: float | None = None

    def verdict(self, number: int) -> VerdictName | None:
        """Return the verdict that an attempt counts with; None before it counts."""
        found = self._standing.get(number)
        return None if found is None else found[0]

    def take(self, attempt: LiveAttempt) -> None:
        """Count an attempt as it stands now."""
        now = (attempt.verdict, attempt.first_failure, attempt.ended)
        before = self._standing.get(attempt.number)
        self._standing[attempt.number] = now
        if before is not None:
            self._count(before, -1)
        self._count(now, 1)
        failure, ended = now[1:]
        if failure is not None:
            first = self._first_failure
            self._first_failure = failure.ms if first is None else min(first, failure.ms)
        if ended is not None:
            self._end = ended.ms if self._end is None else max(self._end, ended.ms)
        if before is not None and (before[1] is not failure or before[2] is not ended):
            self._forget(before)

    def _count(self, standing: Standing, times: int) -> None:
        verdict, _, ended = standing
        self._passed += times * (verdict == "pass")
        self._decided += times * (verdict != "pending")
        if ended is None:
            return
        self._ended += times
        self._stopped += times * (ended.state in ("cancelled", "error"))
        if ended.tokens.output is not None:
            self._told += times
            self._tokens += times * ended.tokens.output
        if ended.cost.usd is not None:
            self._priced += times
            self._usd += times * ended.cost.usd

    def _forget(self, before: Standing) -> None:
        """Look for the first failure and the last end again if they were those that are gone: only
        a damaged session tells either of an attempt twice.
        """
        _, failure, ended = before
        every = self._standing.values()
        if failure is not None and failure.ms == self._first_failure:
            self._first_failure = min((f.ms for _, f, _ in every if f is not None), default=None)
        if ended is not None and ended.ms == self._end:
            self._end = max((e.ms for _, _, e in every if e is not None), default=None)

    def totals(self) -> Totals:
        """Return the numbers. Money is known only if it is known of every attempt that ended."""
        return Totals(
            attempts=len(self._standing),
            passed=self._passed,
            decided=self._decided,
            first_failure=self._first_failure,
            end=self._end,
            tokens=self._tokens if self._told else None,
            usd=self._usd if self._priced and self._priced == self._ended else None,
            stopped=self._stopped,
        )
