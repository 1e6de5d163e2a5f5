"""Lines to read, scrolled by keys or wheel, without markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size

from workbench.tui.painter import Painter
from workbench.tui.view.lines import Line
from workbench.tui.widgets.plain import Plain


class Reader(Plain, can_focus=True):
    """Shows lines from ``top`` on; longer ones are cut."""

    ground = "surface"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_by(-1)", "Up", show=False),
        Binding("down,j", "scroll_by(1)", "Down", show=False),
        Binding("pageup,b", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home,g", "scroll_by(-1000000)", "Start", show=False),
        Binding("end,G", "scroll_by(1000000)", "End", show=False),
    ]

    def __init__(
        self, painter: Painter, text: Sequence[Line] = (), *, id: str | None = None
    ) -> None:
        super().__init__(painter, id=id)
        self.text = text
        self.top = 0

    def load(self, text: Sequence[Line], top: int = 0) -> None:
        """Show other lines, from *top* on."""
        self.text = text
        self.go(top)

    def go(self, top: int) -> None:
        """Show the lines from *top* on, as far as there are enough."""
        self.top = max(0, min(top, len(self.text) - max(1, self.size.height)))
        self.repaint()

    def lines(self, size: Size) -> Sequence[Line]:
        """Return the lines in sight."""
        return self.text[self.top : self.top + size.height]

    def action_scroll_by(self, by: int) -> None:
        """Scroll by lines."""
        self.go(self.top + by)

    def action_page(self, by: int) -> None:
        """Scroll by pages."""
        self.go(self.top + by * max(1, self.size.height - 1))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll with the wheel."""
        event.stop()
        self.go(self.top - 3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll with the wheel."""
        event.stop()
        self.go(self.top + 3)
