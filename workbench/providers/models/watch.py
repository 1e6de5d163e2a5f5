"""What the steps of a download share: who watches it, and the signal that an origin is no use."""

from __future__ import annotations

from typing import Protocol


class Watch(Protocol):
    """Who watches a download. Either method may raise to stop it; what came is kept."""

    def status(self, text: str) -> None:
        """A new stage began, or something takes longer than one would think."""
        ...

    def progress(self, done: int, total: int) -> None:
        """*done* of *total* bytes are there."""
        ...


class Unreachable(Exception):
    """An origin cannot be used from here; the next one may do."""
