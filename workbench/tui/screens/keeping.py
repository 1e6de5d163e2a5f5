"""What the workbench screen keeps: cases of failures, cases that guard, prompt files, sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.engine.plan import OpenSession
from workbench.errors import WorkbenchError
from workbench.model.events import Notice
from workbench.tui.screens.base import RACING
from workbench.tui.screens.sizing import SizingScreen
from workbench.tui.view.keeper import DraftKeeper, begin_anew
from workbench.tui.view.setup import RECENT
from workbench.tui.widgets.editor import Editor
from workbench.tui.widgets.lane_view import LaneView

if TYPE_CHECKING:
    from workbench.model.prompt import DataRow, Prompt
    from workbench.suites.case import Case
    from workbench.tui.view.compare import Pair
    from workbench.tui.view.prompt_files import KnownFile


class KeepingScreen(SizingScreen):
    """Failures become cases, prompts become files; what was not sent stays with its session."""

    _known_file: KnownFile | None = None
    """The prompt file opened or saved last."""

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
            twin = self.setup.known_case(case)
        except WorkbenchError as error:
            self.tell(Notice("error", error.message, error.hint))
            return
        screen = CaseScreen(self.painter, case, self.setup.suite, twin)
        self.app.push_screen(screen, self._save_case)

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
        elif added.changed:
            text = f"Added to what {added.changed[0].id} expects in {self.setup.suite}."
            self.tell(Notice("info", text))
        else:
            text = f"{self.setup.suite} has this failure already, as {added.known[0].id}."
            self.tell(Notice("info", text, "Nothing was added."))

    # -- prompt files ---------------------------------------------------------------------------

    def action_open_prompt(self) -> None:
        """Ask for a prompt file and load it."""
        self._ask_to_open("")

    def _ask_to_open(self, name: str, problem: str = "") -> None:
        from workbench.tui.screens.dialogs import Ask

        ask = Ask(self.painter, "Open which prompt file?", name, problem=problem)
        self.app.push_screen(ask, self._open_prompt)

    def _open_prompt(self, name: str | None) -> None:
        if name is None:
            return
        from workbench.tui.view.prompt_files import known_as, read_prompt

        try:
            held = read_prompt(name)
        except WorkbenchError as error:
            self._ask_to_open(name, f"{error.message} {error.hint}".strip())
            return
        self._known_file = known_as(name)
        self.model.edit(variables={**self.model.draft.variables, **held.variables})
        self._take(held.prompt, held.checks, held.rows)
        self.tell(Notice("info", f"Opened {name}.", "^Z in an editor brings back what was there."))

    def _take(
        self, prompt: Prompt, checks: Sequence[str] | None, rows: tuple[DataRow, ...]
    ) -> None:
        """Put a prompt into the editors and its rows into their table, to be undone there."""
        before = self.model.draft.rows
        if before and before != rows:
            self.rows_before.append(before)
        self.model.edit(rows=rows)
        self.query_one("#system", Editor).take(prompt.system or "")
        self.query_one("#user", Editor).take(prompt.user)
        if checks is not None:
            self.query_one("#checks", Editor).take("\n".join(checks))
        self.take_edits()

    def action_save_prompt(self) -> None:
        """Ask for a prompt file and save the draft to it."""
        self.take_edits()
        self._ask_to_save(str(self._known_file.path) if self._known_file else "prompt.toml")

    def _ask_to_save(self, name: str, problem: str = "") -> None:
        from workbench.tui.screens.dialogs import Ask

        ask = Ask(self.painter, "Save the prompt to which file?", name, problem=problem)
        self.app.push_screen(ask, self._save_prompt)

    def _save_prompt(self, name: str | None) -> None:
        if name is None:
            return
        from workbench.tui.view.prompt_files import known_as

        there = known_as(name)
        if there.stamp is None or there == self._known_file:
            self._write_prompt(name)
            return
        from workbench.tui.screens.dialogs import Choice, Picker

        def chosen(index: int | None) -> None:
            if index == 1:
                self._write_prompt(name)
            else:
                self.tell(Notice("info", f"Nothing was saved: {name} stays as it is."))

        ways = ((("Leave it as it is", ""),), (("Write over it", ""),))
        choice = Choice(f"{there.path.name} is there already. Write over it?", ways)
        self.app.push_screen(Picker(self.painter, choice), chosen)

    def _write_prompt(self, name: str) -> None:
        from workbench.tui.view.prompt_files import known_as, write_prompt

        try:
            write_prompt(self.model.draft, name)
        except WorkbenchError as error:
            self._ask_to_save(name, f"{error.message} {error.hint}".strip())
            return
        self._known_file = known_as(name)
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

    # -- sessions -------------------------------------------------------------------------------

    def forget_session(self) -> None:
        """The file in hand was another prompt's."""
        super().forget_session()
        self._known_file = None

    def leave_session(self, session: str) -> None:
        """Keep what was written here and not sent."""
        self.take_edits()
        keeper = self._keeper()
        if keeper is not None:
            keeper.turn_to(session, self.model)

    def action_new_session(self) -> None:
        """Begin a new session with an empty prompt."""
        if self.model.running:
            self.tell(RACING)
            return
        self.take_edits()
        self.forget_session()
        blank, hint = self.setup.blank, "^F finds the others."
        if self.model.iteration is None:
            self._take(blank.prompt, blank.checks, blank.rows)
            hint = "^Z brings back what was there."
        else:
            begin_anew(self.model, blank, self._keeper())
            if self.model.draft.prompt != blank.prompt:
                hint = "What you had not sent in the last new one is here again."
            self.bridge.send(OpenSession(last=RECENT))
            self.paint(reload=True)
        self.tell(Notice("info", "A new session.", hint))
        self.query_one("#user", Editor).focus()

    def _keeper(self) -> DraftKeeper | None:
        keeper = getattr(self.app, "keeper", None)
        return keeper if isinstance(keeper, DraftKeeper) else None
