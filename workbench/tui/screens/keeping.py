"""What the workbench screen keeps: cases of failures, cases that guard, prompt files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.model.events import Notice
from workbench.tui.screens.base import LookingScreen
from workbench.tui.widgets.lane_view import LaneView

if TYPE_CHECKING:
    from workbench.suites.case import Case
    from workbench.tui.compare import Pair


class KeepingScreen(LookingScreen):
    """Failures become cases, prompts become files."""

    # -- cases ----------------------------------------------------------------------------------

    def action_save_case(self) -> None:
        """Make a case of the focused lane's failure."""
        self.action_case()

    def action_case(self) -> None:
        """Make a case of the focused lane's failure, else of the first lane that failed."""
        pane = self.focused if isinstance(self.focused, LaneView) else None
        panes = [pane] if pane is not None else list(self.query(LaneView))
        failed = [p.attempt for p in panes if p.attempt and p.attempt.first_failure is not None]
        if not failed or self.setup.save_case is None:
            text = "Nothing failed here: a case is made of a failure."
            self.tell(Notice("info", text, "Go to a failed lane, or to an older iteration."))
            return
        from workbench.suites.case import case_of
        from workbench.tui.screens.case import CaseScreen

        try:
            case = case_of(self.model.fold.session(), failed[0].record())
        except WorkbenchError as error:
            self.tell(Notice("error", error.message, error.hint))
            return
        self.app.push_screen(CaseScreen(self.painter, case, self.setup.suite), self._save_case)

    def _save_case(self, case: Case | None) -> None:
        if case is None or self.setup.save_case is None:
            return
        try:
            added = self.setup.save_case(case)
        except WorkbenchError as error:
            self.tell(Notice("error", error.message, error.hint))
            return
        if added.written:
            text = f"Saved as {added.written[0].id} in {self.setup.suite}."
            self.tell(Notice("info", text, f"Run it: workbench run {self.setup.suite}"))
        else:
            text = f"{self.setup.suite} has this failure already, as {added.known[0].id}."
            self.tell(Notice("info", text, "Nothing was added."))

    # -- prompt files ---------------------------------------------------------------------------

    def action_open_prompt(self) -> None:
        """Ask for a prompt file and load it."""
        from workbench.tui.screens.dialogs import Ask

        self.app.push_screen(Ask(self.painter, "Open which prompt file?"), self._open_prompt)

    def _open_prompt(self, name: str | None) -> None:
        if name is None:
            return
        from workbench.config.prompt_file import load_prompt

        try:
            held = load_prompt(Path(name).expanduser())
        except WorkbenchError as error:
            self.tell(Notice("error", error.message, error.hint))
            return
        self.model.edit(
            system=held.prompt.system or "",
            user=held.prompt.user,
            checks=held.checks,
            variables={**self.model.draft.variables, **held.variables},
            rows=held.rows,
        )
        self.paint(reload=True)
        self.tell(Notice("info", f"Opened {name}."))

    def action_save_prompt(self) -> None:
        """Ask for a prompt file and save the draft to it."""
        from workbench.tui.screens.dialogs import Ask

        self.take_edits()
        ask = Ask(self.painter, "Save the prompt to which file?", "prompt.toml")
        self.app.push_screen(ask, self._save_prompt)

    def _save_prompt(self, name: str | None) -> None:
        if name is None:
            return
        from workbench.config.prompt_file import PromptFile, save_prompt

        draft = self.model.draft
        values = {n: draft.variables[n] for n in draft.prompt.variables() if n in draft.variables}
        held = PromptFile(draft.prompt, draft.checks, values, draft.rows)
        try:
            save_prompt(Path(name).expanduser(), held)
        except WorkbenchError as error:
            self.tell(Notice("error", error.message, error.hint))
            return
        self.tell(Notice("info", f"Saved to {name}."))

    # -- cases that guard -----------------------------------------------------------------------

    def action_guard(self) -> None:
        """List the cases that guard the prompt."""
        from workbench.tui.screens.guard import GuardScreen

        def chosen(pair: Pair | None) -> None:
            self.paint()
            if pair is not None:
                self.compare_pairs([pair])

        self.app.push_screen(GuardScreen(self.painter, self.bridge.cases), chosen)

    def action_flips(self) -> None:
        """Compare the answers of the cases that flipped."""
        found = self.bridge.cases.pairs()
        if found:
            self.compare_pairs(found)
        else:
            hint = "Cases run after each race once they are switched on."
            self.tell(Notice("info", "No case has flipped.", hint))
