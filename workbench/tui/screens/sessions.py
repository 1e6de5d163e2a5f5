"""The session browser: type to search, choose to open."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from workbench.errors import WorkbenchError
from workbench.text import plural
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.screens.modal import Modal
from workbench.tui.view.lines import Line, cut, width
from workbench.tui.view.setup import SessionEntry, Setup
from workbench.tui.widgets.line_input import LineInput
from workbench.tui.widgets.pick_list import PickList

TITLE, LEAST_TITLE, NOTE = 40, 20, 7
"""Cells of a title at most and at least, and of what is noted of a session that always stay."""

BESIDES = 2 + 16 + 18 + 2
"""Cells of the pointer, the iterations, the moment, and the space before a note."""


class SessionsScreen(Modal[str | None]):
    """Ends with a session's id, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("enter", "open", "Open", show=False, priority=True),
    ]

    def __init__(self, painter: Painter, setup: Setup) -> None:
        super().__init__()
        self.painter = painter
        self.setup = setup
        self.entries: list[SessionEntry] = []

    def compose(self) -> ComposeResult:
        """Title, search, list, hint."""
        with Vertical(classes="dialog wide"):
            yield Words(self.painter, (("Sessions", "bold"),), ())
            yield LineInput(placeholder="search titles, prompts and answers", compact=True)
            yield Words(self.painter, ())
            items = PickList(self.painter, (), id="items")
            items.can_focus = False
            yield items
            yield Words(self.painter, (), id="told")
            yield Keys(self.painter, ("\u2191\u2193", "move"), ("Enter", "open"))

    def on_mount(self) -> None:
        """List everything."""
        self.query_one("#items").styles.height = "1fr"
        self.search("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search for what is typed."""
        self.search(event.value)

    def search(self, query: str) -> None:
        """Search off the screen's loop; a newer search replaces one that still runs."""
        self.run_worker(self._search(query), group="search", exclusive=True)

    async def _search(self, query: str) -> None:
        try:
            found = await asyncio.to_thread(self.setup.sessions, query)
        except WorkbenchError as error:
            self._say(error.message)
            return
        self.entries = list(found)
        items = self.query_one(PickList)
        longest = max((width(((_title(e), ""),)) for e in self.entries), default=0)
        notes = min(NOTE, max((len(e.note) for e in self.entries), default=0))
        title = min(TITLE, longest, max(LEAST_TITLE, items.size.width - BESIDES - notes))
        items.replace([_line(entry, title) for entry in self.entries])
        nothing = "No session has that." if query else "There is no session yet."
        self._say("" if self.entries else nothing)

    def _say(self, text: str) -> None:
        told = self.query_one("#told", Words)
        told.words = (((text, "warn"),),)
        told.repaint()

    def action_move(self, by: int) -> None:
        """Move the highlight."""
        self.query_one(PickList).action_move(by)

    def action_open(self) -> None:
        """Open the highlighted one."""
        if self.entries:
            self.dismiss(self.entries[self.query_one(PickList).at].id)

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        """Open what was clicked."""
        self.dismiss(self.entries[event.index].id)

    def action_leave(self) -> None:
        """Open none."""
        self.dismiss(None)


def _title(entry: SessionEntry) -> str:
    return entry.title or entry.id


def _line(entry: SessionEntry, cells: int) -> Line:
    """Return a line of the list, with *cells* cells for the title."""
    title = cut(((_title(entry), "bold"),), cells)
    return (
        *title,
        (" " * (cells - width(title)), ""),
        (f"  {plural(entry.iterations, 'iteration'):>14}", "muted"),
        (f"  {entry.utc[:16].replace('T', ' ')}", "muted"),
        (f"  {entry.note}" if entry.note else "", "muted"),
    )
