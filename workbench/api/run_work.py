"""The work of a run: units sent through the engine's own attempt runner, journalled as they go."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from random import random
from time import monotonic, monotonic_ns

from workbench.checks.pipeline import Pipeline
from workbench.engine.abort import AbortPolicy, LaneHistory
from workbench.engine.attempt import AttemptRun, Bench
from workbench.engine.clock import LoopClock
from workbench.engine.core import Tools
from workbench.engine.journal import JournalLike
from workbench.engine.plan import OpenSession
from workbench.engine.retry import may_pass, pause_s
from workbench.model.attempt import Attempt
from workbench.model.events import (
    EPHEMERAL,
    Annotated,
    AttemptQueued,
    Event,
    IterationEnded,
    IterationStarted,
    Notice,
)
from workbench.model.fold import LiveAttempt
from workbench.model.lane import Lane
from workbench.providers.base import Provider, Request
from workbench.suites.case import Case
from workbench.suites.plan import Unit, prompt_of
from workbench.suites.results import UnitResult, unit_result
from workbench.suites.run import Runner, RunPlan, Stop

_FLUSH_S = 0.2
_SYNC_S = 1.0


class RunWork:
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
        """Send one unit, and again as its lane allows when the provider failed in passing."""
        lane = self._lanes[unit.lane]
        self.sent += 1
        try:
            run, record = await self._attempt(unit, lane, None, 0.0)
            retries = 0
            while (error := run.failure) is not None:
                if retries >= lane.limits.retries or not may_pass(error):
                    break
                pause = pause_s(error, retries, random)
                retries += 1
                run, record = await self._attempt(unit, lane, run.number, pause)
        finally:
            self._end_iteration(unit.case)
        return unit_result(unit.case, record)

    async def _attempt(
        self, unit: Unit, lane: Lane, retry_of: int | None, pause: float
    ) -> tuple[AttemptRun, Attempt]:
        pipeline = self._tools.pipeline((*unit.checks, *lane.checks), lane)
        queued = self._begin(unit, lane, pipeline, retry_of)
        live = self._live[queued.attempt] = LiveAttempt(queued)
        request = Request(lane.model, unit.messages, lane.params, lane.deadlines)
        zero = self._iterations[unit.case][1]
        run = AttemptRun(queued.attempt, lane, request, pipeline, self._policy, self._bench, zero)
        try:
            await run.run(self._provider(lane), pause)
        finally:
            del self._live[queued.attempt]
        return run, live.record()

    def _begin(
        self, unit: Unit, lane: Lane, pipeline: Pipeline, retry_of: int | None
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
                pipeline.names,
                pipeline.severities,
                retry_of=retry_of,
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
