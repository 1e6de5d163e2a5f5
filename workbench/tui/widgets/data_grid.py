"""The grid of data rows: a cell in hand, moved by keys or mouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from workbench.tui.painter import Painter
from workbench.tui.view.data_table import DataTable
from workbench.tui.view.lines import Line
from workbench.tui.widgets.plain import Plain


class DataGrid(Plain, can_focus=True):
    """Draws a table of :mod:`workbench.tui.view.data_table`; says when another cell is meant."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "go(-1, 0)", "Up", show=False),
        Binding("down,j", "go(1, 0)", "Down", show=False),
        Binding("left,h,shift+tab", "go(0, -1)", "Left", show=False),
        Binding("right,l,tab", "go(0, 1)", "Right", show=False),
        Binding("pageup", "go(-10, 0)", "Page up", show=False),
        Binding("pagedown", "go(10, 0)", "Page down", show=False),
        Binding("home,g", "go(-1000000, 0)", "First row", show=False),
        Binding("end,G", "go(1000000, 0)", "Last row", show=False),
    ]

    class Moved(Message):
        """Another cell is in hand."""

    def __init__(self, painter: Painter, table: DataTable, *, id: str) -> None:
        super().__init__(painter, id=id)
        self.table = table
        self._top = 0

    def lines(self, size: Size) -> Sequence[Line]:
        """Return heading, rows in sight and totals."""
        seen = max(1, size.height - 3)
        at = self.table.at
        self._top = max(0, at - seen + 1, min(self._top, at))
        return self.table.lines(size.width, size.height, self._top)

    def action_go(self, down: int, right: int) -> None:
        """Take another cell into hand."""
        self.table.move(down, right)
        self.repaint()
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """Take the clicked cell into hand."""
        row = self._top + event.y - 1
        if not 0 <= row < len(self.table.rows):
            return
        cells = 1
        for column in self.table.layout(self.size.width - 1):
            if cells <= event.x < cells + column.cells:
                self.table.column = column.name
            cells += column.cells
        self.action_go(row - self.table.at, 0)
