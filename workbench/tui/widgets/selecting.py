"""Selecting text with the mouse, in a widget that paints its own rows.

The toolkit's own selection marks every piece of every strip with its place, which costs on every
frame; here a place is found from the rows only where the mouse is. What is selected is a range of
the raw text, so it stays where it is while the text grows or is wrapped anew.
"""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from workbench.text import cell_width
from workbench.tui.painter import Painter
from workbench.tui.view.wrap import Wrapped
from workbench.tui.widgets.plain import Plain

LEFT = 2
"""Columns left of the text."""


class Selecting(Plain):
    """Rows of text of which a range can be selected. ``picked`` is that range of the raw text."""

    ALLOW_SELECT = False  # the toolkit's own way

    def __init__(self, painter: Painter, *, id: str | None = None) -> None:
        super().__init__(painter, id=id)
        self.text = Wrapped(1)
        self.top = 0
        self.picked: tuple[int, int] | None = None
        self._anchor: int | None = None

    def rows_above(self) -> int:
        """Return the rows above the text."""
        raise NotImplementedError

    def scroll_rows(self, by: int) -> None:
        """Move by rows."""
        raise NotImplementedError

    def raw_text(self) -> str:
        """Return the text as it was received, of which ``picked`` is a range."""
        raise NotImplementedError

    def selected_text(self) -> str | None:
        """Return what is selected, as it was received; None when nothing is."""
        if self.picked is None:
            return None
        start, end = self.picked
        return self.raw_text()[start:end]

    def unpick(self) -> None:
        """Select nothing any more."""
        self._anchor = None
        if self.picked is not None:
            self.picked = None
            self.refresh()

    # -- the mouse ------------------------------------------------------------------------------

    def _place(self, event: events.MouseEvent) -> int:
        """Return the place in the raw text under the mouse, or the nearest one."""
        row = self.top + max(0, min(event.y, self.size.height - 1) - self.rows_above())
        if row >= len(self.text.rows):
            return self.text.length
        return self.text.offset_at(row, max(0, event.x - LEFT))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to select."""
        self.unpick()
        if event.button == 1 and event.y >= self.rows_above() and self.text.length:
            self._anchor = self._place(event)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Select up to here; beyond the edges the text moves along."""
        if self._anchor is None:
            return
        if event.y < self.rows_above():
            self.scroll_rows(-1)
        elif event.y >= self.size.height:
            self.scroll_rows(1)
        place = self._place(event)
        picked = (min(self._anchor, place), max(self._anchor, place))
        if picked != self.picked:
            self.picked = picked if picked[0] < picked[1] else None
            self.refresh()

    def on_mouse_up(self, _event: events.MouseUp) -> None:
        """What is selected stays so until the next click."""
        if self._anchor is not None:
            self._anchor = None
            self.release_mouse()

    # -- drawing --------------------------------------------------------------------------------

    def picked_in(self, row: int) -> tuple[int, int] | None:
        """Return which characters of a row are selected."""
        if self.picked is None:
            return None
        first, left = self.text.locate(self.picked[0])
        last, right = self.text.locate(self.picked[1])
        if not first <= row <= last or row >= len(self.text.rows):
            return None
        return (left if row == first else 0, right if row == last else len(self.text.rows[row]))

    def with_picked(self, strip: Strip, row: int, picked: tuple[int, int]) -> Strip:
        """Return a row's strip with its selected part turned round."""
        text = self.text.rows[row]
        left, right = cell_width(text[: picked[0]]), cell_width(text[: picked[1]])
        part = Strip([Segment(text[slice(*picked)], self.painter.style("accent reverse"))])
        return Strip.join([strip.crop(0, left), part, strip.crop(right)])
