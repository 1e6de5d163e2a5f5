"""Replay: a recorded iteration streamed again with its original timing, as the events of then.

:class:`Playback` is a clock with a tape: whoever drives it (a screen's timer, :func:`play`) tells
it how much time has passed and gets the events that are due. Nothing is sent anywhere.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from time import monotonic

from workbench.errors import SessionError, UnknownName
from workbench.model.events import (
    AttemptAborted,
    AttemptEnded,
    AttemptQueued,
    AttemptStarted,
    Chunks,
    Event,
    FailedFirst,
    IterationEnded,
    IterationStarted,
    Judged,
    VerdictReached,
)
from workbench.records import dataclass

FASTEST = 100.0
SLOWEST = 0.1
SPEEDS: tuple[float | None, ...] = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, None)
"""The speeds one can step through; None is instantly."""


@dataclass(frozen=True, slots=True)
class Cue:
    """An event and when it is due, in milliseconds on the iteration's clock."""

    ms: float
    event: Event


def tape(events: Iterable[Event], iteration: int, lanes: Sequence[str] = ()) -> tuple[Cue, ...]:
    """Return one iteration's events in order of time, each chunk by itself.

    With *lanes*, only theirs, and only they are announced. Attempts are marked as replayed: they
    never enter statistics of time.

    Raises:
        UnknownName: the session has no such iteration, or the iteration no such lane.
    """
    everything = tuple(events)
    start = next(
        (e for e in everything if isinstance(e, IterationStarted) and e.iteration == iteration),
        None,
    )
    if start is None:
        known = {str(e.iteration) for e in everything if isinstance(e, IterationStarted)}
        raise UnknownName("iteration", str(iteration), known)
    queued = {
        e.attempt: e
        for e in everything
        if isinstance(e, AttemptQueued) and e.iteration == iteration
    }
    names = {e.lane for e in queued.values()}
    for lane in lanes:
        if lane not in names:
            raise UnknownName(f"lane of iteration {iteration}", lane, names)
    mine = {n for n, e in queued.items() if not lanes or e.lane in lanes}
    zeros = {
        e.attempt: e.race_ms
        for e in everything
        if isinstance(e, AttemptStarted) and e.attempt in mine
    }
    if lanes:
        start = replace(start, lanes=tuple(lane for lane in start.lanes if lane.name in lanes))
    cues = [Cue(0.0, start)]
    graded = _verdict_times(everything)
    for event in everything:
        cues += _cues(event, iteration, mine, zeros, graded)
    return tuple(sorted(cues, key=lambda cue: cue.ms))


def _verdict_times(events: Iterable[Event]) -> dict[tuple[int, int], float]:
    """Return when each check of each attempt was decided: what a judge replied has no other time
    on the attempt's clock.
    """
    return {(e.attempt, e.index): e.ms for e in events if isinstance(e, VerdictReached)}


def _cues(
    event: Event,
    iteration: int,
    mine: set[int],
    zeros: dict[int, float],
    graded: dict[tuple[int, int], float],
) -> Iterable[Cue]:
    if isinstance(event, IterationEnded):
        if event.iteration == iteration:
            yield Cue(event.ms, event)
        return
    attempt = getattr(event, "attempt", None)
    if attempt not in mine:
        return
    zero = zeros.get(attempt, 0.0)
    match event:
        case AttemptQueued():
            first = event.retry_of is None and event.fallback_of is None
            yield Cue(0.0 if first else zero, replace(event, origin="replay"))
        case AttemptStarted():
            yield Cue(event.race_ms, event)
        case Chunks():
            for ms, text in event.pieces:
                yield Cue(zero + ms, Chunks(event.attempt, ((ms, text),), event.channel))
        case VerdictReached() | FailedFirst() | AttemptAborted() | AttemptEnded():
            yield Cue(zero + event.ms, event)
        case Judged():
            yield Cue(zero + graded.get((event.attempt, event.index), event.ms), event)
        case _:
            return


class Playback:
    """Plays a tape. ``position_ms`` is where it stands, ``playing`` whether time moves it, and
    ``speed`` how many times as fast, None for instantly.

    What moves it returns the events that were passed. Going back calls *restart* (whoever folds
    the events begins anew) and passes everything up to there again.
    """

    def __init__(
        self,
        cues: Sequence[Cue],
        speed: float | None = 1.0,
        restart: Callable[[], None] = lambda: None,
    ) -> None:
        self._cues = cues
        self._times = list(accumulate((cue.ms for cue in cues), max))
        self._restart = restart
        self._next = 0
        self.position_ms = 0.0
        self.playing = True
        self.speed: float | None = 1.0
        self.set_speed(speed)

    @property
    def ended(self) -> bool:
        """True when every event has been given out."""
        return self._next >= len(self._cues)

    @property
    def length_ms(self) -> float:
        """The time of the last event."""
        return self._times[-1] if self._times else 0.0

    def set_speed(self, speed: float | None) -> None:
        """Play *speed* times as fast; None: instantly.

        Raises:
            SessionError: the speed is not between 0.1 and 100.
        """
        if speed is not None and not SLOWEST <= speed <= FASTEST:
            raise SessionError(
                f"The speed {speed:g} is not between 0.1 and 100.", "Use 'instant' for at once."
            )
        self.speed = speed

    def faster(self, by: int) -> None:
        """Go *by* steps up or down the :data:`SPEEDS`."""
        at = SPEEDS.index(self.speed) if self.speed in SPEEDS else SPEEDS.index(1.0)
        self.set_speed(SPEEDS[max(0, min(at + by, len(SPEEDS) - 1))])

    def toggle(self) -> None:
        """Pause, or go on; at the end, play from the start."""
        self.playing = self.ended or not self.playing
        if self.ended:
            self._rewind()

    def wait_s(self) -> float | None:
        """Return the seconds until the next event is due; None while paused or at the end."""
        if self.ended or not self.playing:
            return None
        if self.speed is None:
            return 0.0
        return max(0.0, (self._times[self._next] - self.position_ms) / 1000 / self.speed)

    def advance(self, seconds: float) -> tuple[Event, ...]:
        """Let *seconds* pass; return the events that came due. Nothing while paused."""
        if not self.playing:
            return ()
        passed = (
            self.finish()
            if self.speed is None
            else self.seek(self.position_ms + seconds * 1000 * self.speed)
        )
        self.playing = not self.ended
        return passed

    def seek(self, ms: float) -> tuple[Event, ...]:
        """Go to *ms* and return the events passed, from the start on when it lies back."""
        if ms < self.position_ms:
            self._rewind()
        self.position_ms = max(0.0, min(ms, self.length_ms))
        return self._until(bisect_right(self._times, self.position_ms, lo=self._next))

    def step(self, by: int = 1) -> tuple[Event, ...]:
        """Pause at the next (+1) or previous (-1) chunk; without one, at the end or the start."""
        self.playing = False
        chunks = self._moments(Chunks)
        if by > 0:
            return self.seek(next((ms for ms in chunks if self._ahead(ms)), self.length_ms))
        return self.seek(max((ms for ms in chunks if ms < self.position_ms), default=0.0))

    def to_first_failure(self) -> tuple[Event, ...]:
        """Pause at the next first failure of an attempt, behind the last at the first of all; at
        the end where nothing failed.
        """
        self.playing = False
        failures = self._moments(FailedFirst)
        if not failures:
            return self.finish()
        return self.seek(next((ms for ms in failures if self._ahead(ms)), failures[0]))

    def finish(self) -> tuple[Event, ...]:
        """Go to the end at once."""
        return self.seek(self.length_ms)

    def load(self, cues: Sequence[Cue]) -> tuple[Event, ...]:
        """Play another tape from the same place: other lanes of the same iteration."""
        here = self.position_ms
        self._cues = cues
        self._times = list(accumulate((cue.ms for cue in cues), max))
        self._rewind()
        return self.seek(here)

    def _moments(self, kind: type[Event]) -> list[float]:
        return [ms for ms, c in zip(self._times, self._cues, strict=True) if type(c.event) is kind]

    def _ahead(self, ms: float) -> bool:
        """True for what has not been passed, be it due at this very moment."""
        return bisect_right(self._times, ms) > self._next

    def _rewind(self) -> None:
        self._next, self.position_ms = 0, 0.0
        self._restart()

    def _until(self, index: int) -> tuple[Event, ...]:
        passed = tuple(cue.event for cue in self._cues[self._next : index])
        self._next = index
        return passed


async def play(
    playback: Playback,
    *,
    clock: Callable[[], float] = monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[tuple[Event, ...]]:
    """Yield the events of *playback* when they are due, until the end or a pause.

    The tape is kept on the clock, not on the sum of the sleeps: one late wake-up makes one late
    event, never a slower replay.
    """
    last = clock()
    while (wait := playback.wait_s()) is not None:
        await sleep(wait)
        now = clock()
        if events := playback.advance(now - last):
            yield events
        last = now
