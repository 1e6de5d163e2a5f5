"""The toolkit's driver for a terminal that is a page in a browser."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver
from textual.geometry import Size

from workbench.tui.web.line import Line

ESCAPE = "\x1b"
TICK = 0.11
"""Seconds after which a sequence that is not complete is taken for keys."""

BEGIN = (
    "\x1bc"  # a page that was hidden may be in any state
    "\x1b[?1049h\x1b[?25l"  # a screen of its own, no cursor
    "\x1b[?1000h\x1b[?1003h\x1b[?1006h"  # the mouse
    "\x1b[?2004h\x1b[?7l"  # pastes are marked, long lines do not wrap
    "\x1b[?2026$p"  # can it draw a frame in one go?
)


class PageDriver(Driver):
    """Draws on a :class:`~workbench.tui.web.line.Line` and reads keys from it."""

    line: ClassVar[Line]

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._parser = XTermParser(debug)
        self._running = False

    @property
    def is_web(self) -> bool:
        """A page cannot be lent to another program."""
        return True

    def write(self, data: str) -> None:
        """Draw."""
        self.line.write(data)

    def start_application_mode(self) -> None:
        """Begin: pages may come and go from now on."""
        self._running = True
        self.line.entered = self._enter
        self.line.draw_all = self._draw_all
        self._draw_all()

    def _draw_all(self) -> None:
        self.write(BEGIN)
        size = Size(*self.line.size)
        self.send_message(events.Resize(size, size))
        self._app.call_later(self._refresh)  # a page of the same size has seen nothing either

    def _refresh(self) -> None:
        self._app.screen.refresh()

    def _enter(self, keys: str) -> None:
        if not self._running or not keys:
            return
        if keys == ESCAPE:  # a page sends whole keys: nobody has to wait for what may follow
            self.process_message(events.Key("escape", ESCAPE))
            return
        for message in self._parser.feed(keys):
            self.process_message(message)
        self._loop.call_later(TICK, self._tick)

    def _tick(self) -> None:
        for message in self._parser.tick():
            self.process_message(message)

    def disable_input(self) -> None:
        """Hear nothing any more."""
        self._running = False

    def stop_application_mode(self) -> None:
        """End; the page says so itself."""
        self._running = False

    def open_url(self, url: str, new_tab: bool = True) -> None:
        """Open nothing: addresses on the screen come from models and files."""


def driver_for(line: Line) -> type[PageDriver]:
    """Return the driver class of one line: the toolkit makes the driver itself."""

    class OnLine(PageDriver):
        pass

    OnLine.line = line
    return OnLine
