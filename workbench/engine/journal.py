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


class JournalLike(Protocol):
    """Keeps the events of one session and gives out its numbers."""

    session_id: str
    on_problem: Callable[[Notice], None] | None

    def begin(self, build: Callable[[int, int], Sequence[Event]]) -> Sequence[Event]:
        """Reserve numbers for an iteration and its attempts.

        *build* is called with the next iteration number and the next attempt number; what it
        returns is written and flushed before this returns it.
        """
        ...

    def reserve(self, build: Callable[[int], Sequence[Event]]) -> Sequence[Event]:
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

    def begin(self, build: Callable[[int, int], Sequence[Event]]) -> Sequence[Event]:
        """See :meth:`JournalLike.begin`."""
        return self._count(build(self._iteration, self._attempt))

    def reserve(self, build: Callable[[int], Sequence[Event]]) -> Sequence[Event]:
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
