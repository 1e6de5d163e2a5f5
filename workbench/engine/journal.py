"""What the engine asks of whoever keeps a session: numbers, and nothing lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from workbench.model.events import (
    AttemptQueued,
    Event,
    IterationStarted,
    Notice,
)
from workbench.model.fold import SessionFold
from workbench.records import dataclass


class JournalLike(Protocol):
    """Keeps the events of one session and gives out its numbers."""

    session_id: str
    on_problem: Callable[[Notice], None] | None

    async def prepare(self) -> None:
        """Do what the first :meth:`begin` would otherwise wait for."""
        ...

    async def begin(self, build: Callable[[int, int], Sequence[Event]]) -> Sequence[Event]:
        """Reserve numbers for an iteration and its attempts.

        *build* is called with the next iteration number and the next attempt number; what it
        returns is written and flushed before this returns it. Waiting for another process does
        not hold up the event loop.
        """
        ...

    async def reserve(self, build: Callable[[int], Sequence[Event]]) -> Sequence[Event]:
        """Reserve numbers for further attempts, as :meth:`begin` does for an iteration."""
        ...

    def append(self, event: Event) -> None:
        """Keep one event; it is on its way to the file within 200 ms."""
        ...

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask these values too from now on."""
        ...

    def flush(self) -> None:
        """Hand everything kept so far to the operating system."""
        ...

    async def sync(self) -> None:
        """Flush, and wait in a thread until the disk has it."""
        ...

    def close(self) -> None:
        """Flush and close. May be called twice."""
        ...


class MemoryJournal:
    """Numbers without a file: for races that are not saved."""

    def __init__(self, next_iteration: int = 1, next_attempt: int = 1) -> None:
        self.session_id = ""
        self.on_problem: Callable[[Notice], None] | None = None
        self._iteration = next_iteration
        self._attempt = next_attempt

    async def prepare(self) -> None:
        """Nothing to do."""

    async def begin(self, build: Callable[[int, int], Sequence[Event]]) -> Sequence[Event]:
        """See :meth:`JournalLike.begin`."""
        return self._count(build(self._iteration, self._attempt))

    async def reserve(self, build: Callable[[int], Sequence[Event]]) -> Sequence[Event]:
        """See :meth:`JournalLike.reserve`."""
        return self._count(build(self._attempt))

    def _count(self, events: Sequence[Event]) -> Sequence[Event]:
        self._iteration += sum(isinstance(e, IterationStarted) for e in events)
        self._attempt += sum(isinstance(e, AttemptQueued) for e in events)
        return events

    def append(self, event: Event) -> None:
        """Nothing to keep."""

    def learn(self, secrets: Iterable[str]) -> None:
        """Nothing is written."""

    def flush(self) -> None:
        """Nothing to flush."""

    async def sync(self) -> None:
        """Nothing to wait for."""

    def close(self) -> None:
        """Nothing to close."""


def _no_earlier(_before: int, _count: int) -> Sequence[Event]:
    return ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A session as it was opened: its journal and its events so far, which ``fold`` has taken.

    ``earlier(before, count)`` reads the events of the latest *count* iterations numbered below
    *before*, for a session of which only the last were read. It is called in a thread.
    """

    journal: JournalLike
    events: Sequence[Event] = ()
    fold: SessionFold | None = None
    earlier: Callable[[int, int], Sequence[Event]] = _no_earlier
