"""Runs: a suite sent through lanes without a screen, journalled as a session."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic, monotonic_ns

from workbench.api.loading import load_session, suite_path
from workbench.api.wiring import make_tools
from workbench.config.settings import Settings
from workbench.engine.abort import AbortPolicy, LaneHistory
from workbench.engine.attempt import AttemptRun, Bench
from workbench.engine.clock import LoopClock, metered_loop
from workbench.engine.core import Tools
from workbench.engine.journal import JournalLike
from workbench.engine.plan import OpenSession
from workbench.errors import UsageError
from workbench.model.attempt import Tokens
from workbench.model.events import (
    EPHEMERAL,
    AbortMode,
    Annotated,
    AttemptQueued,
    Event,
    IterationEnded,
    IterationStarted,
    Notice,
)
from workbench.model.fold import LiveAttempt
from workbench.model.lane import Lane
from workbench.model.session import Session
from workbench.model.verdict import Severity
from workbench.providers.base import Provider, Request
from workbench.store.sessions import list_sessions
from workbench.suites.case import Case
from workbench.suites.file import load_suite
from workbench.suites.plan import Unit, plan_units, prompt_of, select
from workbench.suites.results import UnitResult, results_of, unit_result
from workbench.suites.run import Limits, Runner, Stop

_TITLE = "run "
_FLUSH_S = 0.2
_SYNC_S = 1.0


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What to run. ``checks`` are added to every case's own; ``only`` is failing, changed or a tag;
    ``resume`` names the session of an interrupted run; ``again`` sends what it left half-way once
    more. With ``cached``, answers given before come from the cache.
    """

    suite: str
    lanes: tuple[str, ...]
    repeat: int = 1
    checks: tuple[str, ...] = ()
    only: str | None = None
    resume: str | None = None
    again: bool = False
    abort: AbortMode = "off"
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    saved: bool = True
    cached: bool = False


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What came of a run. ``interrupted`` are units an earlier run had sent without an answer on
    record: they are not sent again unless asked for. ``wall_s`` is this run's own time.
    """

    suite: str
    session: str | None
    results: tuple[UnitResult, ...]
    planned: int
    sent: int
    stopped: Stop
    wall_s: float
    interrupted: tuple[tuple[str, str, int], ...] = ()
    notices: tuple[Notice, ...] = ()
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def run_suite(
    settings: Settings, plan: RunPlan, seen: Callable[[UnitResult, int], None] | None = None
) -> RunOutcome:
    """Run a suite. *seen* is called with each result and the number of units planned.

    SIGINT and SIGTERM cancel what runs; what arrived is kept, saved and returned.

    Raises:
        UnknownName: no such lane, session or case.
        UsageError: no such suite, a check that cannot be read, a budget over an unknown price.
    """
    suite = load_suite(suite_path(settings, plan.suite))
    return run_cases(
        settings, plan, suite.name, _selected(settings, plan, suite.cases, suite.name), seen
    )


def run_cases(
    settings: Settings,
    plan: RunPlan,
    suite: str,
    cases: Sequence[Case],
    seen: Callable[[UnitResult, int], None] | None = None,
) -> RunOutcome:
    """Run *cases* under the name *suite*; what :func:`run_suite` does once it has read them.

    Raises:
        UnknownName: no such lane or session.
        UsageError: a check that cannot be read, a budget over an unknown price.
    """
    lanes = {name: settings.lane(name) for name in dict.fromkeys(plan.lanes)}
    before = load_session(settings, plan.resume).session if plan.resume else None
    done, lost = _done(before, cases, again=plan.again)
    units = list(plan_units(cases, list(lanes), plan.repeat, checks=plan.checks, done=done | lost))
    tools = make_tools(
        settings, sum(lane.provider == "local" for lane in lanes.values()), cached=plan.cached
    )
    _check_prices(plan, lanes, tools)
    for checks in {unit.checks for unit in units}:
        for lane in lanes.values():
            tools.pipeline((*checks, *lane.checks), lane)
    name = before.id if before else None
    opened = OpenSession(id=name, title=_TITLE + suite, saved=plan.saved)
    work = _Run(tools, opened, lanes, {case.id: case for case in cases}, plan, units)
    with asyncio.Runner(loop_factory=metered_loop) as runner:
        stopped, wall_s = runner.run(work.run(seen))
    earlier = _earlier(before, done)
    return RunOutcome(
        suite=suite,
        session=work.session_id or None,
        results=(*earlier, *work.results),
        planned=len(units) + len(earlier),
        sent=work.sent,
        stopped=stopped,
        wall_s=wall_s,
        interrupted=tuple(sorted(lost)),
        notices=tuple(work.notices),
        labels={case.id: case.labels for case in cases if case.labels},
    )


def last_run(settings: Settings, suite: str) -> Session | None:
    """Return the newest run of a suite, None when there is none."""
    wanted = _TITLE + suite
    found = [s for s in list_sessions(settings.sessions) if s.title == wanted]
    newest = max(found, key=lambda s: s.utc, default=None)
    return load_session(settings, newest.id).session if newest else None


def run_session(settings: Settings, name: str) -> list[UnitResult]:
    """Return the results of a run by its session's name.

    Raises:
        UsageError: the session is not that of a run.
    """
    found = results_of(load_session(settings, name).session)
    if not found:
        raise UsageError(f"{name} is not the session of a run.", "`workbench run` names its own.")
    return found


def _selected(
    settings: Settings, plan: RunPlan, cases: Sequence[Case], suite: str
) -> Sequence[Case]:
    if plan.only is None:
        return cases
    before = last_run(settings, suite)
    last = results_of(before) if before else []
    same = _unchanged(before, cases) if before and plan.only == "changed" else set()
    return select(cases, plan.only, last, same)


def _unchanged(before: Session, cases: Sequence[Case]) -> set[str]:
    """Return the cases that an earlier run sent with the prompt and checks they have now."""
    sent = {i.name: (i.prompt, dict(i.variables), i.checks) for i in before.iterations}
    return {case.id for case in cases if sent.get(case.id) == (*prompt_of(case), case.checks)}


Keys = set[tuple[str, str, int]]


def _done(before: Session | None, cases: Sequence[Case], *, again: bool) -> tuple[Keys, Keys]:
    """Return the units an earlier run has results of, and those it sent without one.

    A case that was changed since then counts as new.
    """
    done: Keys = set()
    lost: Keys = set()
    if before is None:
        return done, lost
    now = {case.id: prompt_of(case) for case in cases}
    for iteration in before.iterations:
        if now.get(iteration.name) != (iteration.prompt, dict(iteration.variables)):
            continue
        for attempt in iteration.attempts:
            key = (iteration.name, attempt.lane, attempt.repeat)
            if attempt.verdict in ("pass", "fail", "error") or attempt.state == "aborted":
                done.add(key)
            elif not again:
                lost.add(key)
    return done, lost - done


def _earlier(before: Session | None, done: Keys) -> list[UnitResult]:
    found = {(r.case, r.lane, r.repeat): r for r in results_of(before)} if before else {}
    return [result for key, result in found.items() if key in done]


def _check_prices(plan: RunPlan, lanes: Mapping[str, Lane], tools: Tools) -> None:
    if plan.limits.budget is None:
        return
    for lane in lanes.values():
        if tools.price(lane, Tokens(1, 1, source="measured")).usd is None:
            raise UsageError(
                f"The price of the lane {lane.name} is not known, so no budget can be kept.",
                "Give it prices in the configuration, or leave --budget out.",
            )


class _Run:
    """One run in one event loop: sends units through the engine's own attempt runner."""

    def __init__(
        self,
        tools: Tools,
        opened: OpenSession,
        lanes: Mapping[str, Lane],
        cases: Mapping[str, Case],
        plan: RunPlan,
        units: Sequence[Unit],
    ) -> None:
        self._tools = tools
        self._opened = opened
        self._lanes = lanes
        self._cases = cases
        self._plan = plan
        self._units = units
        self._left = Counter(unit.case for unit in units)
        self._journal: JournalLike | None = None
        self._providers: dict[str, Provider] = {}
        self._live: dict[int, LiveAttempt] = {}
        self._iterations: dict[str, tuple[int, int]] = {}
        self._policy = AbortPolicy(plan.abort)
        self.results: list[UnitResult] = []
        self.notices: list[Notice] = []
        self.session_id = ""
        self.sent = 0

    async def run(self, seen: Callable[[UnitResult, int], None] | None) -> tuple[Stop, float]:
        """Send the units; return why it ended and how many seconds it took."""
        begun = monotonic()
        self._journal, _ = self._tools.open_session(self._opened)
        self._journal.on_problem = self.notices.append
        self._bench = Bench(
            self._emit, self._tools.price, LaneHistory(), LoopClock.of_running_loop()
        )

        def take(result: UnitResult) -> None:
            self.results.append(result)
            if seen is not None:
                seen(result, len(self._units))

        runner = Runner(self._units, self._send, self._plan.limits, take)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(ValueError, RuntimeError):  # only a main thread may handle signals
                loop.add_signal_handler(number, runner.stop, "interrupted")
        keeper = asyncio.create_task(self._keep(self._journal))
        try:
            stopped = await runner.run()
        finally:
            keeper.cancel()
            await self._close(self._journal)
        return stopped, monotonic() - begun

    async def _keep(self, journal: JournalLike) -> None:
        """Flush often and bring the file to the disk once a second, not at the end of each case."""
        waited = 0.0
        while True:
            await asyncio.sleep(_FLUSH_S)
            waited += _FLUSH_S
            if waited >= _SYNC_S:
                waited = 0.0
                await journal.sync()
            else:
                journal.flush()

    async def _close(self, journal: JournalLike) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(ValueError, RuntimeError):
                asyncio.get_running_loop().remove_signal_handler(number)
        await journal.sync()
        self.session_id = journal.session_id
        journal.close()
        for provider in self._providers.values():
            await provider.close()
        await self._tools.services.close()

    async def _send(self, unit: Unit) -> UnitResult:
        lane = self._lanes[unit.lane]
        pipeline = self._tools.pipeline((*unit.checks, *lane.checks), lane)
        queued = self._begin(unit, lane, pipeline.names, pipeline.severities)
        live = LiveAttempt(queued)
        self._live[queued.attempt] = live
        zero = self._iterations[unit.case][1]
        run = AttemptRun(
            queued.attempt,
            lane,
            Request(lane.model, unit.messages, lane.params, lane.deadlines),
            pipeline,
            self._policy,
            self._bench,
            zero,
        )
        self.sent += 1
        try:
            await run.run(self._provider(lane))
        finally:
            del self._live[queued.attempt]
            self._end_iteration(unit.case)
        return unit_result(unit.case, live.record())

    def _begin(
        self,
        unit: Unit,
        lane: Lane,
        names: tuple[str, ...],
        severities: tuple[Severity, ...],
    ) -> AttemptQueued:
        """Write the attempt down before its request leaves, with its iteration if it is new."""
        journal = self._journal
        if journal is None:
            raise RuntimeError("the run has not begun")

        def queued(iteration: int, attempt: int) -> AttemptQueued:
            return AttemptQueued(
                attempt,
                iteration,
                lane.name,
                lane.model,
                unit.repeat,
                names,
                severities,
            )

        known = self._iterations.get(unit.case)
        if known is None:
            events = journal.begin(lambda i, a: [*self._announce(i, unit.case), queued(i, a)])
            made = next(e for e in events if isinstance(e, AttemptQueued))
            self._iterations[unit.case] = (made.iteration, monotonic_ns())
            return made
        events = journal.reserve(lambda a: [queued(known[0], a)])
        return next(e for e in events if isinstance(e, AttemptQueued))

    def _announce(self, number: int, case_id: str) -> list[Event]:
        case = self._cases[case_id]
        prompt, variables = prompt_of(case)
        utc = datetime.now(UTC).isoformat(timespec="milliseconds")
        return [
            IterationStarted(
                number,
                prompt,
                tuple(self._lanes.values()),
                case.checks,
                utc,
                variables=variables,
                abort=self._plan.abort,
                repeat=self._plan.repeat,
            ),
            Annotated(number, utc, name=case_id),
        ]

    def _end_iteration(self, case_id: str) -> None:
        self._left[case_id] -= 1
        if not self._left[case_id] and self._journal is not None:
            number, zero = self._iterations.pop(case_id)
            ms = (monotonic_ns() - zero) / 1e6
            self._journal.append(IterationEnded(number, round(ms, 3)))

    def _provider(self, lane: Lane) -> Provider:
        found = self._providers.get(lane.name)
        if found is None:
            found = self._providers[lane.name] = self._tools.provider(lane, self._tools.services)
        return found

    def _emit(self, event: Event) -> None:
        if self._journal is not None and not isinstance(event, EPHEMERAL):
            self._journal.append(event)
        number = getattr(event, "attempt", None)
        live = self._live.get(number) if isinstance(number, int) else None
        if live is not None:
            live.apply(event)
