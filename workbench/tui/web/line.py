"""Between the application and the page that shows it: bytes one way, keys the other.

The application goes on whether anybody looks or not. While nobody does, what it draws is dropped,
and the next page gets a whole new picture.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

MOST_WAITING = 4_000_000
"""Bytes that may wait for a slow page; beyond, they are dropped for one whole picture later."""

LARGEST = (500, 300)
"""Columns and rows a page may have at most."""

FIRST = (120, 36)
"""Columns and rows before any page has said how large it is."""


class Line:
    """A terminal line with a page at its end, or none."""

    def __init__(self) -> None:
        self.size = FIRST
        self.watched = False
        self.entered: Callable[[str], None] | None = None
        self.draw_all: Callable[[], None] | None = None
        self._waiting: list[bytes] = []
        self._amount = 0
        self._late = False
        self._wake = asyncio.Event()

    def write(self, data: str) -> None:
        """Take what the application draws."""
        if not self.watched or self._late:
            return
        encoded = data.encode("utf-8", "replace")
        self._waiting.append(encoded)
        self._amount += len(encoded)
        if self._amount > MOST_WAITING:
            self._late = True
        self._wake.set()

    async def take(self) -> bytes:
        """Return what has been drawn since the last call; waits while there is nothing."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._late:
                self.look(*self.size)
                continue
            data = b"".join(self._waiting)
            self._forget()
            if data:
                return data

    def _forget(self) -> None:
        self._waiting.clear()
        self._amount = 0
        self._late = False

    def look(self, columns: int, rows: int) -> None:
        """Somebody looks, at a page of this size, and has seen nothing yet."""
        self.size = (
            max(1, min(LARGEST[0], columns)),
            max(1, min(LARGEST[1], rows)),
        )
        self._forget()
        self.watched = True
        if self.draw_all is not None:
            self.draw_all()

    def look_away(self) -> None:
        """Nobody looks any more."""
        self.watched = False
        self._forget()

    def enter(self, keys: str) -> None:
        """Pass on what was typed, clicked or pasted, as a terminal sends it."""
        if self.entered is not None:
            self.entered(keys)
