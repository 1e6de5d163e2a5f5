"""What the command line needs of the screens: it starts them and knows nothing else of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Screens(Protocol):
    """The ways to see the workbench. Each returns the exit code."""

    def open(self, session: str | None, plain: bool) -> int:
        """Open the screen in this terminal on a new session or the named one; *plain* is line by
        line, for screen readers and terminals that cannot move their cursor.
        """
        ...

    def serve(
        self, session: str | None, port: int, browser: bool, announce: Callable[[str], None]
    ) -> int:
        """Show the screen in a browser, on loopback; *announce* tells the person its address."""
        ...
