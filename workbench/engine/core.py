"""The engine: takes commands, runs races, says everything as events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime

from workbench.checks.pipeline import Pipeline
from workbench.engine.abort import LaneHistory
from workbench.engine.attempt import Bench
from workbench.engine.clock import LoopClock
from workbench.engine.guard import GuardJob, GuardRun, guarded, judged
from workbench.engine.journal import JournalLike, MemoryJournal, Opened
from workbench.engine.plan import (
    Cancel,
    Command,
    LoadEarlier,
    Mark,
    OpenSession,
    Reload,
    Shutdown,
    StartGuard,
    StartRace,
    Warm,
)
from workbench.engine.race import Race, RaceTools
from workbench.engine.spending import Spending, no_rule
from workbench.errors import UnknownName, WorkbenchError
from workbench.model.attempt import Cost, Tokens
from workbench.model.events import (
    EPHEMERAL,
    Annotated,
    AttemptEnded,
    Event,
    IterationEnded,
    LaneReady,
    Notice,
)
from workbench.model.lane import Lane
from workbench.providers.base import Provider, Services
from workbench.records import dataclass

FLUSH_SECONDS = 0.2
PREPARE_SECONDS = 0.3
SLICE, SLICE_SECONDS = 500, 0.015
_START, _WARM, _PREPARE, _GUARD = "start", "warm", "prepare", "guard"


def _no_lane(name: str) -> Lane:
    raise UnknownName("lane", name, ())


@dataclass(frozen=True, slots=True)
class Tools:
    """What an engine is built from; the facade fills it, so that the engine knows neither the
    store nor the configuration.

    ``lane`` returns a declared lane by its name, for judges. ``open_session`` is called in a
    thread. ``mask`` hides secrets in the words of a defect. ``reload`` returns new tools after the
    configuration changed, with the same services; ``secrets()`` are values that must never be
    written. ``billing`` tells how a lane's provider bills answers that are cut off.
    """

    services: Services
    provider: Callable[[Lane, Services], Provider]
    pipeline: Callable[[tuple[str, ...], Lane], Pipeline]
    price: Callable[[Lane, Tokens], Cost]
    open_session: Callable[[OpenSession], Opened]
    lane: Callable[[str], Lane] = _no_lane
    mask: Callable[[str], str] = str
    reload: Callable[[], Tools] | None = None
    secrets: Callable[[], Iterable[str]] = tuple
    guard: Callable[[StartGuard, str], GuardJob] | None = None
    billing: Callable[[Lane], str] = no_rule


class Engine:
    """One engine in one event loop. ``emit`` hears every event, in order, and must not block."""

    def __init__(self, tools: Tools, emit: Callable[[Event], None]) -> None:
        self._tools = tools
        self._listener = emit
        self._opened = Opened(MemoryJournal())
        self._turn = asyncio.Lock()
        self._providers: dict[str, tuple[Lane, Provider]] = {}
        self._races: dict[Race, asyncio.Task[None]] = {}
        self._chores: set[asyncio.Task[None]] = set()
        self._flush_timer: asyncio.TimerHandle | None = None
        self._history = LaneHistory()
        self._guard: GuardRun | None = None
        self._recalled = ""
        self._closing = False
        self._clock = LoopClock.of_running_loop()

    async def handle(self, command: Command) -> None:
        """Carry out a command. Its failure is told as a Notice, never raised."""
        try:
            match command:
                case StartRace():
                    await self.race(command)
                case Cancel():
                    self._cancel(command.attempt)
                case OpenSession():
                    await self.open(command)
                case LoadEarlier():
                    await self._say_earlier(command)
                case Warm():
                    self._warm_all(command.lanes)
                case Mark():
                    utc = datetime.now(UTC).isoformat(timespec="milliseconds")
                    self._emit(
                        Annotated(command.iteration, utc, command.name, command.star, command.note)
                    )
                case Reload() | StartGuard():
                    self._aside(command)
                case Shutdown():
                    await self.close()
        except WorkbenchError as error:
            self._listener(Notice("error", error.message, error.hint))

    def _aside(self, command: Reload | StartGuard) -> None:
        if isinstance(command, Reload):
            self._reload()
        else:
            self._chore(self._guard_prompt(command), _GUARD)

    async def _guard_prompt(self, command: StartGuard) -> None:
        """Run cases in the background; see :mod:`workbench.engine.guard`."""
        tools, make = self._tools, self._tools.guard
        if make is None or self._races or self._closing:
            return
        try:
            job = await asyncio.to_thread(make, command, self._journal.session_id)
            for iteration in () if self._recalled == self._journal.session_id else job.earlier:
                for attempt in iteration.attempts.values():
                    number = guarded(iteration)
                    if number is not None and number < command.iteration and not attempt.live:
                        self._listener(judged(number, attempt))
            self._recalled = self._journal.session_id
            run = self._guard = GuardRun(command.iteration, job, command.budget, self._listener)
            spending = Spending(tools.price, tools.billing)

            def bench(emit: Callable[[Event], None]) -> Bench:
                return Bench(emit, spending, LaneHistory(), self._clock, tools.services.turns)

            if not self._races and not self._closing:
                await run.run(bench, self._race_tools(bench(self._emit)))
        except WorkbenchError as error:
            self._listener(Notice("warning", f"The cases did not run. {error.message}", error.hint))

    def _stop_guard(self) -> None:
        """Give way: to a race, or because everything ends."""
        if self._guard is not None:
            self._guard.stop()
            self._guard = None

    def start_soon(self, command: StartRace) -> None:
        """Start a race as :meth:`handle` does, without waiting until it is numbered: a session
        that another process keeps locked must not keep a Cancel waiting.
        """
        self._chore(self.handle(command), _START)

    def _cancel(self, attempt: int | None) -> None:
        for race in self._races:
            race.cancel(attempt)
        if attempt is None:
            self._stop_guard()
            for task in self._named(_START):
                task.cancel()

    def _named(self, name: str) -> list[asyncio.Task[None]]:
        return [task for task in self._chores if task.get_name() == name]

    async def idle(self) -> None:
        """Return when every race and every write to disk has ended."""
        while self._races or self._chores:
            await asyncio.wait([*self._races.values(), *self._chores])

    async def close(self) -> None:
        """Cancel what runs, save, release every provider. May be called twice."""
        self._closing = True
        self._cancel(None)
        for task in (*self._named(_WARM), *self._named(_PREPARE)):
            task.cancel()
        await self.idle()
        if self._flush_timer is not None:
            self._flush_timer.cancel()
        await self._journal.sync()
        self._journal.close()
        providers, self._providers = self._providers, {}
        for _, provider in providers.values():
            await provider.close()
        await self._tools.services.close()

    @property
    def _journal(self) -> JournalLike:
        return self._opened.journal

    async def race(self, command: StartRace) -> Race:
        """Start a race and return it, once it is numbered and on file.

        Raises:
            WorkbenchError: the plan cannot be run; nothing was numbered or sent.
        """
        async with self._turn:
            return await self._race(command)

    async def _race(self, command: StartRace) -> Race:
        tools = self._tools
        spending = Spending(tools.price, tools.billing)
        bench = Bench(self._emit, spending, self._history, self._clock, tools.services.turns)
        self._stop_guard()
        race = Race(command.plan, self._race_tools(bench))
        for event in await race.start():
            self._listener(event)
        task = asyncio.create_task(race.run())
        self._races[race] = task
        self._stop_guard()
        task.add_done_callback(lambda done: self._race_over(race, done))
        return race

    def _race_tools(self, bench: Bench) -> RaceTools:
        tools = self._tools
        return RaceTools(
            bench, self._journal, self._listener, tools.lane, self._provider, tools.pipeline
        )

    def _race_over(self, race: Race, task: asyncio.Task[None]) -> None:
        self._races.pop(race, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            words = self._tools.mask(repr(error))
            self._listener(
                Notice(
                    "error",
                    f"The race of iteration {race.iteration} broke: {words}.",
                    "This is a defect of Workbench; the session file holds what arrived.",
                )
            )
            self._emit(IterationEnded(race.iteration, race.elapsed_ms()))

    def _reload(self) -> None:
        """Use what the configuration says now; what runs goes on as it was started."""
        if self._tools.reload is not None:
            self._tools = self._tools.reload()
            self._journal.learn(self._tools.secrets())

    @property
    def session_id(self) -> str:
        """The id of the open session; empty when nothing is saved."""
        return self._journal.session_id

    async def open(self, command: OpenSession) -> None:
        """Work in this session from now on, and say its events so far.

        Raises:
            SessionError: it cannot be opened.
        """
        async with self._turn:
            opened = await asyncio.to_thread(self._tools.open_session, command)
            await self._leave_session()
            self._opened = opened
            self._journal.on_problem = self._listener
            self._history = LaneHistory()
            if opened.fold is not None:
                self._history.learn(opened.fold)
            for event in opened.events:
                self._listener(event)
            self._chore(self._prepare(self._journal), _PREPARE)

    async def _leave_session(self) -> None:
        """End what runs in the open session and close its journal; a lock of another process, for
        which its last lines wait, is waited for in a thread.
        """
        for race in self._races:
            race.cancel()
        if self._races:
            await asyncio.wait(self._races.values())
        before = self._journal
        loop = asyncio.get_running_loop()

        def tell(notice: Notice) -> None:
            loop.call_soon_threadsafe(self._listener, notice)

        before.on_problem = tell
        await asyncio.to_thread(before.close)

    async def _prepare(self, journal: JournalLike) -> None:
        await asyncio.sleep(PREPARE_SECONDS)  # its first screen goes first
        try:
            await journal.prepare()
        except WorkbenchError as error:
            self._listener(Notice("error", error.message, error.hint))

    async def _say_earlier(self, command: LoadEarlier) -> None:
        async with self._turn:
            read = self._opened.earlier
            events = await asyncio.to_thread(read, command.before, command.count)
            for start in range(0, len(events), SLICE):
                for event in events[start : start + SLICE]:
                    self._listener(event)
                await asyncio.sleep(SLICE_SECONDS)  # what streams meanwhile is not held up

    def _provider(self, lane: Lane) -> Provider:
        """Return the lane's adapter, a new one if the lane's settings have changed."""
        known = self._providers.get(lane.name)
        if known is not None and known[0] == lane:
            return known[1]
        if known is not None:
            self._chore(known[1].close())
        provider = self._tools.provider(lane, self._tools.services)
        self._providers[lane.name] = (lane, provider)
        return provider

    def _warm_all(self, lanes: Iterable[Lane]) -> None:
        for lane in lanes:
            self._chore(self._warm(lane), _WARM)

    async def _warm(self, lane: Lane) -> None:
        def tell(status: str) -> None:
            self._listener(LaneReady(lane.name, False, status))

        try:
            await self._provider(lane).prepare(tell)
        except WorkbenchError as error:
            self._listener(LaneReady(lane.name, False, error.message, error.hint, failed=True))
        else:
            self._listener(LaneReady(lane.name, True, "ready"))

    def _emit(self, event: Event) -> None:
        self._listener(event)
        if isinstance(event, EPHEMERAL):
            return
        self._journal.append(event)
        if isinstance(event, AttemptEnded):
            self._chore(self._journal.sync())
        elif self._flush_timer is None:
            loop = asyncio.get_running_loop()
            self._flush_timer = loop.call_later(FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._flush_timer = None
        self._journal.flush()

    def _chore(self, work: Coroutine[object, object, None], name: str = "chore") -> None:
        task = asyncio.create_task(work, name=name)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
