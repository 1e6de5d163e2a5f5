"""Find an action by name: type words of it in any order, Enter does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from workbench.tui.commands import Entry, entry_lines, found
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.screens.modal import Modal
from workbench.tui.widgets.pick_list import PickList

if TYPE_CHECKING:
    from textual.widgets import Input

POINTER = 2
"""Cells that the list's pointer takes."""


class PaletteScreen(Modal[Entry | None]):
    """Ends with what is to be done, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, priority=True),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("pageup", "move(-10)", "Page up", show=False, priority=True),
        Binding("pagedown", "move(10)", "Page down", show=False, priority=True),
        Binding("enter", "choose", "Do it", show=False, priority=True),
    ]

    def __init__(self, painter: Painter, among: Sequence[Entry]) -> None:
        super().__init__()
        self.painter = painter
        self.among = among
        self.shown: list[Entry] = []
        self.query_text = ""

    def compose(self) -> ComposeResult:
        """What is typed, the list, what the highlighted one does, keys."""
        from workbench.tui.widgets.line_input import LineInput

        with Vertical(classes="dialog wide"):
            yield LineInput(placeholder="What do you want to do?", compact=True)
            yield Words(self.painter, ())
            items = PickList(self.painter, (), id="items")
            items.can_focus = False
            yield items
            yield Words(self.painter, (), (), id="about")
            yield Keys(self.painter, ("\u2191\u2193", "move"), ("Enter", "do it"))

    def on_mount(self) -> None:
        """List everything."""
        self.query_one("#items").styles.height = "1fr"
        self.call_after_refresh(self.load)

    def on_resize(self) -> None:
        """Lay out for the new width."""
        self.call_after_refresh(self.load)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search for what is typed."""
        self.query_text = event.value
        self.load()

    def load(self) -> None:
        """List what matches."""
        listed = self.query_one(PickList)
        self.shown = found(self.query_text, self.among)
        listed.replace(entry_lines(self.shown, max(20, listed.size.width - POINTER)))
        self.tell()

    def tell(self) -> None:
        """Say what the highlighted one does."""
        about = self.query_one("#about", Words)
        at = self.query_one(PickList).at
        text = self.shown[at].help if self.shown else "No action has all these words."
        about.words = ((), ((text, "muted" if self.shown else "warn"),))
        about.repaint()

    def action_move(self, by: int) -> None:
        """Move the highlight."""
        self.query_one(PickList).action_move(by)

    def on_pick_list_highlighted(self, _event: PickList.Highlighted) -> None:
        """Another one."""
        self.tell()

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        """Do what was clicked."""
        self.dismiss(self.shown[event.index])

    def action_choose(self) -> None:
        """Do the highlighted one."""
        if self.shown:
            self.dismiss(self.shown[self.query_one(PickList).at])

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)
