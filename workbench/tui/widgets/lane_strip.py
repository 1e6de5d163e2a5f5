"""The lanes side by side; as many as fit, the others one key away."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal

from workbench.tui import rows
from workbench.tui.lines import Line
from workbench.tui.painter import Painter
from workbench.tui.state import ViewModel
from workbench.tui.widgets.lane_view import LaneView

NARROWEST = 30
"""Cells a pane needs at least."""


class LaneStrip(Horizontal):
    """Holds a pane for every lane in view and shows those around the focused one."""

    def __init__(
        self, painter: Painter, model: ViewModel, welcome: Sequence[Line] = (), *, id: str
    ) -> None:
        super().__init__(id=id)
        self.welcome = welcome
        self.painter = painter
        self.model = model
        self.first = 0
        self.zoomed = False
        self._names: list[str] = []

    def compose(self) -> ComposeResult:
        """Begin with the lanes there are; the first one says how to begin."""
        for index, lane in enumerate(self.model.panes()):
            pane = LaneView(self.painter, lane)
            if index == 0:
                pane.welcome = self.welcome
            yield pane

    def panes(self) -> list[LaneView]:
        """Return all panes from left to right, those out of sight too."""
        return [pane for pane in self.children if isinstance(pane, LaneView)]

    def paint(self) -> None:
        """Give every pane its attempt; make or drop panes when the lanes are others."""
        if not self.is_attached:
            return
        lanes = self.model.panes()
        panes = self.panes()
        for extra in panes[len(lanes) :]:
            extra.remove()
        for lane in lanes[len(panes) :]:
            self.mount(LaneView(self.painter, lane))
        names = [lane.name for lane in lanes if lane.name not in self.model.hidden]
        if names != self._names:
            self._names = names
            self.call_after_refresh(self.place)
        for pane, lane in zip(self.panes(), lanes, strict=False):
            name = lane.name
            ready = self.model.fold.lanes.get(name)
            pane.show(lane, self.model.attempt(name), rows.repeats(self.model, name), ready)

    def place(self) -> None:
        """Show as many panes as fit, starting so that the focused one is among them."""
        hidden = self.model.hidden
        panes = [pane for pane in self.panes() if pane.lane.name not in hidden]
        if not panes or not self.size.width:
            return
        fit = 1 if self.zoomed else max(1, min(len(panes), self.size.width // NARROWEST))
        focused = next((i for i, pane in enumerate(panes) if pane.has_focus), None)
        if focused is not None:
            self.first = max(focused - fit + 1, min(self.first, focused))
        self.first = max(0, min(self.first, len(panes) - fit))
        seen = panes[self.first : self.first + fit]
        for pane in self.panes():
            pane.display = pane in seen

    def zoom(self) -> bool:
        """Give the focused pane all the room, or share it again. Returns whether it is zoomed."""
        self.zoomed = not self.zoomed
        self.place()
        return self.zoomed

    def on_resize(self, _event: events.Resize) -> None:
        """Another width, another number of panes."""
        self.place()

    def focus_next(self) -> None:
        """Focus the pane after the focused one, the first after the last."""
        panes = [pane for pane in self.panes() if pane.lane.name not in self.model.hidden]
        if not panes:
            return
        at = next((i for i, pane in enumerate(panes) if pane.has_focus), -1)
        target = panes[(at + 1) % len(panes)]
        target.display = True
        self.screen.set_focus(target)  # at once: the next key is meant for it
        self.call_after_refresh(self.place)
