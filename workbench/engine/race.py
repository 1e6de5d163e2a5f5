"""One race: all lanes of an iteration, side by side or one after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic_ns

from workbench.checks.pipeline import Pipeline
from workbench.engine.abort import AbortPolicy
from workbench.engine.attempt import AttemptRun, Bench
from workbench.engine.journal import JournalLike
from workbench.engine.plan import RacePlan
from workbench.model.events import AttemptQueued, Event, IterationEnded, IterationStarted
from workbench.model.lane import Lane
from workbench.model.prompt import Message
from workbench.providers.base import Provider, Request


@dataclass(frozen=True, slots=True)
class RaceTools:
    """What a race needs from its engine."""

    bench: Bench
    journal: JournalLike
    provider: Callable[[Lane], Provider]
    pipeline: Callable[[tuple[str, ...], Lane], Pipeline]


class Race:
    """One iteration being run. Make it with :meth:`start`, then await :meth:`run`."""

    def __init__(self, plan: RacePlan, tools: RaceTools, messages: tuple[Message, ...]) -> None:
        self._plan = plan
        self._tools = tools
        self._messages = messages
        self.iteration = 0
        self.runs: dict[int, AttemptRun] = {}
        self._by_lane: dict[str, list[AttemptRun]] = {}
        self._zero_ns = monotonic_ns()
        self._cancelled = False

    def start(self) -> Sequence[Event]:
        """Number everything, write it down, and return the events that announce it.

        Raises:
            PromptError: empty prompt or missing variable (before anything is numbered).
            UsageError: a check cannot be read.
        """
        plan, tools = self._plan, self._tools
        pipelines = {
            (lane.name, repeat): tools.pipeline((*plan.checks, *lane.checks), lane)
            for lane in plan.lanes
            for repeat in range(1, plan.repeat + 1)
        }
        events = tools.journal.begin(lambda i, a: self._announce(i, a, pipelines))
        self._zero_ns = monotonic_ns()
        policy = AbortPolicy(plan.abort, plan.abort_on)
        lanes = {lane.name: lane for lane in plan.lanes}
        for event in events:
            if isinstance(event, AttemptQueued):
                lane = lanes[event.lane]
                run = AttemptRun(
                    event.attempt,
                    lane,
                    Request(lane.model, self._messages, lane.params, lane.deadlines),
                    pipelines[event.lane, event.repeat],
                    policy,
                    tools.bench,
                    self._zero_ns,
                )
                self.runs[event.attempt] = run
                self._by_lane.setdefault(lane.name, []).append(run)
        return events

    def _announce(
        self, iteration: int, attempt: int, pipelines: dict[tuple[str, int], Pipeline]
    ) -> Sequence[Event]:
        plan = self._plan
        self.iteration = iteration
        started = IterationStarted(
            iteration,
            plan.prompt,
            plan.lanes,
            plan.checks,
            datetime.now(UTC).isoformat(timespec="milliseconds"),
            parent=plan.parent,
            variables=dict(plan.variables),
            abort=plan.abort,
            abort_on=plan.abort_on,
            repeat=plan.repeat,
            sequential=plan.sequential,
        )
        queued = [
            AttemptQueued(
                attempt + place,
                iteration,
                lane.name,
                lane.model,
                repeat,
                pipelines[lane.name, repeat].names,
                pipelines[lane.name, repeat].severities,
            )
            for place, (repeat, lane) in enumerate(
                (repeat, lane) for repeat in range(1, plan.repeat + 1) for lane in plan.lanes
            )
        ]
        return [started, *queued]

    async def run(self) -> None:
        """Run every attempt: lanes side by side, the repeats of a lane one after another."""
        if self._plan.sequential:
            for runs in self._by_lane.values():
                await self._run_lane(runs)
        else:
            async with asyncio.TaskGroup() as group:
                for runs in self._by_lane.values():
                    group.create_task(self._run_lane(runs))
        ms = (monotonic_ns() - self._zero_ns) / 1e6
        self._tools.bench.emit(IterationEnded(self.iteration, round(ms, 3)))

    async def _run_lane(self, runs: list[AttemptRun]) -> None:
        provider = self._tools.provider(runs[0].lane)
        for run in runs:
            if not run.ended:
                await run.run(provider)

    def cancel(self, attempt: int | None = None) -> None:
        """Cancel one attempt, or with None all that still run or wait."""
        for number, run in self.runs.items():
            if attempt in (None, number):
                run.cancel()
