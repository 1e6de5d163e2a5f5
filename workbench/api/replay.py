"""Replay: a recorded iteration streamed again with its original timing, as the events of then.

:class:`Playback` is a clock with a tape: whoever drives it (a screen's timer, :func:`play`) tells
it how much time has passed and gets the events that are due. Nothing is sent anywhere.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
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
    VerdictReached,
)

FASTEST = 100.0
SLOWEST = 0.1


@dataclass(frozen=True, slots=True)
class Cue:
    """An event and when it is due, in milliseconds on the iteration's clock."""

    ms: float
    event: Event


def tape(events: Iterable[Event], iteration: int, lanes: Sequence[str] = ()) -> tuple[Cue, ...]:
    """Return one iteration's events in order of time, each chunk by itself.

    With *lanes*, only theirs. Attempts are marked as replayed: they never enter statistics of time.

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
    cues = [Cue(0.0, start)]
    for event in everything:
        cues += _cues(event, iteration, mine, zeros)
    return tuple(sorted(cues, key=lambda cue: cue.ms))


def _cues(event: Event, iteration: int, mine: set[int], zeros: dict[int, float]) -> Iterable[Cue]:
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
        case _:
            return


class Playback:
    """Plays a tape. ``position_ms`` is where it stands, ``playing`` whether time moves it."""

    def __init__(self, cues: Sequence[Cue], speed: float = 1.0) -> None:
        self._cues = cues
        self._times = list(accumulate((cue.ms for cue in cues), max))
        self._next = 0
        self.position_ms = 0.0
        self.playing = True
        self.speed = 1.0
        self.set_speed(speed)

    @property
    def ended(self) -> bool:
        """True when every event has been given out."""
        return self._next >= len(self._cues)

    @property
    def length_ms(self) -> float:
        """The time of the last event."""
        return self._times[-1] if self._times else 0.0

    def set_speed(self, speed: float) -> None:
        """Play *speed* times as fast.

        Raises:
            SessionError: the speed is not between 0.1 and 100.
        """
        if not SLOWEST <= speed <= FASTEST:
            raise SessionError(
                f"The speed {speed:g} is not between 0.1 and 100.", "Use 'instant' for at once."
            )
        self.speed = speed

    def toggle(self) -> None:
        """Pause, or go on."""
        self.playing = not self.playing

    def wait_s(self) -> float | None:
        """Return the seconds until the next event is due; None while paused or at the end."""
        if self.ended or not self.playing:
            return None
        return max(0.0, (self._times[self._next] - self.position_ms) / 1000 / self.speed)

    def advance(self, seconds: float) -> tuple[Event, ...]:
        """Let *seconds* pass; return the events that came due. Nothing while paused."""
        if not self.playing:
            return ()
        return self.seek(self.position_ms + seconds * 1000 * self.speed)

    def seek(self, ms: float) -> tuple[Event, ...]:
        """Go forward to *ms* and return the events passed; never goes back."""
        self.position_ms = max(self.position_ms, ms)
        return self._until(bisect_right(self._times, self.position_ms, lo=self._next))

    def step(self) -> tuple[Event, ...]:
        """Go on to the next chunk (or, without one, to the end) and pause there."""
        self.playing = False
        for index in range(self._next, len(self._cues)):
            if isinstance(self._cues[index].event, Chunks):
                return self.seek(self._times[index])
        return self.finish()

    def to_first_failure(self) -> tuple[Event, ...]:
        """Go on to the next first failure of an attempt (or to the end) and pause there."""
        self.playing = False
        for index in range(self._next, len(self._cues)):
            if isinstance(self._cues[index].event, FailedFirst):
                return self.seek(self._times[index])
        return self.finish()

    def finish(self) -> tuple[Event, ...]:
        """Go to the end at once."""
        return self.seek(self.length_ms)

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
