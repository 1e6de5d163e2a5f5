"""What the workbench screen can do besides the loop: ways to look, and other screens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from workbench.engine.plan import OpenSession, Reload, Warm
from workbench.errors import WorkbenchError
from workbench.model.events import Notice
from workbench.model.fold import LiveIteration
from workbench.model.lane import Lane
from workbench.tui.bindings import Action
from workbench.tui.bridge import Bridge
from workbench.tui.painter import Painter
from workbench.tui.screens.copying import CopyingScreen
from workbench.tui.view.ready import asked
from workbench.tui.view.setup import RECENT, Setup, worked_on
from workbench.tui.view.state import ViewModel
from workbench.tui.view.trail import partly
from workbench.tui.widgets.editor import Editor
from workbench.tui.widgets.lane_strip import LaneStrip
from workbench.tui.widgets.lane_view import LaneView

if TYPE_CHECKING:
    from workbench.model.prompt import DataRow
    from workbench.tui.view.compare import Pair

RACING = Notice("info", "A race is running.", "Esc stops it; then open a session.")


class LookingScreen(CopyingScreen):
    """Other views of an answer, and the screens one key away."""

    def __init__(self, setup: Setup, model: ViewModel, painter: Painter, bridge: Bridge) -> None:
        super().__init__()
        self.setup = setup
        self.model = model
        self.painter = painter
        self.bridge = bridge
        self.rows_before: list[tuple[DataRow, ...]] = []
        self._oldest: tuple[int, int] | None = None  # asked for what is earlier, and how much

    def paint(self, *, reload: bool = False) -> None:
        """Draw what changed; *reload* shows the draft in the editors again."""
        raise NotImplementedError

    def take_edits(self) -> None:
        """Read the editors into the draft."""
        raise NotImplementedError

    def on_lane_view_no_reasoning(self, event: LaneView.NoReasoning) -> None:
        """Say why nothing was unfolded."""
        self.tell(Notice("info", f"{event.lane} sent no reasoning."))

    def gone(self) -> None:
        """Another iteration was gone to."""
        self.leave_iteration()
        self.paint(reload=True)

    def leave_iteration(self) -> None:
        """What was said of the iteration before is over, and what its rows had been."""
        self.rows_before.clear()
        if self.model.notice is not None and self.model.notice.level == "info":
            self.model.say(None)

    def tell(self, notice: Notice | None) -> None:
        """Show a notice in its line, or take it away."""
        self.model.say(notice)
        self.paint()

    def warm(self, *names: str, again: bool = False) -> None:
        """Have lanes make themselves ready that are not, or *again*."""
        known = self.model.fold.lanes
        cold = [n for n in names if again or n not in known or known[n].failed]
        self.model.apply(asked(name) for name in cold)
        if cold:
            self.bridge.send(Warm(tuple(self.model.lanes[name] for name in cold)))

    def lane_in_focus(self) -> LaneView | None:
        """Return the focused pane, else the first one in sight."""
        if isinstance(self.focused, LaneView):
            return self.focused
        return next((pane for pane in self.query(LaneView) if pane.display), None)

    async def run(self, action: Action) -> None:
        """Do what an action says, in the place it belongs to: for a lane's, the lane in focus."""
        places = {"app": self.app, "workbench": self, "lane": self.lane_in_focus() or self}
        await self.app.run_action(action.method, places[action.scope])

    # -- other views ----------------------------------------------------------------------------

    def action_markdown(self) -> None:
        """Read the focused lane's answer as Markdown."""
        pane = self.lane_in_focus()
        if pane is None or pane.attempt is None or not pane.attempt.parts:
            return
        if pane.attempt.live:
            hint = "Wait for its end: Markdown is laid out once."
            self.tell(Notice("info", "The answer is still streaming.", hint))
            return
        from workbench.tui.screens.answers import MarkdownScreen

        self.app.push_screen(MarkdownScreen(self.painter, pane.lane.name, pane.attempt))

    def action_matrix(self) -> None:
        """Show the verdict matrix."""
        from workbench.tui.screens.answers import MatrixScreen

        self.app.push_screen(MatrixScreen(self.painter, self.model, self.show_check))

    def action_diff(self) -> None:
        """Compare answers and prompts."""
        self.compare()

    def compare(self, other: LiveIteration | None = None) -> None:
        """Compare with *other*, or with the iteration this one came from."""
        from workbench.tui.view.compare import pairs

        found = pairs(self.model, other)
        if not found:
            hint = "Send the prompt to two lanes, or twice to one."
            self.tell(Notice("info", "There is nothing to compare yet.", hint))
            return
        self.compare_pairs(found)

    def compare_pairs(self, found: Sequence[Pair]) -> None:
        """Show pairs of texts beside each other."""
        from workbench.tui.screens.compare import CompareScreen

        self.app.push_screen(CompareScreen(self.painter, found))

    def action_recheck(self) -> None:
        """Ask other checks of the session's answers."""
        session = self.model.fold.session()
        if not any(True for _ in session.attempts()):
            self.tell(Notice("info", "There is no answer yet.", "Send the prompt first."))
            return
        from workbench.api.retro import recorded_lines
        from workbench.tui.screens.recheck import RecheckScreen
        from workbench.tui.view.recheck import with_edits

        self.take_edits()
        current = self.model.iteration
        sent = () if current is None else current.started.checks
        lines = with_edits(recorded_lines(session), sent, self.model.draft.checks)
        notice = partly(self.model)
        self.app.push_screen(RecheckScreen(self.painter, session, lines, notice))

    def action_replay(self) -> None:
        """Play the iteration in view again."""
        current = self.model.iteration
        if current is None or current.running:
            self.tell(Notice("info", "Only an iteration that has ended can be replayed."))
            return
        from workbench.tui.screens.replay import ReplayScreen

        self.app.push_screen(ReplayScreen(self.painter, self.model, current))

    def action_measures(self) -> None:
        """Show the session's charts and figures."""
        from workbench.tui.screens.measures import MeasuresScreen

        self.app.push_screen(MeasuresScreen(self.painter, self.model))

    def action_sessions(self) -> None:
        """Find a session and open it."""
        if self.model.running:
            self.tell(RACING)
            return
        from workbench.tui.screens.sessions import SessionsScreen

        self.app.push_screen(SessionsScreen(self.painter, self.setup), self._open)

    def leave_session(self, session: str) -> None:
        """Keep what belongs to the session in view: *session* is opened instead."""
        raise NotImplementedError

    def forget_session(self) -> None:
        """Drop what belongs to the session in view and is of no use in another one."""
        self.rows_before.clear()
        self._oldest = None

    def open_last(self) -> None:
        """Open the session that was worked on last."""
        last = worked_on(self.setup.sessions(""))
        if last is None:
            self.tell(Notice("info", "There is no earlier prompt yet.", "Send this one first."))
        else:
            self._open(last)

    def _open(self, session: str | None) -> None:
        if session is None:
            return
        if self.model.running:  # live mode may have sent while the sessions were looked through
            self.tell(RACING)
            return
        self.forget_session()
        self.leave_session(session)
        self.model.open_session()
        self.bridge.send(OpenSession(session, last=RECENT))
        self.tell(None)

    def action_next_attempt(self) -> None:
        """Show the lane's next attempt."""
        self._step_attempt(1)

    def action_previous_attempt(self) -> None:
        """Show the lane's attempt before."""
        self._step_attempt(-1)

    def _step_attempt(self, by: int) -> None:
        pane = self.lane_in_focus()
        if pane is not None and self.model.step_attempt(pane.lane.name, by):
            self.paint()

    def action_next_row(self) -> None:
        """Show the answers to the next data row."""
        self._step_row(1)

    def action_previous_row(self) -> None:
        """Show the answers to the data row before."""
        self._step_row(-1)

    def _step_row(self, by: int) -> None:
        if self.model.row is None:
            self.tell(Notice("info", "There are no data rows.", "The table of rows makes some."))
        elif self.model.step_row(by):
            self.paint()

    def action_data(self) -> None:
        """Open the table of data rows."""
        self.open_data()

    def open_data(self, *, missing: bool = False) -> None:
        """Open the table of data rows; at the first value that is *missing*."""
        from workbench.tui.screens.data import Asked, DataScreen
        from workbench.tui.view.data_table import DataTable

        self.take_edits()

        def ask(what: Asked) -> None:
            (self.action_send if what == "send" else self.action_stop)()

        table = DataTable(self.model, self.rows_before)
        screen = DataScreen(self.painter, table, self.setup.load_rows, self.setup.language, ask)
        if missing:
            screen.go_to_missing()
        self.app.push_screen(screen, self._after_data)

    def _after_data(self, to_lanes: bool | None) -> None:
        self.paint()
        if to_lanes:
            self.query_one(LaneStrip).focus_next()

    def action_send(self) -> None:
        """Send the draft."""
        raise NotImplementedError

    def action_stop(self) -> None:
        """Stop what runs."""
        raise NotImplementedError

    def action_details(self) -> None:
        """Show everything known of the focused lane's attempt."""
        pane = self.lane_in_focus()
        if pane is None or pane.attempt is None:
            self.tell(Notice("info", "There is no answer yet.", "Send the prompt first."))
            return
        from workbench.tui.screens.details import DetailsScreen
        from workbench.tui.view.tries import tries_of

        current = self.model.iteration
        tries = tries_of(pane.attempt, current.attempts if current is not None else {})
        self.app.push_screen(DetailsScreen(self.painter, pane.attempt, tries))

    def action_choose_lanes(self) -> None:
        """Choose the lanes that race; write, change and try them."""
        from workbench.tui.screens.lanes import LaneActions, LanesScreen

        model, setup = self.model, self.setup
        actions = LaneActions(
            lambda name: name in model.in_view, self._toggle_lane, self._lanes_changed
        )
        lanes = tuple(model.lanes.values())
        desk = setup.desk() if setup.desk is not None else None
        self.app.push_screen(LanesScreen(self.painter, lanes, desk, setup.language, actions))

    def _toggle_lane(self, name: str) -> bool:
        on = self.model.toggle_lane(name)
        if on:
            self.warm(name)
        self.paint()
        return on

    def _lanes_changed(self, lanes: Sequence[Lane], name: str | None) -> None:
        """Use what is configured now: in the engine before anything else is sent."""
        new = name is not None and name not in self.model.lanes
        self.model.declare(lanes)
        if new and name is not None:
            self.model.toggle_lane(name)
        self.bridge.send(Reload())
        if name is not None:
            self.warm(name, again=True)
        self.paint()

    def action_variables(self) -> None:
        """Give the variables values."""
        self.ask_values(send=False)

    def ask_values(self, *, send: bool) -> None:
        """Open the table of variables; with *send*, the prompt is sent once it has them."""
        self.take_edits()
        names = self.model.draft.prompt.variables()
        if not names:
            hint = "Write {{ name }} into the prompt to make one."
            self.tell(Notice("info", "The prompt has no variables.", hint))
            return
        from workbench.tui.screens.variables import VariablesScreen

        def take(values: Mapping[str, str] | None) -> None:
            if values is not None:
                self.model.edit(variables=values)
                self.paint()
                if send:
                    self.action_send()

        screen = VariablesScreen(self.painter, names, self.model.draft.variables, send=send)
        self.app.push_screen(screen, take)

    # -- the person's editor --------------------------------------------------------------------

    def action_external_editor(self) -> None:
        """Edit the focused text, else the user message, in the person's own editor."""
        from workbench.tui.external import edit

        focused = self.focused
        editor = focused if isinstance(focused, Editor) else self.query_one("#user", Editor)
        text, problem = editor.text, None
        try:
            with self.app.suspend():  # what is raised in there would leave the terminal lent
                try:
                    text = edit(editor.text)
                except WorkbenchError as error:
                    problem = error
        except SuspendNotSupported:
            self.tell(Notice("error", "This terminal cannot be lent to another program."))
            return
        editor.take(text)
        self.take_edits()
        if problem is not None:
            self.tell(Notice("error", problem.message, problem.hint))
        self.paint()
