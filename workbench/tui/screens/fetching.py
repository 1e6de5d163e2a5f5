"""The part of the workbench screen that offers the models' weights and tells how far they are."""

from __future__ import annotations

from textual.screen import Screen
from textual.timer import Timer

from workbench.model.events import LaneReady, Notice
from workbench.model.lane import Lane
from workbench.tui.fetch import PATIENCE, Fetch
from workbench.tui.painter import Painter
from workbench.tui.setup import Setup
from workbench.tui.state import ViewModel

LOOK = 0.25
"""Seconds between two looks at a download that runs beside the screen."""


class FetchingScreen(Screen[None]):
    """Holds the download, whichever dialog is open."""

    setup: Setup
    model: ViewModel
    painter: Painter

    def __init__(self) -> None:
        super().__init__()
        self.fetch: Fetch | None = None
        self._looking: Timer | None = None
        self._offered = False
        self._loaded: set[str] = set()

    def paint(self, *, reload: bool = False) -> None:
        """Draw what changed."""
        raise NotImplementedError

    def warm(self, *names: str, again: bool = False) -> None:
        """Have lanes make themselves ready that are not, or *again*."""
        raise NotImplementedError

    def tell(self, notice: Notice | None) -> None:
        """Show a notice."""
        raise NotImplementedError

    def on_unmount(self) -> None:
        """The end: a download's own processes end with it."""
        if self.fetch is not None and self.fetch.running:
            self.fetch.stop(PATIENCE)

    def offer_models(self) -> None:
        """On a first start: when the lanes' weights are not there, say so and offer them."""
        ready = self.model.fold.lanes
        if self._offered or self.setup.shelf is None or self.app.screen is not self:
            return
        if any(ready[lane.name].failed for lane in self._local() if lane.name in ready):
            self._offered = True
            if self._missing():
                self.action_models()

    def _local(self) -> list[Lane]:
        racing = (self.model.lanes[name] for name in self.model.in_view)
        return [lane for lane in racing if lane.provider == "local" and lane.path is None]

    def _missing(self) -> list[str]:
        shelf = self.setup.shelf
        wanted = {lane.model for lane in self._local()}
        models = shelf.models() if shelf is not None else ()
        return [m.name for m in models if m.name in wanted and m.state != "ready"]

    def action_models(self) -> None:
        """Show the embedded models, and fetch what is missing."""
        shelf = self.setup.shelf
        if shelf is None:
            return
        from workbench.tui.screens.models import ModelsScreen

        self.app.push_screen(ModelsScreen(self.painter, shelf, lambda: self.fetch, self._begin))

    def _begin(self, names: list[str]) -> None:
        if self.setup.shelf is not None:
            self.fetch = Fetch(self.setup.shelf, names)
            self._loaded.clear()
            self._looking = self.set_interval(LOOK, self._look, name="download")

    def _look(self) -> None:
        """Say in each lane how far its weights are; have it load them once they are there."""
        fetch = self.fetch
        if fetch is None:
            return
        running = fetch.running
        for lane in self._local():
            if lane.model in fetch.arrived:
                if lane.name not in self._loaded:
                    self._loaded.add(lane.name)
                    self.warm(lane.name, again=True)
            elif running and lane.model in fetch.names:
                text = fetch.words() if lane.model == fetch.name else "waits for the other download"
                self.model.apply([LaneReady(lane.name, False, text)])
        if not running:
            self._over(fetch)
        self.paint()

    def _over(self, fetch: Fetch) -> None:
        if self._looking is not None:
            self._looking.stop()
        for lane in self._local():
            if lane.model in fetch.names and lane.model not in fetch.arrived:
                hint = "Alt+P fetches them."
                text = f"The weights of {lane.model} are not on this machine."
                self.model.apply([LaneReady(lane.name, False, text, hint, failed=True)])
        if fetch.error is not None:
            self.tell(Notice("error", fetch.error.message, fetch.error.hint))
        elif len(fetch.arrived) == len(fetch.names):
            self.tell(Notice("info", "The models are here.", "Each lane loads its own now."))
