"""The base of everything we draw: lines of toned text, and no markup anywhere.

Whatever text a line holds is made visible before it is painted; nothing is ever parsed.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.filter import ANSIToTruecolor
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from workbench.tui.painter import Painter
from workbench.tui.view.lines import Line


class Plain(Widget):
    """Draws the lines that :meth:`lines` returns, and draws again only when they changed.

    It paints its whole area itself: borders, padding and backgrounds of a style sheet do not
    apply. ``ground`` names the theme colour behind it.
    """

    ground = "background"

    def __init__(
        self, painter: Painter, *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.painter = painter
        self._lines: Sequence[Line] = ()
        self._strips: list[Strip] = []
        self._key: tuple[Size, int, int] | None = None
        self._edition = 0

    def lines(self, size: Size) -> Sequence[Line]:
        """Return what to draw on *size* cells; at most ``size.height`` lines count."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Ask :meth:`lines` again and draw if the answer is another one."""
        if not self.is_attached or not self.size:
            return
        lines = self.lines(self.size)
        if lines != self._lines:
            self._lines = lines
            self._edition += 1
            self.refresh()

    def notify_style_update(self) -> None:
        """The theme or the focus may have changed: draw anew."""
        self._key = None
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the strips of *crop*, from the cache unless size, theme or lines changed."""
        size = self.size
        key = (size, self.painter.version, self._edition)
        if key != self._key:
            if self._key is None or self._key[:2] != key[:2]:
                self._lines = self.lines(size)
            self._strips = [
                self.painter.strip(line, size.width, self.ground)
                for line in self._lines[: size.height]
            ]
            blank = self.painter.style("", self.ground)
            missing = size.height - len(self._strips)
            self._strips += [Strip.blank(size.width, blank)] * missing
            self._key = key
        return self.finish(self._strips[crop.y : crop.bottom], crop)

    def finish(self, strips: Sequence[Strip], crop: Region) -> list[Strip]:
        """Cut strips to the columns of *crop* and send them through the application's filters."""
        whole = crop.x == 0 and crop.width == self.size.width
        done = list(strips) if whole else [s.crop(crop.x, crop.right) for s in strips]
        for line_filter in self.get_line_filters():
            # the painter's colours are what the theme says: none has to be translated
            if line_filter.enabled and not isinstance(line_filter, ANSIToTruecolor):
                background = self.background_colors[1]
                done = [strip.apply_filter(line_filter, background) for strip in done]
        return done
