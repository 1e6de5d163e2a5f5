"""How something is asked of the person, and what becomes of half an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Aside(Protocol):
    """Runs a job while the terminal is free: nothing is said, and input may be asked for."""

    async def __call__(self, job: Callable[[], T]) -> T:
        """Return what *job* returned."""
        ...


Ask = Callable[[], str | None]
"""Asks for a line; None: there is no more."""


class Unfinished:
    """Lines that are being typed, what is to be done with them when they end, and the text *old*
    that they are to replace.
    """

    def __init__(self, take: Callable[[str], None], old: str) -> None:
        self.lines: list[str] = []
        self._take = take
        self._old = old

    def finish(self, *, with_old: bool = False) -> None:
        """Take the lines typed so far, if there are any; *with_old*, the old text after them."""
        if self.lines:
            old = ("", self._old) if with_old and self._old else ()
            self._take("\n".join((*self.lines, *old)))
