"""A list to choose from, by keys or mouse, without markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from workbench.tui.painter import Painter
from workbench.tui.view.lines import Line, width
from workbench.tui.widgets.plain import Plain


class PickList(Plain, can_focus=True):
    """Lines of which one is highlighted. With ``marked`` not None, lines can be ticked as well."""

    ground = "surface"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k,ctrl+p", "move(-1)", "Up", show=False),
        Binding("down,j,ctrl+n", "move(1)", "Down", show=False),
        Binding("pageup", "move(-10)", "Page up", show=False),
        Binding("pagedown", "move(10)", "Page down", show=False),
        Binding("home,g", "move(-100000)", "First", show=False),
        Binding("end,G", "move(100000)", "Last", show=False),
        Binding("enter", "choose", "Choose", show=False),
        Binding("space", "tick", "Tick", show=False),
    ]

    class Highlighted(Message):
        """Another line is highlighted."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class Chosen(Message):
        """A line was chosen."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class Ticked(Message):
        """A line's tick is to be put or taken."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(
        self,
        painter: Painter,
        items: Sequence[Line],
        *,
        at: int = 0,
        marked: set[int] | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(painter, id=id)
        self.items = list(items)
        self.at = max(0, min(at, len(self.items) - 1))
        self.marked = marked
        self._top = 0

    def replace(self, items: Sequence[Line], at: int = 0) -> None:
        """Show other lines."""
        self.items = list(items)
        self.at = max(0, min(at, len(self.items) - 1))
        self.repaint()

    def lines(self, size: Size) -> Sequence[Line]:
        """Return the lines in sight, the highlighted one with a pointer."""
        if not size.height:
            return ()
        self._top = max(self.at - size.height + 1, min(self._top, self.at))
        out: list[Line] = []
        for index in range(self._top, min(len(self.items), self._top + size.height)):
            here = index == self.at
            pointer = ("\u25b8 " if here else "  ", "accent bold")
            tick: Line = ()
            if self.marked is not None:
                on = index in self.marked
                tick = (("\u2713 " if on else "\u00b7 ", "pass bold" if on else "muted"),)
            line: Line = (pointer, *tick, *self.items[index])
            if here:
                line = tuple((text, f"{tone} on-panel") for text, tone in line)
                line = (*line, (" " * max(0, size.width - width(line)), "on-panel"))
            out.append(line)
        return out

    def action_move(self, by: int) -> None:
        """Move the highlight."""
        at = max(0, min(len(self.items) - 1, self.at + by))
        if at != self.at:
            self.at = at
            self.repaint()
            self.post_message(self.Highlighted(at))

    def action_choose(self) -> None:
        """Choose the highlighted line."""
        if self.items:
            self.post_message(self.Chosen(self.at))

    def action_tick(self) -> None:
        """Tick the highlighted line, or choose it where there are no ticks."""
        if self.marked is None:
            self.action_choose()
        elif self.items:
            self.post_message(self.Ticked(self.at))

    def on_click(self, event: events.Click) -> None:
        """Choose what was clicked."""
        index = self._top + event.y
        if 0 <= index < len(self.items):
            self.action_move(index - self.at)
            self.action_tick()
