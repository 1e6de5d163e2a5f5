"""Playing an iteration again: its events on a time line, and a player that moves along it."""

from __future__ import annotations

from collections.abc import Callable

from workbench.model.events import (
    AttemptStarted,
    Chunks,
    Event,
    FailedFirst,
    IterationEnded,
    VerdictReached,
)
from workbench.model.fold import LiveAttempt, LiveIteration

Moment = tuple[float, Event]
"""An event and when it happened, in milliseconds on the iteration's clock."""

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)


def timeline(iteration: LiveIteration) -> list[Moment]:
    """Return the iteration's events again, exactly as they streamed, in order of time."""
    out: list[Moment] = [(0.0, iteration.started)]
    for attempt in iteration.attempts.values():
        out += _moments(attempt)
    out.sort(key=lambda moment: moment[0])
    last = out[-1][0]
    end = iteration.ended
    out.append((last, end or IterationEnded(iteration.number, last)))
    return out


def _moments(attempt: LiveAttempt) -> list[Moment]:
    number = attempt.number
    out: list[Moment] = [(0.0, attempt.queued)]
    started = attempt.started
    if started is None:
        zero = 0.0
    else:
        zero = started.race_ms
        out.append((zero, AttemptStarted(number, started.utc, zero, started.connect_ms)))
    for ms, text in zip(attempt.reasoning_times, attempt.reasoning_parts, strict=True):
        out.append((zero + ms, Chunks(number, ((ms, text),), "reasoning")))
    for ms, text in zip(attempt.times, attempt.parts, strict=True):
        out.append((zero + ms, Chunks(number, ((ms, text),))))
    out += _verdicts(attempt, zero)
    if attempt.aborted_by is not None:
        out.append((zero + attempt.aborted_by.ms, attempt.aborted_by))
    if attempt.ended is not None:
        out.append((zero + attempt.ended.ms, attempt.ended))
    return out


def _verdicts(attempt: LiveAttempt, zero: float) -> list[Moment]:
    out: list[Moment] = []
    for index, check in enumerate(attempt.checks):
        if check.verdict == "pending" or check.ms is None:
            continue
        reached = VerdictReached(
            attempt.number,
            index,
            check.name,
            check.verdict,
            check.at_char or 0,
            check.at_token or 0,
            check.ms,
            check.reason,
            check.span,
            check.severity,
        )
        out.append((zero + check.ms, reached))
    first = attempt.first_failure
    if first is not None:
        failed = FailedFirst(
            attempt.number,
            first.kind,
            first.check,
            first.at_char,
            first.at_token,
            first.ms,
            first.reason,
        )
        out.append((zero + first.ms, failed))
    return out


class Player:
    """A place on a time line that moves with a clock.

    ``restart`` is called when the player goes back: whoever folds the events begins anew.
    """

    def __init__(
        self, moments: list[Moment], clock: Callable[[], float], restart: Callable[[], None]
    ) -> None:
        self.moments = moments
        self.position = 0.0
        self.speed = 1.0
        self.playing = False
        self._clock = clock
        self._restart = restart
        self._at = clock()
        self._next = 0

    @property
    def length(self) -> float:
        """Return the end of the time line in milliseconds."""
        return self.moments[-1][0]

    def toggle(self) -> None:
        """Play or pause; at the end, play from the start."""
        if not self.playing and self.position >= self.length:
            self.seek(0.0)
        self.playing = not self.playing
        self._at = self._clock()

    def faster(self, by: int) -> None:
        """Go *by* steps up or down the speeds."""
        self.advance()
        at = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[max(0, min(at, len(SPEEDS) - 1))]

    def advance(self) -> None:
        """Move with the clock while playing."""
        now = self._clock()
        if self.playing:
            self.position += (now - self._at) * 1000 * self.speed
            if self.position >= self.length:
                self.position, self.playing = self.length, False
        self._at = now

    def seek(self, ms: float) -> None:
        """Go to a moment."""
        ms = max(0.0, min(ms, self.length))
        if ms < self.position:
            self._next = 0
            self._restart()
        self.position = ms
        self._at = self._clock()

    def step(self, by: int) -> None:
        """Pause and go to the next (+1) or previous (-1) moment at which text came."""
        self.playing = False
        moments = [ms for ms, event in self.moments if isinstance(event, Chunks)]
        if by > 0:
            self.seek(next((ms for ms in moments if ms > self.position), self.length))
        else:
            self.seek(next((ms for ms in reversed(moments) if ms < self.position), 0.0))

    def to_failure(self) -> bool:
        """Pause and go to the next first failure after here, else to the first of all."""
        failures = [ms for ms, event in self.moments if isinstance(event, FailedFirst)]
        if not failures:
            return False
        self.playing = False
        self.seek(next((ms for ms in failures if ms > self.position), failures[0]))
        return True

    def due(self) -> list[Event]:
        """Return the events up to here that have not been given yet."""
        out: list[Event] = []
        while self._next < len(self.moments) and self.moments[self._next][0] <= self.position:
            out.append(self.moments[self._next][1])
            self._next += 1
        return out
