"""The measures of the session: charts and figures."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from workbench.measure.story import Story, story
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.view.measures import measures
from workbench.tui.view.state import ViewModel
from workbench.tui.view.trail import partly
from workbench.tui.widgets.reader import Reader


class MeasuresScreen(Screen[None]):
    """What the session measured up to now."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Close", show=False)]

    def __init__(self, painter: Painter, model: ViewModel) -> None:
        super().__init__()
        self.painter = painter
        self.model = model
        self._story: Story | None = None

    def compose(self) -> ComposeResult:
        """Title, figures, keys."""
        title = (" Measures", "bold"), (f"  {self.model.title}", "muted")
        yield Words(self.painter, (*title, *partly(self.model)))
        reader = Reader(self.painter, id="text")
        reader.ground = "background"
        yield reader
        yield Keys(self.painter, ("\u2191\u2193", "scroll"), margin=True)

    def on_mount(self) -> None:
        """Measured once: what streams now is counted when the screen is opened again."""
        self.query_one(Reader).focus()
        self.run_worker(self._measure(), group="measures", exclusive=True)

    async def _measure(self) -> None:
        """Measure off the screen's loop: prices may have to be loaded."""
        self._story = await asyncio.to_thread(story, self.model.fold.session())
        self._load()

    def on_resize(self, _event: events.Resize) -> None:
        """Draw for the width there is."""
        self.call_after_refresh(self._load)

    def _load(self) -> None:
        reader = self.query_one(Reader)
        if self._story is not None:
            rows = measures(self._story, max(20, reader.size.width - 2))
            reader.load([(), *(((" ", ""), *line) for line in rows)], reader.top)

    def action_leave(self) -> None:
        """Back to the workbench."""
        self.dismiss(None)
