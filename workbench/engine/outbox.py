"""Events on their way out of an engine: batched, in order, and never more than the text itself.

While nobody takes them, the chunks of an attempt are joined into one event, so a screen that is
slow makes the batches larger, not the queue longer.
"""

from __future__ import annotations

import asyncio

from workbench.model.events import Chunks, Event


class Outbox:
    """Collects events for one consumer."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._open: dict[int, int] = {}
        self._pieces: dict[int, list[tuple[float, str]]] = {}
        self._wake = asyncio.Event()
        self._closed = False

    def put(self, event: Event) -> None:
        """Add an event; the chunks of an attempt join the chunks just before them."""
        if isinstance(event, Chunks):
            self._put_chunks(event)
        else:
            attempt = getattr(event, "attempt", None)
            if attempt is not None:
                self._open.pop(attempt, None)
            self._events.append(event)
        self._wake.set()

    def _put_chunks(self, event: Chunks) -> None:
        place = self._open.get(event.attempt)
        if place is not None:
            before = self._events[place]
            if isinstance(before, Chunks) and before.channel == event.channel:
                self._pieces[place].extend(event.pieces)
                return
        self._open[event.attempt] = len(self._events)
        self._pieces[len(self._events)] = list(event.pieces)
        self._events.append(event)

    def close(self) -> None:
        """No more events will come."""
        self._closed = True
        self._wake.set()

    def take(self) -> list[Event]:
        """Return and forget everything collected."""
        events, self._events = self._events, []
        for place, pieces in self._pieces.items():
            head = events[place]
            if isinstance(head, Chunks) and len(pieces) > len(head.pieces):
                events[place] = Chunks(head.attempt, tuple(pieces), head.channel)
        self._open.clear()
        self._pieces.clear()
        self._wake.clear()
        return events

    async def wait(self) -> bool:
        """Wait for something to take; False when closed and empty."""
        while not self._events:
            if self._closed:
                return False
            self._wake.clear()
            await self._wake.wait()
        return True
