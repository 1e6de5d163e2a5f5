"""The screen of the main loop: edit, send, see it fail, fix."""

from __future__ import annotations

from dataclasses import replace

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.timer import Timer
from textual.widgets import TextArea

from workbench.engine.plan import Cancel, LoadEarlier, Mark, StartRace
from workbench.errors import WorkbenchError
from workbench.model.events import Notice
from workbench.tui.bindings import ACTIONS, bindings, first_key
from workbench.tui.bridge import Bridge
from workbench.tui.painter import Painter
from workbench.tui.screens.keeping import KeepingScreen
from workbench.tui.view import rows
from workbench.tui.view.key_line import Place
from workbench.tui.view.live import LiveMode
from workbench.tui.view.setup import Setup, more
from workbench.tui.view.state import ViewModel
from workbench.tui.widgets.check_editor import CheckEditor, CheckHint
from workbench.tui.widgets.editor import Editor
from workbench.tui.widgets.lane_strip import LaneStrip
from workbench.tui.widgets.lane_view import LaneView
from workbench.tui.widgets.plain import Plain
from workbench.tui.widgets.strips import (
    CasesLine,
    KeyBar,
    Label,
    MatrixView,
    NoticeLine,
    RaceStrip,
    TitleLine,
    TotalsLine,
    VariablesLine,
)


class WorkbenchScreen(KeepingScreen):
    """Prompt and checks on top, lanes in the middle, the race and its totals below."""

    BINDINGS = bindings("workbench")
    AUTO_FOCUS = "#user"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (50, "-wide")]  # noqa: RUF012 - of Screen
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (12, "-short"), (30, "-tall")]  # noqa: RUF012 - an attribute of Screen

    def __init__(self, setup: Setup, model: ViewModel, painter: Painter, bridge: Bridge) -> None:
        super().__init__(setup, model, painter, bridge)
        self.live = LiveMode(model, setup.live)
        self._pause: Timer | None = None
        self._lanes: list[LaneStrip] = []
        self._parts: list[Plain] = []
        self._fitted = Size(0, 0)

    def begin_at(self, size: Size) -> None:
        """Lay the first frame out for *size*; the toolkit would do that in the second one only."""
        sides = (size.width, self.HORIZONTAL_BREAKPOINTS), (size.height, self.VERTICAL_BREAKPOINTS)
        fit = (max(step for step in steps if step[0] <= cells) for cells, steps in sides)
        self.update_classes({name: True for _, name in fit}, update=False)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Show itself the first time as it has just been styled, without styling it once more."""
        if not self.stack_updates:
            event.refresh_styles = False

    def compose(self) -> ComposeResult:
        """Lay out every part; their places are in the style sheet."""
        painter, model = self.painter, self.model
        prompt = model.draft.prompt
        yield TitleLine(painter, model, id="title")
        with Horizontal(id="top"):
            with Vertical(id="messages"):
                with Horizontal(id="system-row"):
                    yield self._label("system")
                    yield Editor(painter, prompt.system or "", id="system")
                with Horizontal(id="user-row"):
                    yield self._label("user")
                    yield Editor(painter, prompt.user, id="user")
            with Vertical(id="side"):
                with Horizontal(id="checks-row"):
                    yield self._label("checks")
                    checks = "\n".join(model.draft.checks)
                    yield CheckEditor(painter, checks, self.setup.language, id="checks")
                yield CheckHint(painter, id="check-hint")
                yield VariablesLine(painter, model, id="variables")
                yield MatrixView(painter, model, id="matrix")
        keys = {a.id: first_key(a, self.setup.keymap) for a in ACTIONS}
        yield LaneStrip(painter, model, rows.welcome(keys), id="lanes")
        yield RaceStrip(painter, model, id="race")
        yield TotalsLine(painter, model, id="totals")
        yield CasesLine(painter, self.bridge.cases, keys["flips"], id="cases")
        yield NoticeLine(painter, model, id="notice")
        yield KeyBar(painter, model, self.setup.keymap, self._place, id="keys")

    def _label(self, name: str) -> Label:
        return Label(
            self.painter, name, id=f"label-{name}", lit=lambda: self._focused_editor() == name
        )

    def _place(self) -> Place:
        """Return the part that has the focus, as far as the key bar tells parts apart."""
        if isinstance(self.focused, LaneView):
            return "lane"
        return "checks" if self._focused_editor() == "checks" else "prompt"

    def _focused_editor(self) -> str:
        return (self.focused.id or "") if isinstance(self.focused, Editor) else ""

    def on_mount(self) -> None:
        """Size what depends on the number of lanes and variables."""
        self._lanes = list(self.query(LaneStrip))  # looked up once: a frame has no time for it
        self._parts = [w for w in self.query(Plain) if not isinstance(w, LaneView)]
        self._sized = {w.id: w for w in self._parts if w.id is not None}
        self._race, self._matrix = self.query_one(RaceStrip), self.query_one(MatrixView)
        checks = self.query_one("#checks", CheckEditor)
        checks.move_cursor(checks.document.end)
        self.query_one(CheckHint).editor = checks
        self.fit()

    # -- painting -------------------------------------------------------------------------------

    def paint(self, *, reload: bool = False) -> None:
        """Draw what changed; *reload* shows the draft in the editors again."""
        if not self._parts or not self.is_attached:
            return  # a frame may come before the widgets do, or after they went
        if self._go_on_to_older() or reload:
            self._load_draft()
        self.fit()
        for strip in self._lanes:
            strip.paint()
        self._follow()
        for widget in self._parts:
            widget.repaint()

    def on_lane_strip_resized(self) -> None:
        """Another size has room for other parts."""
        # not the screen's own Resize: with a handler of ours, two of them chase each other for ever
        if self.size != self._fitted:
            self._fitted = self.size
            self.call_after_refresh(self.paint)

    def _load_draft(self) -> None:
        draft = self.model.draft
        self.query_one("#system", Editor).load(draft.prompt.system or "")
        self.query_one("#user", Editor).load(draft.prompt.user)
        self.query_one("#checks", Editor).load("\n".join(draft.checks))

    def wear(self) -> None:
        """Take the colours of another theme."""
        for editor in self.query(Editor):
            editor.wear()
        for widget in self.query(Plain):
            widget.refresh()

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """The labels show where the focus is."""
        self._light()

    def on_descendant_blur(self, _event: events.DescendantBlur) -> None:
        """The labels show where the focus is."""
        self._light()

    def _follow(self) -> None:
        """The race shows the lanes that the panes do, where it cannot show all."""
        for strip in self._lanes:
            if strip.first != self._race.first:
                self._race.first = self._matrix.first = strip.first
                self._race.repaint()
                self._matrix.repaint()

    def _light(self) -> None:
        self.call_after_refresh(self._follow)
        for label in self.query(Label):
            label.repaint()
        if self._parts:
            self._sized["keys"].repaint()
        self._hint()

    def _hint(self) -> None:
        """The words under the checks follow the cursor and the focus."""
        if self._parts:
            self.fit()
            self._sized["check-hint"].repaint()

    def on_text_area_selection_changed(self, event: TextArea.SelectionChanged) -> None:
        """Another line of the checks may be the one to help with."""
        if event.text_area.id == "checks":
            self._hint()

    # -- editing --------------------------------------------------------------------------------

    def on_editor_edited(self, _event: Editor.Edited) -> None:
        """Take what was typed into the draft."""
        self.take_edits()
        self.paint()
        self._stop_pause()
        if self.live.on:
            self._pause = self.set_timer(self.setup.live.pause, self.live_send)

    def _stop_pause(self) -> None:
        if self._pause is not None:
            self._pause.stop()

    def forget_session(self) -> None:
        """What was typed in the session before is not sent in the next one."""
        super().forget_session()
        self._stop_pause()

    def take_edits(self) -> None:
        """Read the editors into the draft: keys may be faster than messages."""
        lines = (line.strip() for line in self.query_one("#checks", Editor).text.splitlines())
        self.model.edit(
            system=self.query_one("#system", Editor).text,
            user=self.query_one("#user", Editor).text,
            checks=[line for line in lines if line],
        )

    def action_prompt(self) -> None:
        """Edit the user message."""
        self.query_one("#user").focus()

    def action_checks(self) -> None:
        """Edit the checks."""
        self.query_one("#checks").focus()

    # -- the race -------------------------------------------------------------------------------

    def action_send(self) -> None:
        """Send the draft to every lane in the race, or say why it cannot be sent."""
        self.take_edits()
        for check in self.model.draft.checks:
            problem = self.setup.check_problem(check)
            if problem:
                self.tell(Notice("error", problem))
                return
        if self.model.draft.missing():
            if self.model.draft.rows:
                self.open_data(missing=True)
            else:
                self.ask_values(send=True)
            return
        if self.lacking():
            return
        try:
            plan = self.model.plan()
        except WorkbenchError as error:
            self.tell(Notice("error", error.message, error.hint))
            return
        if self.model.running:
            self.bridge.send(Cancel())
        self.tell(None)
        self.bridge.send(StartRace(plan))

    def action_live(self) -> None:
        """Switch live mode on and off."""
        self.model.live = self.live.toggle()
        names = ", ".join(lane.name for lane in self.live.lanes()) or "no lane"
        text = f"Live mode is on for {names}." if self.live.on else "Live mode is off."
        hint = self.live.waiting() or "It sends after a pause in typing."
        self.tell(Notice("info", text, hint if self.live.on else ""))

    def live_send(self) -> None:
        """Send the draft to the lanes of live mode, if it is complete and another one."""
        self.take_edits()
        lanes = tuple(self.live.lanes())
        checks = self.model.draft.checks
        if not lanes or not self.live.wanted() or any(map(self.setup.check_problem, checks)):
            return
        if not self.live.can_ask(lanes):
            self.bridge.send(Cancel())
            self._pause = self.set_timer(self.setup.live.pause, self.live_send)
            return
        try:
            plan = self.live.capped(replace(self.model.plan(), lanes=lanes))
            if plan.rows:  # the one in view: all of them are for a send by hand
                shown = next((r for r in plan.rows if r.id == self.model.row), plan.rows[0])
                plan = replace(plan, rows=(shown,))
        except WorkbenchError as error:
            self.tell(Notice("error", error.message, error.hint))
            return
        if self.model.running:
            self.bridge.send(Cancel())
        self.live.sent(max(self.model.fold.iterations, default=0) + 1)
        waiting = self.live.waiting()
        self.tell(Notice("info", "Live mode is on.", waiting) if waiting else None)
        self.bridge.send(StartRace(plan))

    def action_stop(self) -> None:
        """Cancel what runs; else take the notice away; else go back to the prompt."""
        if self.model.running:
            self.bridge.send(Cancel())
        elif self.model.notice is not None and isinstance(self.focused, Editor):
            self.tell(None)
        else:
            self.action_prompt()

    def action_stop_lane(self) -> None:
        """Cancel the focused lane's attempt."""
        if isinstance(self.focused, LaneView):
            attempt = self.focused.attempt
            if attempt is not None and attempt.live:
                self.bridge.send(Cancel(attempt.number))

    def action_abort(self) -> None:
        """Switch aborting on and off."""
        self.model.toggle_abort()
        self.paint()

    def action_lanes(self) -> None:
        """Focus the next lane."""
        self.query_one(LaneStrip).focus_next()

    # -- iterations -----------------------------------------------------------------------------

    def action_older(self) -> None:
        """Step to the older iteration."""
        self.take_edits()
        if not self.model.fold.iterations and not self.model.running:
            self.open_last()
        elif self.model.step(-1):
            self.gone()
        elif self.model.fold.earlier and self._oldest is None:
            oldest = min(self.model.fold.iterations)
            self._oldest = oldest, self.model.fold.earlier
            self.bridge.send(LoadEarlier(oldest, more(len(self.model.fold.iterations))))

    def _go_on_to_older(self) -> bool:
        """Step on when the iterations before the oldest one have come; True if it stepped."""
        if self._oldest is None or self.model.fold.earlier >= self._oldest[1]:
            return False
        here, self._oldest = self._oldest[0], None
        if self.model.selected != here or not self.model.step(-1):
            return False
        self.leave_iteration()
        return True

    def action_newer(self) -> None:
        """Step to the newer iteration."""
        self.take_edits()
        if self.model.step(1):
            self.gone()

    def action_history(self) -> None:
        """List the iterations."""
        self.take_edits()
        if not self.model.fold.iterations:
            self.tell(Notice("info", "There is no iteration yet.", "Send the prompt first."))
            return
        from workbench.tui.screens.history import HistoryScreen

        self.app.push_screen(HistoryScreen(self.painter, self.model, self.bridge), self._wished)

    def _wished(self, wish: tuple[str, int] | None) -> None:
        if wish is None:
            return
        what, number = wish
        if what == "compare":
            self.compare(self.model.fold.iterations[number])
        else:
            self.model.select(number)
            self.gone()

    def action_star(self) -> None:
        """Put a star on the iteration in view, or take it away."""
        current = self.model.iteration
        if current is not None:
            self.bridge.send(Mark(current.number, star=not current.marks.star))

    # -- the key bar ----------------------------------------------------------------------------

    def on_key_bar_chosen(self, event: KeyBar.Chosen) -> None:
        """Do what was clicked in the key bar."""
        self.call_later(self.run, event.action)
