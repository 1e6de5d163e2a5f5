"""The part of the workbench screen that offers the models' weights and tells how far they are."""

from __future__ import annotations

from textual.screen import Screen
from textual.timer import Timer

from workbench.model.events import LaneReady, Notice
from workbench.model.lane import Lane
from workbench.tui.bindings import ACTIONS, first_key
from workbench.tui.painter import Painter
from workbench.tui.view.fetch import PATIENCE, Fetch
from workbench.tui.view.setup import Setup
from workbench.tui.view.state import ViewModel

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
        """When lanes lack their weights: say in each how to get them, and once what that takes.
        Nothing opens by itself: the next key may be meant for something else.
        """
        ready = self.model.fold.lanes
        offer = self._offer()
        cold = [
            lane
            for lane in self._local()
            if lane.name in ready and ready[lane.name].failed and ready[lane.name].hint != offer
        ]
        missing = self._missing() if cold else {}
        for lane in cold:
            if lane.model in missing:
                size = f"{missing[lane.model] / 1e6:.0f} MB"
                text = f"The weights of {lane.model} ({size}) are not on this machine."
                self.model.apply([LaneReady(lane.name, False, text, offer, failed=True)])
        if missing and not self._offered and self.model.notice is None:
            self._offered = True
            total = sum(missing.values()) / 1e6
            text = f"The embedded models are not on this machine yet ({total:.0f} MB)."
            self.tell(Notice("info", text, f"{offer} {self._key('sessions')}: recorded races."))

    def lacking(self) -> bool:
        """Offer the models instead of sending, where no lane of the race has its weights; True if
        it did.
        """
        ready = self.model.fold.lanes
        cold = [x for x in self._local() if x.name in ready and ready[x.name].failed]
        if not cold or len(cold) < len(self.model.in_view):
            return False
        missing = self._missing()
        if not all(lane.model in missing for lane in cold):
            return False
        self.action_models()
        return True

    def _key(self, action: str) -> str:
        found = next(a for a in ACTIONS if a.id == action)
        return first_key(found, self.setup.keymap)

    def _offer(self) -> str:
        return f"{self._key('models')} fetches them."

    def _local(self) -> list[Lane]:
        racing = (self.model.lanes[name] for name in self.model.in_view)
        return [lane for lane in racing if lane.provider == "local" and lane.path is None]

    def _missing(self) -> dict[str, int]:
        """Return the models that lanes in the race lack, with their sizes in bytes."""
        shelf = self.setup.shelf
        wanted = {lane.model for lane in self._local()}
        models = shelf.models() if shelf is not None else ()
        return {m.name: m.size for m in models if m.name in wanted and m.state != "ready"}

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
                text = f"The weights of {lane.model} are not on this machine."
                self.model.apply([LaneReady(lane.name, False, text, self._offer(), failed=True)])
        if fetch.error is not None:
            self.tell(Notice("error", fetch.error.message, fetch.error.hint))
        elif len(fetch.arrived) == len(fetch.names):
            self.tell(Notice("info", "The models are here.", "Each lane loads its own now."))
