"""One attempt in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from workbench.model.fold import LiveAttempt
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.screens.modal import Modal
from workbench.tui.view.details import details
from workbench.tui.view.lines import wrapped
from workbench.tui.view.tries import tries_lines
from workbench.tui.widgets.reader import Reader


class DetailsScreen(Modal[None]):
    """Checks, warnings, judges' replies, times and cost of an attempt, as it stands now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,d,enter", "leave", "Close", show=False)
    ]

    def __init__(
        self, painter: Painter, attempt: LiveAttempt, tries: Sequence[LiveAttempt] = ()
    ) -> None:
        super().__init__()
        self.painter = painter
        self.attempt = attempt
        self.tries = list(tries)

    def compose(self) -> ComposeResult:
        """A list that scrolls."""
        queued = self.attempt.queued
        row = "" if queued.row is None else f", data row {queued.row}"
        place = f"  iteration {queued.iteration}, attempt {queued.attempt}{row}"
        name = ((queued.lane, "bold"), (place, "muted"))
        with Vertical(classes="dialog wide tall"):
            yield Words(self.painter, name, ())
            yield Reader(self.painter, id="items")
            yield Keys(self.painter, ("\u2191\u2193", "scroll"))

    def on_mount(self) -> None:
        """The one thing to scroll."""
        self.query_one(Reader).focus()

    def on_resize(self, _event: events.Resize) -> None:
        """Break the lines to the width there is."""
        self.call_after_refresh(self._load)

    def _load(self) -> None:
        reader = self.query_one(Reader)
        cells = max(10, reader.size.width)
        found = details(self.attempt.record(), tries_lines(self.tries))
        lines = [row for line in found for row in wrapped(line, cells)]
        reader.load(lines, reader.top)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
