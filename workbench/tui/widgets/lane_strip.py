"""The lanes side by side; as many as fit, the others one key away."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message

from workbench.tui.painter import Painter
from workbench.tui.view import rows
from workbench.tui.view.lines import Line
from workbench.tui.view.state import ViewModel
from workbench.tui.widgets.lane_view import LaneView

NARROWEST = 30
"""Cells a pane needs at least."""


class LaneStrip(Horizontal):
    """Holds a pane for every lane in view and shows those around the focused one."""

    class Resized(Message):
        """It has another size, as the screen may have."""

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
        self._wider: dict[str, int] = {}  # cells besides an equal share, by lane
        self._sized: WeakKeyDictionary[LaneView, tuple[int, int]] = WeakKeyDictionary()

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
        panes = self._in_turn()
        if not panes or not self.size.width:
            return
        focused = next((i for i, pane in enumerate(panes) if pane.has_focus), None)
        start = min(self.first, len(panes) - 1)
        seen = self._seen(panes, start if focused is None else min(start, focused))
        while focused is not None and focused not in seen:
            seen = self._seen(panes, seen.start + 1)
        while seen.start and len(self._seen(panes, seen.start - 1)) > len(seen):
            seen = self._seen(panes, seen.start - 1)
        self.first = seen.start
        for pane in self.panes():
            pane.display = pane in panes and panes.index(pane) in seen
        for place in seen:
            before = seen.start if place == seen.start else 0
            panes[place].beyond(before, len(panes) - seen.stop if place == seen.stop - 1 else 0)
            self._share(panes[place], len(seen))

    def _seen(self, panes: Sequence[LaneView], start: int) -> range:
        """Return which panes fit beside each other from *start* on; one always does."""
        if self.zoomed:
            return range(start, start + 1)
        room, stop = self.size.width, start
        while stop < len(panes):
            room -= NARROWEST + max(0, self._wider.get(panes[stop].lane.name, 0))
            if room < 0 and stop > start:
                break
            stop += 1
        return range(start, stop)

    def _share(self, pane: LaneView, beside: int) -> None:
        """Give a pane its part of the width: an equal one, and what the person gave it besides."""
        share = self.size.width // beside
        part = max(NARROWEST, share + self._wider.get(pane.lane.name, 0))
        wanted = (part, NARROWEST) if beside > 1 else (1, 1)
        if self._sized.get(pane) != wanted:
            self._sized[pane] = wanted
            pane.styles.width, pane.styles.min_width = f"{wanted[0]}fr", wanted[1]

    def widen(self, by: int) -> None:
        """Give the focused pane *by* cells more than it has; the others share what is left."""
        pane = next((pane for pane in self.panes() if pane.has_focus), None)
        if pane is None or len(self._in_turn()) < 2 or self.zoomed:
            return
        share = self.size.width // max(1, sum(pane.display for pane in self._in_turn()))
        wider = self._wider.get(pane.lane.name, 0) + by
        self._wider[pane.lane.name] = max(NARROWEST - share, min(self.size.width - share, wider))
        self.place()

    def _in_turn(self) -> list[LaneView]:
        """Return the panes that are not hidden, from left to right."""
        return [pane for pane in self.panes() if pane.lane.name not in self.model.hidden]

    def zoom(self) -> bool:
        """Give the focused pane all the room, or share it again. Returns whether it is zoomed."""
        self.zoomed = not self.zoomed
        self.place()
        return self.zoomed

    def on_resize(self, _event: events.Resize) -> None:
        """Another width, another number of panes."""
        self.place()
        self.post_message(self.Resized())

    def focus_next(self) -> None:
        """Focus the pane after the focused one, the first after the last."""
        focused = next((pane for pane in self._in_turn() if pane.has_focus), None)
        self.go_to(self.neighbour(focused))

    def neighbour(self, pane: LaneView | None) -> LaneView | None:
        """Return the pane after *pane*, the first one after the last or where there is none."""
        panes = self._in_turn()
        at = panes.index(pane) if pane in panes else -1
        return panes[(at + 1) % len(panes)] if panes else None

    def go_to(self, pane: LaneView | None) -> None:
        """Focus a pane and bring it into sight."""
        if pane is not None:
            pane.display = True
            self.screen.set_focus(pane)  # at once: the next key is meant for it
            self.call_after_refresh(self.place)
