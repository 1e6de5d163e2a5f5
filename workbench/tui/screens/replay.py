"""An iteration played again, exactly as it streamed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.screen import Screen

from workbench.api.replay import Playback, tape
from workbench.model.events import Event
from workbench.model.fold import LiveIteration
from workbench.model.unfold import events_of
from workbench.tui.bridge import frame_seconds
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys
from workbench.tui.view import format as fmt
from workbench.tui.view import race
from workbench.tui.view.lines import Line, spread
from workbench.tui.view.state import Clock, ViewModel
from workbench.tui.widgets.lane_strip import LaneStrip
from workbench.tui.widgets.plain import Plain
from workbench.tui.widgets.strips import RaceStrip, TotalsLine

_KEYS = (
    *(("Space", "play"), ("\u2190\u2192", "step"), ("f", "failure"), ("+\u2212", "speed")),
    *(("Tab", "one lane"), ("Home", "start"), ("End", "end")),
)
OTHERS = 9
"""Rows that the transport, a lane's pane, totals and keys take at least."""


class Transport(Plain):
    """Where the replay stands."""

    ground = "surface"

    def __init__(self, painter: Painter, playback: Playback, what: str, *, id: str) -> None:
        super().__init__(painter, id=id)
        self.playback = playback
        self.what = what
        self.lane = ""

    def lines(self, size: Size) -> Sequence[Line]:
        """Return the line."""
        player = self.playback
        speed = "instant" if player.speed is None else f"{player.speed:g}\u00d7"
        sign = "\u25b6 playing" if player.playing else "\u2016 paused "
        left: Line = (
            (f" {sign}  ", "live bold" if player.playing else "warn bold"),
            (f"{fmt.duration(player.position_ms)} of {fmt.duration(player.length_ms)}", ""),
            (f"  {speed}", "accent"),
            (f"  only {self.lane}" if self.lane else "", "accent"),
        )
        return (spread(left, ((f"{self.what} ", "muted"),), size.width),)


class ReplayScreen(Screen[None]):
    """Lanes and race of one iteration, moved by a player instead of an engine."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f7", "leave", "Close", show=False),
        Binding("space", "play", "Play or pause", show=False, priority=True),
        Binding("right,l", "step(1)", "Next chunk", show=False, priority=True),
        Binding("left,h", "step(-1)", "Previous chunk", show=False, priority=True),
        Binding("n,alt+right", "row(1)", "Next data row", show=False, priority=True),
        Binding("p,alt+left", "row(-1)", "Previous data row", show=False, priority=True),
        Binding("f", "failure", "To the failure", show=False, priority=True),
        Binding("plus,equals_sign", "speed(1)", "Faster", show=False, priority=True),
        Binding("minus", "speed(-1)", "Slower", show=False, priority=True),
        Binding("tab", "lane(1)", "One lane", show=False, priority=True),
        Binding("shift+tab", "lane(-1)", "One lane", show=False, priority=True),
        Binding("home", "seek(0)", "Start", show=False, priority=True),
        Binding("end", "seek(1)", "End", show=False, priority=True),
    ]

    def __init__(
        self,
        painter: Painter,
        model: ViewModel,
        iteration: LiveIteration,
        clock: Clock = time.monotonic,
    ) -> None:
        super().__init__()
        self.painter = painter
        self.number = iteration.number
        self.events = tuple(events_of(iteration))
        self.lanes = ("", *(lane.name for lane in iteration.started.lanes))
        self.playback = Playback(tape(self.events, self.number), restart=self._restart)
        self._clock = clock
        self._at = clock()
        lanes = iteration.started.lanes
        self.model = ViewModel(lanes, model.draft, clock=lambda: self.playback.position_ms / 1000)
        self.model.span_ms = self.playback.length_ms
        self.model.show_row(model.row)

    def compose(self) -> ComposeResult:
        """Transport, lanes, race, totals."""
        self._take(self.playback.seek(0.0))
        what = f"replay of iteration {self.number}"
        yield Transport(self.painter, self.playback, what, id="title")
        yield LaneStrip(self.painter, self.model, id="lanes")
        yield RaceStrip(self.painter, self.model, id="race")
        yield TotalsLine(self.painter, self.model, id="totals")
        rows = (("n p", "row"),) if self.model.row is not None else ()
        yield Keys(self.painter, *_KEYS[:3], *rows, *_KEYS[3:], margin=True, id="keys")

    def on_mount(self) -> None:
        """Play at once."""
        self._fit()
        self._at = self._clock()
        self.set_interval(frame_seconds(self.app), self.frame, name="replay")

    def _fit(self) -> None:
        rows = race.wanted(len(self.model.panes()), self.size.height, OTHERS)
        self.query_one(RaceStrip).styles.height = rows

    def on_resize(self, _event: events.Resize) -> None:
        """Another size."""
        self._fit()

    def frame(self) -> None:
        """Fold what is due and draw it."""
        now = self._clock()
        self._take(self.playback.advance(now - self._at))
        self._at = now
        strip = self.query_one(LaneStrip)
        strip.paint()
        self.query_one(RaceStrip).first = strip.first
        for widget in self.query(Plain):
            if widget.id in ("title", "race", "totals"):
                widget.repaint()

    def _take(self, events: Sequence[Event]) -> None:
        self.model.apply(events)

    def _restart(self) -> None:
        self.model.open_session()

    def action_play(self) -> None:
        """Play or pause."""
        self.playback.toggle()

    def action_step(self, by: int) -> None:
        """Go to the next or previous chunk."""
        self._take(self.playback.step(by))

    def action_failure(self) -> None:
        """Go to the next first failure."""
        self._take(self.playback.to_first_failure())

    def action_row(self, by: int) -> None:
        """Show the answers to another data row."""
        self.model.step_row(by)

    def action_speed(self, by: int) -> None:
        """Play faster or slower."""
        self.playback.faster(by)

    def action_seek(self, share: int) -> None:
        """Go to the start or the end."""
        self._take(self.playback.seek(share * self.playback.length_ms))

    def action_lane(self, by: int) -> None:
        """Play one lane alone, the next one, or all of them again."""
        title = self.query_one(Transport)
        title.lane = self.lanes[(self.lanes.index(title.lane) + by) % len(self.lanes)]
        chosen = (title.lane,) if title.lane else ()
        self.model.in_view = list(chosen or self.lanes[1:])
        self._take(self.playback.load(tape(self.events, self.number, chosen)))
        self._fit()

    def action_leave(self) -> None:
        """Back to the workbench."""
        self.dismiss(None)
