"""An iteration played again, exactly as it streamed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.screen import Screen

from workbench.model.fold import LiveIteration
from workbench.tui import format as fmt
from workbench.tui.bridge import FRAME
from workbench.tui.lines import Line, spread
from workbench.tui.painter import Painter
from workbench.tui.replay import Player, timeline
from workbench.tui.screens.dialogs import Words
from workbench.tui.state import Clock, ViewModel
from workbench.tui.widgets.lane_strip import LaneStrip
from workbench.tui.widgets.plain import Plain
from workbench.tui.widgets.strips import RaceStrip, TotalsLine


class Transport(Plain):
    """Where the replay stands."""

    ground = "surface"

    def __init__(self, painter: Painter, player: Player, what: str, *, id: str) -> None:
        super().__init__(painter, id=id)
        self.player = player
        self.what = what

    def lines(self, size: Size) -> Sequence[Line]:
        """Return the line."""
        player = self.player
        sign = "\u25b6 playing" if player.playing else "\u2016 paused "
        left: Line = (
            (f" {sign}  ", "live bold" if player.playing else "warn bold"),
            (f"{fmt.duration(player.position)} of {fmt.duration(player.length)}", ""),
            (f"  {player.speed:g}\u00d7", "accent"),
        )
        return (spread(left, ((f"{self.what} ", "muted"),), size.width),)


class ReplayScreen(Screen[None]):
    """Lanes and race of one iteration, moved by a player instead of an engine."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f7", "leave", "Close", show=False),
        Binding("space", "play", "Play or pause", show=False, priority=True),
        Binding("right,l", "step(1)", "Next chunk", show=False, priority=True),
        Binding("left,h", "step(-1)", "Previous chunk", show=False, priority=True),
        Binding("f", "failure", "To the failure", show=False, priority=True),
        Binding("plus,equals_sign", "speed(1)", "Faster", show=False, priority=True),
        Binding("minus", "speed(-1)", "Slower", show=False, priority=True),
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
        self.player = Player(timeline(iteration), clock, self._restart)
        lanes = iteration.started.lanes
        self.model = ViewModel(lanes, model.draft, clock=lambda: self.player.position / 1000)
        self.model.span_ms = self.player.length

    def compose(self) -> ComposeResult:
        """Transport, lanes, race, totals."""
        self.player.advance()
        self.model.apply(self.player.due())
        what = f"replay of iteration {self.number}"
        yield Transport(self.painter, self.player, what, id="title")
        yield LaneStrip(self.painter, self.model, id="lanes")
        race = RaceStrip(self.painter, self.model, id="race")
        race.styles.height = len(self.model.panes()) + 1
        yield race
        yield TotalsLine(self.painter, self.model, id="totals")
        keys = " Space play  \u2190\u2192 step  f failure  +\u2212 speed  Home End  Esc close"
        yield Words(self.painter, ((keys, "muted"),), id="keys")

    def on_mount(self) -> None:
        """Play at once."""
        self.player.toggle()
        self.set_interval(FRAME, self.frame, name="replay")

    def frame(self) -> None:
        """Fold what is due and draw it."""
        self.player.advance()
        self.model.apply(self.player.due())
        self.query_one(LaneStrip).paint()
        for widget in self.query(Plain):
            if widget.id in ("title", "race", "totals"):
                widget.repaint()

    def _restart(self) -> None:
        self.model.open_session()

    def action_play(self) -> None:
        """Play or pause."""
        self.player.toggle()

    def action_step(self, by: int) -> None:
        """Go to the next or previous chunk."""
        self.player.step(by)

    def action_failure(self) -> None:
        """Go to the next first failure."""
        self.player.to_failure()

    def action_speed(self, by: int) -> None:
        """Play faster or slower."""
        self.player.faster(by)

    def action_seek(self, share: int) -> None:
        """Go to the start or the end."""
        self.player.seek(share * self.player.length)

    def action_leave(self) -> None:
        """Back to the workbench."""
        self.dismiss(None)
