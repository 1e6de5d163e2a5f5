"""The cases that guard the prompt: what flipped, what fails, what passes."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from workbench.tui.bridge import frame_seconds
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.screens.modal import Modal
from workbench.tui.view.case_watch import CaseWatch
from workbench.tui.view.compare import Pair
from workbench.tui.view.lines import Line
from workbench.tui.widgets.pick_list import PickList

_WHAT: Line = (("Once on, each race is followed by the cases of the suite.", "muted"),)


class GuardScreen(Modal[Pair | None]):
    """Ends with the two answers to compare, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Close", show=False),
        Binding("space", "switch", "Run cases or not", show=False, priority=True),
    ]

    def __init__(self, painter: Painter, cases: CaseWatch) -> None:
        super().__init__()
        self.painter = painter
        self.cases = cases
        self._version = -1

    def compose(self) -> ComposeResult:
        """What is run, the list, keys."""
        with Vertical(classes="dialog wide"):
            yield Words(self.painter, (), (), (), id="guard-head")
            yield PickList(self.painter, (), id="guard-list")
            yield Keys(self.painter, ("Space", "on or off"), ("Enter", "compare with before"))

    def on_mount(self) -> None:
        """Keep it up to date while cases run."""
        self.query_one(PickList).focus()
        self.set_interval(frame_seconds(self.app), self.frame, name="cases")
        self.call_after_refresh(self.frame)

    def frame(self) -> None:
        """List again when something has changed."""
        if self._version == self.cases.version:
            return
        self._version = self.cases.version
        cases = self.cases
        state = ("on", "pass bold") if cases.on else ("off", "warn bold")
        tags = f" tagged {', '.join(cases.guard.tags)}" if cases.guard.tags else ""
        head = self.query_one("#guard-head", Words)
        head.words = (
            (
                ("Cases after each race: ", "bold"),
                state,
                (f"   {cases.guard.suite}{tags}", "muted"),
            ),
            cases.line() if cases.shown else _WHAT,
            (),
        )
        head.repaint()
        listed = self.query_one(PickList)
        listed.replace([line for line, _ in cases.items()], listed.at)

    def action_switch(self) -> None:
        """Let cases run after races, or not."""
        self.cases.on = not self.cases.on
        self.cases.version += 1
        self.frame()

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        """Compare the answer with the one before."""
        after = self.cases.items()[event.index][1]
        before = self.cases.before(after.iteration).get((after.case, after.lane))
        a = "" if before is None else before.text
        old = "never run" if before is None else f"iteration {before.iteration}"
        name = f"iteration {after.iteration}"
        self.dismiss(Pair(f"{after.case}, {after.lane}", old, name, a, after.text))

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
