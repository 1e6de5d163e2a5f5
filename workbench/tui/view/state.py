"""The view-model: what the screen knows, without the screen.

It folds the engine's events, remembers what the person is working on and what is selected, and
makes the plans that are sent. Nothing here knows Textual; :mod:`workbench.tui.view.rows` turns it
into lines of text.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from workbench.engine.plan import RacePlan
from workbench.model.events import (
    AbortMode,
    Chunks,
    Event,
    IterationEnded,
    IterationStarted,
    Notice,
)
from workbench.model.fold import LiveAttempt, LiveIteration, SessionFold
from workbench.model.lane import Lane
from workbench.model.prompt import DataRow
from workbench.tui.view.draft import Draft, Rules, draft_of, same, same_rows, sharing_rows
from workbench.tui.view.interrupted import interrupted
from workbench.tui.view.memory import forget_old
from workbench.tui.view.row_index import Indexes, RowIndex

Clock = Callable[[], float]
"""Seconds on a monotonic clock."""


class ViewModel:
    """State in, events folded; widgets draw from it and change it only through its methods.

    ``selected`` is the iteration in view, None before the first; ``draft`` what the editor holds.
    ``live`` says that live mode is on; ``span_ms`` fixes what the race's axis spans (a replay
    knows its end). ``version`` grows whenever something a widget may show has changed.
    """

    def __init__(
        self,
        lanes: Iterable[Lane],
        draft: Draft,
        *,
        in_view: Iterable[str] = (),
        abort: AbortMode = "off",
        rules: Rules = Rules(),
        clock: Clock = time.monotonic,
    ) -> None:
        self.lanes: dict[str, Lane] = {lane.name: lane for lane in lanes}
        self.in_view = [name for name in in_view if name in self.lanes] or list(self.lanes)
        self.draft = draft
        self.abort: AbortMode = abort
        self.rules = rules
        aborting: AbortMode = "named" if rules.abort_on else "first"
        self._aborting = abort if abort != "off" else aborting
        self.fold = SessionFold()
        self.selected: int | None = None
        self.version = 0
        self.notice: Notice | None = None
        self.live = False
        self.span_ms: float | None = None
        self.hidden: set[str] = set()
        self._clock = clock
        self._started_at: dict[int, float] = {}
        self._drafts: dict[int | None, Draft] = {}
        self._awaiting = 0
        self.raced: set[int] = set()
        self._chosen: dict[tuple[int, str], int] = {}
        self._indexes = Indexes()
        self._row: str | None = None

    def open_session(self) -> None:
        """Forget the session: the events of another one are about to come. The draft stays until
        that one shows its own.
        """
        ready, self.fold = self.fold.lanes, SessionFold()
        self.fold.lanes = ready
        self.selected = None
        self._started_at.clear()
        self._drafts.clear()
        self.raced.clear()
        self._chosen.clear()
        self._indexes.clear()
        self._awaiting = 0
        self.version += 1

    # -- events ---------------------------------------------------------------------------------

    def apply(self, events: Iterable[Event]) -> bool:
        """Fold events; return whether the editor should show another draft than before."""
        before = self.draft
        for event in events:
            self.version += 1
            if isinstance(event, IterationStarted):
                self._on_iteration(sharing_rows(event, self.draft))
                continue
            self._take(event)
            if isinstance(event, Notice):
                self.notice = event
        self.fold.settle()
        return self.draft is not before

    def _take(self, event: Event) -> None:
        """Fold an event, and say which attempt it changed; more text changes no count."""
        self.fold.apply(event)
        attempt = self.fold.attempts.get(getattr(event, "attempt", 0))
        if attempt is not None and not isinstance(event, Chunks):
            self._indexes.changed(attempt)

    def _on_iteration(self, event: IterationStarted) -> None:
        self.fold.apply(event)
        self._started_at[event.iteration] = self._clock()
        newest = max(self.fold.iterations) == event.iteration
        if self._awaiting:
            self._awaiting -= 1
            self.raced.add(event.iteration)
            self.selected = event.iteration
        elif newest and self._follows(event.iteration) and not self.edited:
            self.selected = event.iteration
            self.draft = draft_of(event)
            if (event.abort == "off") != (self.abort == "off"):
                self.toggle_abort()
        for number in forget_old(self.fold, self.selected) if newest else ():
            self._started_at.pop(number, None)
            self._indexes.pop(number, None)
            self.raced.discard(number)

    def _follows(self, number: int) -> bool:
        """True when the iteration in view was the newest before *number* came."""
        others = [n for n in self.fold.iterations if n != number]
        return self.selected == max(others, default=None)

    def say(self, notice: Notice | None) -> None:
        """Show a notice, or take the one shown away."""
        self.notice = notice
        self.version += 1

    # -- what is in view ------------------------------------------------------------------------

    @property
    def iteration(self) -> LiveIteration | None:
        """The iteration in view."""
        return None if self.selected is None else self.fold.iterations.get(self.selected)

    @property
    def previous(self) -> LiveIteration | None:
        """The iteration the one in view is compared with: what it was made from, else the one
        before it.
        """
        current = self.iteration
        if current is None:
            return None
        parent = current.started.parent
        if parent is None:
            earlier = [n for n in self.fold.iterations if n < current.number]
            parent = max(earlier, default=None)
        return None if parent is None else self.fold.iterations.get(parent)

    @property
    def running(self) -> bool:
        """True while the newest iteration is a race of ours that is not over."""
        if not self.fold.iterations:
            return False
        newest = max(self.fold.iterations)
        return newest in self.raced and self.fold.iterations[newest].running

    def close_interrupted(self) -> bool:
        """End what a saved session holds unfinished, because the application ended before it did.

        Called when no more events wait. Returns whether there was something.
        """
        found = interrupted(self.fold, self.raced)
        for event in found:
            self._take(event)
            if isinstance(event, IterationEnded):
                text = f"Iteration {event.iteration} was interrupted: what had arrived is kept."
                self.say(Notice("info", text))
        return bool(found)

    @property
    def title(self) -> str:
        """The session's title."""
        head = self.fold.head
        return "" if head is None else head.title or head.id

    def race_ms(self, iteration: LiveIteration) -> float:
        """Return where *iteration*'s own clock stands, in milliseconds: for drawing only."""
        if iteration.ended is not None:
            return iteration.ended.ms
        started = self._started_at.get(iteration.number, self._clock())
        return (self._clock() - started) * 1000

    def panes(self) -> list[Lane]:
        """Return the lanes to show: those of the iteration in view, and beside the newest one
        also those that were chosen but not asked.
        """
        current = self.iteration
        if current is None:
            return [self.lanes[name] for name in self.in_view]
        raced = list(current.started.lanes)
        if current.number != max(self.fold.iterations):
            return raced
        names = {lane.name for lane in raced}
        return raced + [self.lanes[name] for name in self.in_view if name not in names]

    def attempt(self, lane: str) -> LiveAttempt | None:
        """Return the attempt a lane's pane shows in the iteration in view: the one stepped to, else
        the one that runs, else the first that failed, else the last.
        """
        found = self.attempts(lane)
        place = self._chosen.get((found[0].iteration, lane)) if found else None
        return found[place] if place is not None and place < len(found) else self.best(found)

    @staticmethod
    def best(found: Sequence[LiveAttempt]) -> LiveAttempt | None:
        """Return the one of several attempts at the same thing to show when none was chosen."""
        if len(found) < 2:
            return found[0] if found else None
        running = next((a for a in found if a.live), None)
        return running or next((a for a in found if a.first_failure is not None), found[-1])

    def attempts(self, lane: str) -> list[LiveAttempt]:
        """Return a lane's attempts at the data row in view (at all, without rows), one for each
        time it was sent: where one was tried again, its newest try, which may be its fallback's.
        """
        index = self.index
        of_lane = index.attempts(self.row, lane) if index is not None else ()
        return list({a.queued.repeat: a for a in of_lane}.values())

    # -- data rows ------------------------------------------------------------------------------

    @property
    def index(self) -> RowIndex | None:
        """The attempts of the iteration in view by data row and lane."""
        current = self.iteration
        return None if current is None else self.index_of(current)

    def index_of(self, iteration: LiveIteration) -> RowIndex:
        """Return the attempts of an iteration by data row and lane."""
        return self._indexes.of(iteration)

    @property
    def row(self) -> str | None:
        """The data row in view, by name; None when the iteration in view has none."""
        rows = self.index.rows if self.index is not None else {}
        return self._row if self._row in rows else next(iter(rows), None)

    def show_row(self, name: str | None) -> None:
        """Show the answers to a data row."""
        self._row = name
        self.version += 1

    def step_row(self, by: int) -> bool:
        """Show the next (+1) or previous (-1) data row; False at the end of the list."""
        names = list(self.index.rows) if self.index is not None else []
        place = names.index(self.row) + by if self.row in names else -1
        if not 0 <= place < len(names):
            return False
        self.show_row(names[place])
        return True

    def step_attempt(self, lane: str, by: int) -> bool:
        """Show a lane's next (+1) or previous (-1) attempt; False at the end of the list."""
        found = self.attempts(lane)
        shown = self.attempt(lane)
        place = next((i for i, a in enumerate(found) if a is shown), 0) + by
        if not 0 <= place < len(found):
            return False
        self._chosen[found[0].iteration, lane] = place
        self.version += 1
        return True

    # -- the editor -----------------------------------------------------------------------------

    @property
    def edited(self) -> bool:
        """True when the draft differs from what the iteration in view was sent with."""
        current = self.iteration
        return current is not None and not same(self.draft, draft_of(current.started))

    def edit(
        self,
        *,
        system: str | None = None,
        user: str | None = None,
        checks: Iterable[str] | None = None,
        variables: Mapping[str, str] | None = None,
        rows: Sequence[DataRow] | None = None,
    ) -> None:
        """Take what was typed; None leaves a part as it is, an empty system message removes it."""
        draft = self.draft.changed(
            system=system, user=user, checks=checks, variables=variables, rows=rows
        )
        if draft != self.draft:
            self.draft = draft
            self.version += 1

    def plan(self) -> RacePlan:
        """Return the draft as a race of the lanes in view; it becomes a child of the iteration
        in view. From now on the iteration it starts is the one to show.

        Raises:
            PromptError: the prompt is empty or a variable has no value.
            UnknownName: a lane names a fallback that nobody declared.
        """
        draft, rules = self.draft, self.rules
        lanes = tuple(self.lanes[name] for name in self.in_view)
        used = set(draft.prompt.variables())
        plan = RacePlan(
            prompt=draft.prompt,
            lanes=lanes,
            checks=draft.checks,
            variables={n: value for n, value in draft.variables.items() if n in used},
            abort=self.abort,
            abort_on=rules.abort_on,
            repeat=rules.repeat,
            sequential=rules.sequential,
            parent=self.selected,
            fallbacks=rules.fallbacks(lanes),
            audit=rules.audit,
            rows=draft.rows,
            at_once=rules.at_once if draft.rows else 1,
        )
        plan.inputs()
        self._drafts.pop(self.selected, None)
        self._awaiting += 1
        return plan

    # -- choosing -------------------------------------------------------------------------------

    def step(self, by: int) -> bool:
        """Go to the next newer (+1) or older (-1) iteration; False at the end of the list."""
        numbers = sorted(self.fold.iterations)
        at = numbers.index(self.selected) if self.selected in numbers else len(numbers)
        target = at + by
        if not 0 <= target < len(numbers):
            return False
        self.select(numbers[target])
        return True

    def select(self, number: int) -> None:
        """Show an iteration: its answers, and in the editor its prompt or the edits made to it.

        Edits of the iteration left behind are kept and come back with it.
        """
        iteration = self.fold.iterations.get(number)
        if iteration is None or number == self.selected:
            return
        here = self.iteration
        if here is None or self.edited or not same_rows(self.draft, draft_of(here.started)):
            self._drafts[self.selected] = self.draft
        else:
            self._drafts.pop(self.selected, None)
        self.selected = number
        kept = self._drafts.get(number)
        self.draft = kept or replace(
            draft_of(iteration.started),
            variables={**self.draft.variables, **iteration.started.variables},
        )
        self.version += 1

    def toggle_lane(self, name: str) -> bool:
        """Take a lane into the race or out of it; the last one stays. Returns whether it is in."""
        if name in self.in_view:
            if len(self.in_view) > 1:
                self.in_view.remove(name)
        elif name in self.lanes:
            self.in_view = [n for n in self.lanes if n in self.in_view or n == name]
        self.version += 1
        return name in self.in_view

    def declare(self, lanes: Iterable[Lane]) -> None:
        """Take the lanes that are configured now; what ran keeps those it was sent to."""
        self.lanes = {lane.name: lane for lane in lanes}
        self.in_view = [n for n in self.in_view if n in self.lanes] or list(self.lanes)
        self.version += 1

    def hide(self, name: str) -> bool:
        """Hide a lane's pane; it still races. The last one in sight stays: False."""
        seen = [lane.name for lane in self.panes() if lane.name not in self.hidden]
        if name not in seen or len(seen) < 2:
            return False
        self.hidden.add(name)
        self.version += 1
        return True

    def show_all(self) -> None:
        """Show every hidden lane again."""
        self.hidden.clear()
        self.version += 1

    def toggle_abort(self) -> AbortMode:
        """Switch between letting failed lanes run on and aborting them as configured."""
        self.abort = self._aborting if self.abort == "off" else "off"
        self.version += 1
        return self.abort
