"""Other ways to look at answers: as Markdown, and all checks of all lanes."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Markdown

from workbench.text import visible
from workbench.tui.bridge import frame_seconds
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.screens.modal import Modal
from workbench.tui.state import ViewModel
from workbench.tui.widgets.strips import Clicked, MatrixView


class MarkdownScreen(Screen[None]):
    """An answer as Markdown. Links are shown, never opened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,m", "leave", "Close", show=False, priority=True)
    ]

    def __init__(self, painter: Painter, lane: str, text: str) -> None:
        super().__init__()
        self.painter = painter
        self.lane = lane
        self.text = text

    def compose(self) -> ComposeResult:
        """Name, text, keys."""
        yield Words(self.painter, ((f" {self.lane}", "bold"), ("  as Markdown", "muted")))
        with VerticalScroll(id="page"):
            yield Markdown(visible(self.text), open_links=False)
        yield Keys(self.painter, ("\u2191\u2193", "scroll"), margin=True)

    def action_leave(self) -> None:
        """Back to the workbench."""
        self.dismiss(None)


class MatrixScreen(Modal[None]):
    """The verdict matrix, live."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f6,enter", "leave", "Close", show=False, priority=True)
    ]

    def __init__(self, painter: Painter, model: ViewModel, go: Callable[[str, str], None]) -> None:
        super().__init__()
        self.painter = painter
        self.model = model
        self.go = go

    def on_clicked(self, event: Clicked) -> None:
        """Show what was clicked."""
        self.dismiss(None)
        self.go(event.lane, event.check)

    def compose(self) -> ComposeResult:
        """Title, matrix, hint."""
        with Vertical(classes="dialog wide"):
            yield Words(self.painter, (("Checks by lane", "bold"),), ())
            yield MatrixView(self.painter, self.model, id="matrix", ground="surface")
            yield Keys(self.painter)

    def on_mount(self) -> None:
        """Keep it up to date while lanes stream."""
        self.set_interval(frame_seconds(self.app), self.query_one(MatrixView).repaint)

    def action_leave(self) -> None:
        """Back to the workbench."""
        self.dismiss(None)
