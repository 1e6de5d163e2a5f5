"""One race: all lanes of an iteration, side by side or one after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic_ns

from workbench.checks.pipeline import Pipeline
from workbench.engine.abort import AbortPolicy
from workbench.engine.attempt import AttemptRun, Bench
from workbench.engine.grading import Answer, RaceContext
from workbench.engine.journal import JournalLike
from workbench.engine.plan import RacePlan
from workbench.engine.retry import go_on_after
from workbench.model.confidential import public
from workbench.model.events import AttemptQueued, Event, IterationEnded, IterationStarted
from workbench.model.lane import Lane
from workbench.model.prompt import Message
from workbench.providers.base import Provider, Request
from workbench.records import dataclass

Slot = tuple[str | None, int]
"""A data row (None without any) and a repeat: lanes answer the same thing in the same slot."""


@dataclass(frozen=True, slots=True)
class RaceTools:
    """What a race needs from its engine; ``tell`` says an event that is already written down."""

    bench: Bench
    journal: JournalLike
    tell: Callable[[Event], None]
    lane: Callable[[str], Lane]
    provider: Callable[[Lane], Provider]
    pipeline: Callable[[tuple[str, ...], Lane], Pipeline]


class Race:
    """One iteration being run. Make it with :meth:`start`, then await :meth:`run`."""

    def __init__(self, plan: RacePlan, tools: RaceTools) -> None:
        self._plan = plan
        self._tools = tools
        self._inputs: dict[str | None, tuple[Message, ...]] = {}
        self._checks = {row.id: (*plan.checks, *row.checks) for row in plan.rows}
        self._lanes = {lane.name: lane for lane in (*plan.fallbacks, *plan.lanes)}
        self.iteration = 0
        self.runs: dict[int, AttemptRun] = {}
        self._by_lane: dict[str, list[AttemptRun]] = {}
        self._place: dict[int, str] = {}
        self._slots: dict[int, Slot] = {}
        self._answers: dict[Slot, dict[str, Answer]] = {}
        self._grading: list[asyncio.Task[None]] = []
        self._stopped = False
        self._zero_ns = monotonic_ns()

    async def start(self) -> Sequence[Event]:
        """Number everything, write it down, and return the events that announce it.

        Raises:
            PromptError: empty prompt or missing variable (before anything is numbered).
            UsageError: a check cannot be read, or a lane lacks something its provider needs.
        """
        plan, tools = self._plan, self._tools
        self._inputs = plan.inputs()
        for lane in self._lanes.values():
            tools.provider(lane)  # a lane that cannot be used is told before anything is numbered
        pipelines = {
            (lane.name, (row, repeat)): self._pipeline(lane, row)
            for row in self._inputs
            for repeat in range(1, plan.repeat + 1)
            for lane in plan.lanes
        }
        events = await tools.journal.begin(lambda i, a: self._announce(i, a, pipelines))
        self._zero_ns = monotonic_ns()
        for event in events:
            if isinstance(event, AttemptQueued):
                run = self._make_run(event, pipelines[event.lane, (event.row, event.repeat)])
                self._by_lane.setdefault(event.lane, []).append(run)
        return events

    def _pipeline(self, lane: Lane, row: str | None) -> Pipeline:
        checks = self._plan.checks if row is None else self._checks[row]
        return self._tools.pipeline((*checks, *self._capped(lane).own_checks), lane)

    def _capped(self, lane: Lane) -> Lane:
        caps = [cap for cap in (lane.max_cost, self._plan.max_cost) if cap is not None]
        return replace(lane, max_cost=min(caps, default=None))

    def _make_run(self, queued: AttemptQueued, pipeline: Pipeline) -> AttemptRun:
        lane, plan, row = self._lanes[queued.lane], self._plan, queued.row
        messages = self._inputs[row]
        run = AttemptRun(
            queued.attempt,
            lane,
            Request(lane.model, messages, lane.params, lane.deadlines, queued.repeat),
            pipeline,
            AbortPolicy(plan.abort, plan.abort_on, plan.audit, self._capped(lane).cap),
            self._tools.bench,
            self._zero_ns,
            queued.repeat,
            lambda: self._pipeline(lane, row),
        )
        self.runs[queued.attempt] = run
        self._slots[queued.attempt] = (row, queued.repeat)
        self._place[queued.attempt] = lane.name
        return run

    def _announce(
        self, iteration: int, attempt: int, pipelines: dict[tuple[str, Slot], Pipeline]
    ) -> Sequence[Event]:
        plan = self._plan
        self.iteration = iteration
        started = IterationStarted(
            iteration,
            plan.prompt,
            tuple(map(public, plan.lanes)),
            plan.checks,
            datetime.now(UTC).isoformat(timespec="milliseconds"),
            parent=plan.parent,
            variables=dict(plan.variables),
            abort=plan.abort,
            abort_on=plan.abort_on,
            repeat=plan.repeat,
            sequential=plan.sequential,
            rows=plan.rows,
            at_once=plan.at_once,
        )
        queued = [
            _queued(attempt + place, iteration, self._lanes[lane], slot, pipeline)
            for place, ((lane, slot), pipeline) in enumerate(pipelines.items())
        ]
        return [started, *queued]

    async def run(self) -> None:
        """Run every attempt: lanes side by side, what one lane is asked one after another, or as
        many at once as the plan says.

        Checks that other lanes grade are decided beside the race and at the latest after it.
        """
        loop = asyncio.get_running_loop()
        self._answers = {
            slot: {lane.name: loop.create_future() for lane in self._plan.lanes}
            for slot in dict.fromkeys(self._slots.values())
        }
        if self._plan.sequential:
            for runs in self._by_lane.values():
                await self._run_lane(runs)
        else:
            async with asyncio.TaskGroup() as group:
                for runs in self._by_lane.values():
                    group.create_task(self._run_lane(runs))
        for answer in (a for answers in self._answers.values() for a in answers.values()):
            if not answer.done():
                answer.set_result(None)
        await asyncio.gather(*self._grading, return_exceptions=True)
        self._tools.bench.emit(IterationEnded(self.iteration, self.elapsed_ms()))

    def elapsed_ms(self) -> float:
        """Return the time on the iteration's clock."""
        return round((monotonic_ns() - self._zero_ns) / 1e6, 3)

    async def _run_lane(self, runs: list[AttemptRun]) -> None:
        provider = self._tools.provider(runs[0].lane)
        waiting = iter(runs)

        async def ask() -> None:
            for run in waiting:
                answered = run
                if not run.ended:
                    await run.run(provider)
                    answered = await go_on_after(
                        run,
                        provider,
                        self._lanes,
                        self._tools.provider,
                        partial(self._further, run),
                    )
                self._answered(answered)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._plan.at_once, len(runs))):
                group.create_task(ask())

    def _answered(self, run: AttemptRun) -> None:
        """Let checks of other lanes see the answer, and grade it beside the race."""
        slot = self._slots[run.number]
        answer = self._answers[slot][self._place[run.number]]
        if not answer.done():
            answer.set_result(run.text if run.answered else None)
        context = RaceContext(
            self._inputs[slot[0]],
            self._answers[slot],
            lambda name: self._lanes.get(name) or self._tools.lane(name),
            self._tools.provider,
            self._tools.bench.spending.price,
        )
        self._grading.append(asyncio.create_task(run.grade(context)))

    async def _further(
        self,
        first: AttemptRun,
        lane: Lane,
        *,
        retry_of: int | None = None,
        fallback_of: int | None = None,
    ) -> AttemptRun:
        """Number and announce one more attempt in the place of *first*."""
        slot = self._slots[first.number]
        pipeline = self._pipeline(lane, slot[0])
        events = await self._tools.journal.reserve(
            lambda attempt: [
                replace(
                    _queued(attempt, self.iteration, lane, slot, pipeline),
                    retry_of=retry_of,
                    fallback_of=fallback_of,
                )
            ]
        )
        for event in events:
            self._tools.tell(event)
            if isinstance(event, AttemptQueued):
                run = self._make_run(event, pipeline)
                self._place[run.number] = self._place[first.number]
                if self._stopped:
                    run.cancel()
                return run
        raise AssertionError("the journal reserved nothing")

    def cancel(self, attempt: int | None = None) -> None:
        """Cancel one attempt, or with None all that still run or wait."""
        for number, run in self.runs.items():
            if attempt in (None, number):
                run.cancel()
        if attempt is None:
            self._stopped = True
            for task in self._grading:
                task.cancel()


def _queued(
    attempt: int, iteration: int, lane: Lane, slot: Slot, pipeline: Pipeline
) -> AttemptQueued:
    row, repeat = slot
    return AttemptQueued(
        attempt,
        iteration,
        lane.name,
        lane.model,
        repeat,
        pipeline.names,
        pipeline.severities,
        row=row,
    )
