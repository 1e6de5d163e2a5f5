"""An engine that plays prepared answers: events as a real one sends them, without a model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from workbench.engine.plan import (
    Cancel,
    Command,
    LoadEarlier,
    Mark,
    OpenSession,
    StartRace,
    Warm,
)
from workbench.model.attempt import AttemptError, Cost, Tokens
from workbench.model.events import (
    Annotated,
    AttemptAborted,
    AttemptEnded,
    AttemptQueued,
    AttemptStarted,
    Chunks,
    Event,
    FailedFirst,
    IterationEnded,
    IterationStarted,
    LaneReady,
    LaneStatus,
    SessionStarted,
    VerdictReached,
)
from workbench.model.lane import Lane

UTC = "2026-11-22T09:00:00Z"


@dataclass(frozen=True)
class Answer:
    """What a lane says: pieces, ``first`` ms to the first, ``gap`` ms between them.

    ``fail`` is ``(check, char, reason)``: decided with the piece that holds that character.
    """

    pieces: Sequence[str]
    first: float = 180.0
    gap: float = 20.0
    fail: tuple[str, int, str] | None = None
    span: tuple[int, int] | None = None
    error: AttemptError | None = None
    state: str = "complete"
    reasoning: Sequence[str] = ()
    reason_gap: float = 20.0
    usd: float | None = None


Script = Callable[[int, Lane], Answer]


def race(
    command: StartRace, iteration: int, first_attempt: int, script: Script
) -> list[tuple[float, Event]]:
    """Return the events of a race with the moment (ms on its clock) each is told."""
    plan = command.plan
    out: list[tuple[float, Event]] = [
        (
            0.0,
            IterationStarted(
                iteration,
                plan.prompt,
                plan.lanes,
                plan.checks,
                UTC,
                plan.parent,
                dict(plan.variables),
                plan.abort,
            ),
        )
    ]
    last = 0.0
    for index, lane in enumerate(plan.lanes):
        number = first_attempt + index
        answer = script(iteration, lane)
        told = list(attempt(number, iteration, lane, plan.checks, answer, abort=plan.abort))
        out += told
        last = max(last, told[-1][0])
    out.append((last, IterationEnded(iteration, last)))
    out.sort(key=lambda pair: pair[0])
    return out


def attempt(
    number: int,
    iteration: int,
    lane: Lane,
    checks: tuple[str, ...],
    answer: Answer,
    *,
    abort: str = "off",
    zero: float = 4.0,
):
    """Yield one attempt's events, each with its moment on the race's clock."""
    names = tuple(check.partition(":")[0] for check in checks)
    yield 0.0, AttemptQueued(number, iteration, lane.name, lane.model, checks=names)
    yield 0.0, LaneStatus(number, "connecting")
    yield zero, AttemptStarted(number, UTC, zero, None)
    now = answer.first
    if answer.error is not None:
        yield zero + now, FailedFirst(number, "provider", None, None, 0, now, answer.error.message)
        yield zero + now, AttemptEnded(number, "error", now, error=answer.error)
        return
    for index, piece in enumerate(answer.reasoning):
        ms = 20 + answer.reason_gap * index
        yield zero + ms, Chunks(number, ((ms, piece),), "reasoning")
    chars = 0
    failed = False
    for index, piece in enumerate(answer.pieces):
        now = answer.first + answer.gap * index
        chars += len(piece)
        yield zero + now, Chunks(number, ((now, piece),))
        if answer.fail and answer.fail[0] in names and not failed and chars > answer.fail[1]:
            failed = True
            yield from _failed(number, names, answer, index + 1, now, zero)
            if abort == "first":
                yield zero + now, AttemptAborted(number, now, answer.fail[0])
                yield (
                    zero + now + 2,
                    AttemptEnded(number, "aborted", now + 2, Tokens(40, index + 1)),
                )
                return
    for index, name in enumerate(names):
        if not (answer.fail and name == answer.fail[0]):
            yield (
                zero + now,
                VerdictReached(number, index, name, "pass", chars, len(answer.pieces), now),
            )
    tokens = Tokens(41, len(answer.pieces), source="measured")
    yield (
        zero + now + 1,
        AttemptEnded(number, answer.state, now + 1, tokens, Cost(answer.usd), finish_reason="stop"),
    )


def _failed(number, names, answer, token, now, zero):
    check, at, reason = answer.fail
    index = names.index(check)
    yield (
        zero + now,
        VerdictReached(number, index, check, "fail", at, token, now, reason, answer.span),
    )
    yield zero + now, FailedFirst(number, "check", check, at, token, now, reason)


@dataclass
class FakeEngine:
    """An :class:`~workbench.engine.plan.EngineClient` over a script. ``pace`` multiplies the
    script's times; 0 tells everything at once, None nothing until :meth:`tell` is called.
    """

    script: Script
    pace: float | None = 0.0
    history: Sequence[Event] = ()
    past: Callable[[LoadEarlier], Sequence[Event]] = lambda _: ()
    sent: list[Command] = field(default_factory=list)
    closed: bool = False

    def __post_init__(self) -> None:
        self.queue: asyncio.Queue[Sequence[Event] | None] = asyncio.Queue()
        self.iterations = max(
            (e.iteration for e in self.history if isinstance(e, IterationStarted)), default=0
        )
        self.attempts = max(
            (e.attempt for e in self.history if isinstance(e, AttemptQueued)), default=0
        )
        self.tasks: set[asyncio.Task[None]] = set()
        self.told: list[tuple[float, Event]] = []

    async def __call__(self) -> FakeEngine:
        return self

    async def send(self, command: Command) -> None:
        self.sent.append(command)
        if isinstance(command, OpenSession):
            head = SessionStarted(
                command.id or "s1", command.title or "invoice fields", UTC, "workbench"
            )
            self.tell(head, *self.history)
        elif isinstance(command, StartRace):
            self.iterations += 1
            events = race(command, self.iterations, self.attempts + 1, self.script)
            self.attempts += len(command.plan.lanes)
            task = asyncio.create_task(self._play(events))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        elif isinstance(command, LoadEarlier):
            self.tell(*self.past(command))
        elif isinstance(command, Warm):
            self.tell(*(LaneReady(lane.name, True, "ready") for lane in command.lanes))
        elif isinstance(command, Mark):
            self.tell(Annotated(command.iteration, UTC, command.name, command.star, command.note))
        elif isinstance(command, Cancel):
            self._cancel()

    async def _play(self, events: list[tuple[float, Event]]) -> None:
        if self.pace is None:
            self.told = events
            return
        now = 0.0
        for ms, event in events:
            if self.pace and ms > now:
                await asyncio.sleep((ms - now) / 1000 * self.pace)
                now = ms
            self.tell(event)

    def until(self, ms: float) -> None:
        """Tell what happens up to a moment (with ``pace`` None)."""
        ready = [event for at, event in self.told if at <= ms]
        self.told = [(at, event) for at, event in self.told if at > ms]
        self.tell(*ready)

    def tell(self, *events: Event) -> None:
        self.queue.put_nowait(events)

    def _cancel(self) -> None:
        for task in list(self.tasks):
            task.cancel()
        first = self.attempts - 1
        for number in range(max(1, first), self.attempts + 1):
            self.tell(AttemptEnded(number, "cancelled", 500.0))
        self.told = []
        self.tell(IterationEnded(self.iterations, 500.0))

    async def events(self) -> AsyncIterator[Sequence[Event]]:
        while (batch := await self.queue.get()) is not None:
            yield batch

    async def close(self) -> None:
        self.closed = True
        for task in list(self.tasks):
            task.cancel()
