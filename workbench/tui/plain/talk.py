"""A session line by line: takes commands, says what happens. Knows no terminal."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import TypeVar

from workbench.engine.plan import (
    Cancel,
    Command,
    EngineClient,
    LoadEarlier,
    Mark,
    OpenSession,
    StartRace,
    Warm,
)
from workbench.errors import EngineDied, UsageError, WorkbenchError
from workbench.model.events import (
    Annotated,
    CasesRun,
    Earlier,
    Event,
    IterationEnded,
    IterationStarted,
    LaneReady,
    Notice,
)
from workbench.text import plural
from workbench.tui.plain import nets
from workbench.tui.plain.asking import Aside, Ask, Unfinished
from workbench.tui.plain.narrator import Narrator
from workbench.tui.plain.voice import Voice
from workbench.tui.view.case_watch import CaseWatch
from workbench.tui.view.data_table import DataTable
from workbench.tui.view.draft import Draft
from workbench.tui.view.keeper import RESTORED, DraftKeeper, begin_anew
from workbench.tui.view.prompt_files import KnownFile
from workbench.tui.view.ready import asked
from workbench.tui.view.setup import Setup, more
from workbench.tui.view.state import ViewModel

T = TypeVar("T")

MOMENT = 0.02
"""Seconds to listen for what has come already."""

UNDONE = 100
"""Changes to the draft that can be taken back."""


async def _first(events: AsyncIterator[Sequence[Event]]) -> Sequence[Event]:
    async for batch in events:
        return batch
    raise EngineDied("The engine has ended.", "Start Workbench again.")


class Talk:
    """One session over one engine; events are heard while something is waited for.

    ``cases`` guard the prompt, ``table`` holds the data rows, ``rechecks`` the checks that old
    answers are asked about, ``listed`` the ids of the sessions listed last. ``stop`` is what Ctrl+C
    does instead of ending the command that runs; ``left`` that the person has left; ``prompt_file``
    is the file loaded or written last.
    """

    def __init__(
        self, setup: Setup, client: EngineClient, voice: Voice, ask: Ask, aside: Aside
    ) -> None:
        self.setup = setup
        self.voice = voice
        self.model = ViewModel(
            setup.lanes,
            Draft(setup.prompt, setup.checks, dict(setup.variables), setup.rows),
            in_view=setup.in_view,
            abort=setup.abort,
            rules=setup.rules,
        )
        self.narrator = Narrator(self.model, voice)
        self.cases = CaseWatch(self.model, setup.guard, setup.live)
        self.table = DataTable(self.model)
        self.rechecks: tuple[str, ...] | None = None
        self.listed: list[str] = []
        self.stop: Callable[[], None] | None = None
        self.left = False
        self.prompt_file: KnownFile | None = None
        self.aside = aside
        self._ask = ask
        self._unfinished: Unfinished | None = None
        self._guarded: int | None = None
        self._offered = False
        self._undone: list[tuple[int | None, Draft]] = []
        self._keeper = DraftKeeper.of(setup)
        self._client = client
        self._events: AsyncIterator[Sequence[Event]] = client.events()
        self._next: asyncio.Task[Sequence[Event]] | None = None

    def say(self, *lines: str) -> None:
        """Say short lines."""
        self.voice.say(*lines)

    # -- the person -----------------------------------------------------------------------------

    async def ask(self) -> str | None:
        """Ask for a line; None: there is no more to hear."""
        return await self.aside(self._ask)

    async def several(self, what: str, take: Callable[[str], None], old: str = "") -> bool:
        """Ask for lines until one holds a dot alone and give them to *take*, in the place of *old*;
        where the input ends before that, those that were typed. Returns whether there were any.
        """
        self.say(f"{what}. A line with a dot alone ends it; Ctrl+C leaves everything as it was.")
        typed = self._unfinished = Unfinished(take, old)

        def gather() -> None:
            while (line := self._next_line()) is not None and line != ".":
                typed.lines.append(line)

        try:
            await self.aside(gather)
        except (WorkbenchError, asyncio.CancelledError):
            self._unfinished = None
            raise
        self._unfinished = None
        typed.finish()
        return bool(typed.lines)

    def _next_line(self) -> str | None:
        while True:
            try:
                return self._ask()
            except UsageError as error:  # this line was not taken; those before it were
                self.say(f"{error.message} {error.hint}".strip())

    async def work(self, job: Callable[[], T]) -> T:
        """Do in a thread what may take long, so that Ctrl+C can end the waiting for it."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def run() -> None:
            try:
                give = partial(done.set_result, job())
            except Exception as error:  # noqa: BLE001 - handed on to whoever waits
                give = partial(done.set_exception, error)
            _hand(loop, lambda: None if done.done() else give())

        threading.Thread(target=run, name="plain work", daemon=True).start()
        return await done

    # -- the draft ------------------------------------------------------------------------------

    def remember(self, selected: int | None, before: Draft) -> None:
        """A command has ended that began with this draft: it can be taken back, and it is kept."""
        if before != self.model.draft and selected == self.model.selected:
            self._undone = [*self._undone[1 - UNDONE :], (selected, before)]
        self.keep()

    def keep(self, *, leaving: bool = False) -> None:
        """Keep what was written and not sent."""
        if self._keeper is not None:
            self._keeper.look(self.model, wait=leaving)

    def undo(self) -> bool:
        """Take the last change to the draft back; False when there is none here."""
        if not self._undone or self._undone[-1][0] != self.model.selected:
            return False
        draft = self._undone.pop()[1]
        self.model.edit(
            system=draft.prompt.system or "",
            user=draft.prompt.user,
            checks=draft.checks,
            variables=draft.variables,
            rows=draft.rows,
        )
        return True

    # -- the engine -----------------------------------------------------------------------------

    async def send(self, command: Command) -> None:
        """Hand a command to the engine.

        Raises:
            EngineDied: its process has ended.
        """
        await self._client.send(command)

    async def _hear(self, seconds: float | None = None) -> Sequence[Event]:
        """Wait for events, so many seconds at most, fold them and return them.

        Raises:
            EngineDied: the engine's process has ended.
        """
        if self._next is None:
            self._next = asyncio.ensure_future(_first(self._events))
        done, _ = await asyncio.wait({self._next}, timeout=seconds)
        if not done:
            return ()
        task, self._next = self._next, None
        batch = task.result()
        self.model.apply(event for event in batch if not self.cases.take(event))
        return batch

    async def catch_up(self) -> None:
        """Say what came while nobody listened: lanes that are ready, notices, cases.

        Raises:
            EngineDied: the engine's process has ended.
        """
        while batch := await self._hear(MOMENT):
            for event in batch:
                self._tell(event)

    def _tell(self, event: Event) -> None:
        if isinstance(event, CasesRun):
            if event.state != "running":
                self.say(nets.summary(self.cases))
        else:
            self.narrator.tell(event)
            if isinstance(event, LaneReady) and event.failed:
                self._offer_weights(event.lane)

    def _offer_weights(self, lane: str) -> None:
        """Say once how the embedded models are fetched, where one is missed."""
        shelf, found = self.setup.shelf, self.model.lanes.get(lane)
        if self._offered or shelf is None or found is None or found.provider != "local":
            return
        if any(model.state != "ready" for model in shelf.models()):
            self._offered = True
            self.say("To fetch the embedded models now: pull")

    def close(self) -> None:
        """Take what was being typed, keep the draft, listen no more. What the lines being typed
        were to replace is kept with them if it was not sent: nobody has said that they are all.
        """
        if self._unfinished is not None:
            unsent = self._keeper is not None and self._keeper.unsent(self.model)
            with contextlib.suppress(WorkbenchError):  # nobody hears why they cannot be taken
                self._unfinished.finish(with_old=unsent)
        self.keep(leaving=True)
        if self._next is not None:
            self._next.cancel()

    async def mark(self, command: Mark) -> None:
        """Put a person's mark on an iteration, and wait until it stands.

        Raises:
            EngineDied: the engine's process has ended.
        """
        await self.send(command)
        while True:
            batch = await self._hear()
            for event in batch:
                if not isinstance(event, Annotated):
                    self._tell(event)
            if any(isinstance(e, Annotated | Notice) for e in batch):
                return

    async def earlier(self) -> bool:
        """Load iterations before the oldest one; False when there are none."""
        fold = self.model.fold
        if not fold.earlier:
            return False
        await self.send(LoadEarlier(min(fold.iterations), more(len(fold.iterations))))
        while not any(isinstance(event, Earlier) for event in await self._hear()):
            pass
        return True

    async def warm(self, *names: str, again: bool = False) -> None:
        """Have lanes make themselves ready that are not, or *again*."""
        known = self.model.fold.lanes
        cold = [n for n in names if again or n not in known or known[n].failed]
        self.model.apply(asked(name) for name in cold)
        if cold:
            await self.send(Warm(tuple(self.model.lanes[name] for name in cold)))

    async def open(self, session: OpenSession, *, anew: bool = False) -> None:
        """Open a session, say what is in it, and have the lanes make themselves ready; *anew*:
        begin with what was written for a new one and not sent, or with nothing.
        """
        if anew:
            begin_anew(self.model, self.setup.blank, self._keeper)
        else:
            if self._keeper is not None and session.id is not None:
                self._keeper.turn_to(session.id, self.model)
            self.model.open_session()
        self.rechecks = self._guarded = self.prompt_file = None
        self.table = DataTable(self.model)
        self._undone.clear()
        racing = tuple(self.model.lanes[name] for name in self.model.in_view)
        self.model.apply(asked(lane.name) for lane in racing)
        await self.send(session)
        await self.send(Warm(racing))
        heard: list[Event] = []
        while not any(isinstance(e, LaneReady) for e in heard):  # they come after the session's own
            batch = await self._hear()
            heard += batch
            self.say(*(f"{e.message} {e.hint}".strip() for e in batch if isinstance(e, Notice)))
        if self.model.close_interrupted() and self.model.notice is not None:
            self.say(self.model.notice.message)
        count = len(self.model.fold.iterations)
        more_of = f", {self.model.fold.earlier} earlier ones" if self.model.fold.earlier else ""
        title = f"Session {self.model.title}, {plural(count, 'iteration')}{more_of}."
        self.say(title if count else "A new session.")
        if self._keeper is not None and self._keeper.restore(self.model):
            self.say(RESTORED.message)
        for event in heard:
            if isinstance(event, LaneReady):
                self._tell(event)

    # -- a race ---------------------------------------------------------------------------------

    async def race(self, plan: StartRace) -> None:
        """Run a race to its end, saying what happens; the cases that guard it run after it. Ctrl+C
        stops the race and nothing else.
        """
        loop = asyncio.get_running_loop()
        stopping: list[asyncio.Task[None]] = []

        def stop() -> None:
            self.say("Stopping.")
            stopping.append(loop.create_task(self.send(Cancel())))

        self.stop = stop
        self.narrator.begin()
        try:
            await self.send(plan)
            await self._follow()
        finally:
            self.stop = None
            await asyncio.gather(*stopping)
        await self._guard()

    async def _guard(self) -> None:
        """Have the cases run that are due."""
        before = self.cases.state
        if (command := self.cases.due()) is not None:
            self._guarded = command.iteration
            await self.send(command)
        elif self.cases.state is not before:
            self.say(nets.summary(self.cases))

    async def _follow(self) -> None:
        number: int | None = None
        while True:
            batch = await self._hear(self.narrator.patience())
            for event in batch:
                if isinstance(event, IterationStarted):
                    number = event.iteration
                self._tell(event)
                if isinstance(event, IterationEnded) and event.iteration == number:
                    self.narrator.finish(event)
                    return
                if isinstance(event, Notice) and event.level == "error" and number is None:
                    return  # the race could not be started
            if not batch:
                self.narrator.breathe()

    async def wait_for_cases(self) -> None:
        """Wait until the cases that run in the background have ended."""
        while self._cases_run():
            for event in await self._hear():
                self._tell(event)

    def _cases_run(self) -> bool:
        state = self.cases.state
        if state is None or state.iteration != self._guarded:
            return self._guarded is not None
        return state.state == "running"

    def need_answers(self) -> None:
        """Make sure that something was sent.

        Raises:
            UsageError: nothing was.
        """
        if self.model.iteration is None:
            raise UsageError("Nothing was sent yet.", "To send the prompt: send")


def _hand(loop: asyncio.AbstractEventLoop, give: Callable[[], None]) -> None:
    """Have *loop* take what another thread has found, unless it has ended."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(give)
