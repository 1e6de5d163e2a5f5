"""What a person does to the sizes of the screen's parts, and what room there is for each."""

from __future__ import annotations

from workbench.model.events import Notice
from workbench.tui.bridge import Bridge
from workbench.tui.painter import Painter
from workbench.tui.screens.base import LookingScreen
from workbench.tui.view import matrix, race
from workbench.tui.view.setup import Setup
from workbench.tui.view.state import ViewModel
from workbench.tui.widgets.check_editor import CheckHint
from workbench.tui.widgets.editor import Editor
from workbench.tui.widgets.lane_strip import LaneStrip
from workbench.tui.widgets.lane_view import LaneView
from workbench.tui.widgets.plain import Plain
from workbench.tui.widgets.strips import NoticeLine

OTHERS = 16
"""Rows that title, prompt, a lane's pane, totals and keys take at least."""

FEWEST = 10
"""Rows that everything takes at least on a low screen: a notice has no more than what is left."""

ROOMY = 34
"""Rows from which on the verdict matrix stands beside the prompt."""

SHORT = 30
"""Rows below which the words under the checks take the place of the variables' values."""

TINY = 12
"""Rows below which only the prompt and the lanes are there, as high as they can be."""

LEAST_ROWS = 4
"""Rows of the prompt, and of the lanes, below which nobody can make them."""

FIXED = 5
"""Rows of title, totals and keys, of the gap below the prompt and of the one above the race."""

STEP = 4
"""Cells by which one key press moves a border between two columns."""

LEAST_CELLS = 24
"""Cells of the messages, and of the checks beside them, below which nobody can make them."""


class SizingScreen(LookingScreen):
    """Zooms, hides and resizes."""

    _rows: int | None = None
    """Rows that the person gave the prompt."""

    _cells: int | None = None
    """Cells that the person gave the checks beside the messages."""

    def __init__(self, setup: Setup, model: ViewModel, painter: Painter, bridge: Bridge) -> None:
        super().__init__(setup, model, painter, bridge)
        self._sized: dict[str, Plain] = {}

    def fit(self) -> None:
        """Set the heights that depend on data. Layout runs only when one really changes."""
        draft, rows = self.model.draft, self.size.height
        hint, notice = self._sized["check-hint"], self._sized["notice"]
        heights = {
            "cases": 1 if self.bridge.cases.shown else 0,
            "notice": notice.wanted(self.size.width) if isinstance(notice, NoticeLine) else 0,
            "variables": min(4, len(draft.prompt.variables()) + bool(draft.rows)),
            "check-hint": hint.wanted() if isinstance(hint, CheckHint) else 0,
        }
        if heights["check-hint"] and rows < SHORT:
            heights["variables"] = 0  # while checks are written there: their lines come first
        heights["notice"] = min(heights["notice"], max(1, rows - FEWEST))
        besides = OTHERS + heights["cases"] + heights["notice"]
        heights["race"] = race.wanted(len(self.model.panes()), rows, besides)
        lines = matrix.height(self.model) if rows >= ROOMY else 0
        heights["matrix"] = lines + 1 if lines else 0
        for name, height in heights.items():
            widget = self._sized[name]
            if widget.styles.height is None or widget.styles.height.value != height:
                widget.styles.height = height
                if name == "race":
                    widget.styles.margin = (1 if height else 0, 0, 0, 0)
        self._fit_top(heights["race"] + heights["cases"] + heights["notice"])
        self._fit_side()

    def action_zoom(self) -> None:
        """Give the focused lane the screen, or put everything back."""
        zoomed = self.query_one(LaneStrip).zoom()
        self.query_one("#top").display = not zoomed

    def action_hide(self) -> None:
        """Hide the focused lane, and go on to the next one."""
        pane = self.lane_in_focus()
        strip = self.query_one(LaneStrip)
        after = strip.neighbour(pane) if pane is not None else None
        if pane is not None and self.model.hide(pane.lane.name):
            strip.paint()
            strip.go_to(after)
            text = f"{pane.lane.name} is hidden; it still races."
            self.tell(Notice("info", text, "H shows all lanes."))
        elif pane is not None:
            self.tell(Notice("info", f"{pane.lane.name} is the last lane in sight: it stays."))

    def action_show_all(self) -> None:
        """Show all lanes."""
        self.model.show_all()
        self.tell(None)

    def action_taller(self) -> None:
        """Give the prompt a row more."""
        self._resize_top(1)

    def action_shorter(self) -> None:
        """Give the lanes a row more."""
        self._resize_top(-1)

    def action_wider(self) -> None:
        """Give the focused pane more columns."""
        self._resize_column(1)

    def action_narrower(self) -> None:
        """Give the panes beside the focused one more columns."""
        self._resize_column(-1)

    def _resize_top(self, by: int) -> None:
        top = self.query_one("#top")
        self._rows = max(LEAST_ROWS, min(self.size.height, top.outer_size.height + by))
        self.fit()

    def _fit_top(self, others: int) -> None:
        """Give the prompt the rows that the person gave it, as far as there are so many beside
        *others*.
        """
        if self._rows is None:
            return
        rows: int | None = None  # on the smallest screens as the style sheet says
        if self.size.height >= TINY:
            rows = min(self._rows, max(LEAST_ROWS, self.size.height - FIXED - others - LEAST_ROWS))
        top = self.query_one("#top")
        made = top.styles.inline.height
        if rows != (None if made is None else made.value):
            top.styles.min_height = top.styles.max_height = top.styles.height = rows

    def _resize_column(self, by: int) -> None:
        if isinstance(self.focused, LaneView):
            self.query_one(LaneStrip).widen(by * STEP)
            return
        grows = isinstance(self.focused, Editor) and self.focused.id == "checks"
        now = self.query_one("#side").outer_size.width
        self._cells = now + (by if grows else -by) * STEP
        self._fit_side()

    def _fit_side(self) -> None:
        """Give the checks the cells that the person gave them, as far as there are so many."""
        if self._cells is None:
            return
        most = max(LEAST_CELLS, self.size.width - LEAST_CELLS)
        self._cells = cells = max(LEAST_CELLS, min(most, self._cells))
        side = self.query_one("#side")
        made = side.styles.inline.width
        if made is None or made.value != cells:
            side.styles.min_width = side.styles.width = cells
