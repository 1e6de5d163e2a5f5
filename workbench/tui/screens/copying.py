"""The part of the workbench screen that puts text on the clipboard: what is selected, or an answer.

It is the text as it was received: what is made visible on the screen is not in it.
"""

from __future__ import annotations

from workbench.model.events import Notice
from workbench.text import plural
from workbench.tui.screens.fetching import FetchingScreen
from workbench.tui.widgets.lane_strip import LaneStrip
from workbench.tui.widgets.lane_view import LaneView
from workbench.tui.widgets.strips import Clicked


class CopyingScreen(FetchingScreen):
    """Copies from lanes."""

    def action_copy_text(self) -> None:
        """Copy what is selected in a lane, else in the focused editor."""
        pane = self._picked()
        if pane is None:
            super().action_copy_text()
        else:
            self._copy(pane)

    def show_check(self, lane: str, check: str) -> None:
        """Go to a lane and, in its answer, to the place at which a check was decided."""
        pane = next((pane for pane in self.query(LaneView) if pane.lane.name == lane), None)
        if pane is not None:
            pane.display = True
            self.set_focus(pane)
            pane.to_check(check)
            self.call_after_refresh(self.query_one(LaneStrip).place)

    def on_clicked(self, event: Clicked) -> None:
        """Show what was clicked."""
        self.show_check(event.lane, event.check)

    def action_copy_answer(self) -> None:
        """Copy what is selected in the focused lane, else its answer."""
        if isinstance(self.focused, LaneView) and self.focused.attempt is not None:
            self._copy(self.focused)

    def _picked(self) -> LaneView | None:
        panes = [pane for pane in self.query(LaneView) if pane.picked is not None]
        return next((pane for pane in panes if pane.has_focus), panes[0] if panes else None)

    def _copy(self, pane: LaneView) -> None:
        picked = pane.selected_text()
        text = picked if picked is not None else pane.attempt.text if pane.attempt else ""
        # half a pair of surrogates cannot be sent to a terminal
        self.app.copy_to_clipboard(text.encode("utf-8", "replace").decode("utf-8"))
        name = pane.lane.name
        what = "the answer" if picked is None else plural(len(text), "character")
        self.tell(Notice("info", f"Copied {what} of {name}."))
