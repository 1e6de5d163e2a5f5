"""The editor of one field of a form: it completes, and its arrows go on to other fields."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from workbench.tui.painter import Painter
from workbench.tui.view.lines import Line
from workbench.tui.view.setup import CheckLanguage
from workbench.tui.widgets.check_editor import CheckEditor


class FieldEditor(CheckEditor):
    """One value. Up and Down at its edges, Enter in a single line and Tab at its end move on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+tab", "back", "Previous field", show=False),
    ]

    class Left(Message):
        """Another field is wanted: the next one (1) or the one before (-1)."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def __init__(self, painter: Painter, *, id: str) -> None:
        super().__init__(painter, "", CheckLanguage(), id=id)
        self.long = False

    def begin(self, text: str, language: CheckLanguage, empty: Line, *, long: bool) -> None:
        """Take another field into hand."""
        self.grammar, self.empty, self.long = language, empty, long
        self.forget()
        self.load(text)
        self.move_cursor(self.document.end)

    def go_on(self) -> None:
        """Tab, where there is nothing to complete."""
        self.post_message(self.Left(1))

    def action_back(self) -> None:
        """Shift+Tab."""
        self.post_message(self.Left(-1))

    async def on_key(self, event: events.Key) -> None:
        """Enter goes on where a value has one line; the arrows at the edges do everywhere."""
        row = self.cursor_location[0]
        last = self.document.line_count - 1
        by = {"up": -1 if row == 0 else 0, "down": 1 if row == last else 0}.get(event.key, 0)
        if event.key == "enter" and not self.long:
            by = 1
        if by:
            event.stop()
            event.prevent_default()
            self.post_message(self.Left(by))
