"""A session line by line: takes commands, says what happens. Knows no terminal."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from workbench.engine.plan import Cancel, Command, EngineClient, Mark, OpenSession, StartRace, Warm
from workbench.errors import EngineDied
from workbench.model.events import (
    Annotated,
    AttemptEnded,
    AttemptStarted,
    Chunks,
    Event,
    FailedFirst,
    IterationEnded,
    IterationStarted,
    LaneReady,
    LaneStatus,
    Notice,
)
from workbench.tui.draft import Draft
from workbench.tui.plain import words
from workbench.tui.ready import asked
from workbench.tui.setup import Setup
from workbench.tui.state import ViewModel


@dataclass(frozen=True, slots=True)
class Voice:
    """How a talk speaks and hears: ``say`` a line, ``ask`` for one (None: there is no more)."""

    say: Callable[[str], None]
    ask: Callable[[str], str | None]


MOMENT = 0.02
"""Seconds to listen for what has come already."""


async def _first(events: AsyncIterator[Sequence[Event]]) -> Sequence[Event]:
    async for batch in events:
        return batch
    raise EngineDied("The engine has ended.", "Start Workbench again.")


class Talk:
    """One session over one engine; events are heard while something is waited for."""

    def __init__(self, setup: Setup, client: EngineClient, voice: Voice) -> None:
        self.setup = setup
        self.voice = voice
        self.model = ViewModel(
            setup.lanes,
            Draft(setup.prompt, setup.checks, dict(setup.variables)),
            in_view=setup.in_view,
            abort=setup.abort,
            rules=setup.rules,
        )
        self._client = client
        self._events: AsyncIterator[Sequence[Event]] = client.events()
        self._next: asyncio.Task[Sequence[Event]] | None = None
        self._spoken: set[int] = set()

    def say(self, *lines: str) -> None:
        """Say lines."""
        for line in lines:
            self.voice.say(line)

    # -- the engine -----------------------------------------------------------------------------

    async def send(self, command: Command) -> None:
        """Hand a command to the engine.

        Raises:
            EngineDied: its process has ended.
        """
        await self._client.send(command)

    async def _hear(self) -> Sequence[Event]:
        """Wait for events, fold them and return them.

        Raises:
            EngineDied: the engine's process has ended.
        """
        waiting = self._waiting()
        await asyncio.wait({waiting})
        return self._heard(waiting)

    def _waiting(self) -> asyncio.Task[Sequence[Event]]:
        if self._next is None:
            self._next = asyncio.ensure_future(_first(self._events))
        return self._next

    def _heard(self, task: asyncio.Task[Sequence[Event]]) -> Sequence[Event]:
        self._next = None
        batch = task.result()
        self.model.apply(batch)
        return batch

    async def catch_up(self) -> None:
        """Say what came while nobody listened: lanes that are ready, notices.

        Raises:
            EngineDied: the engine's process has ended.
        """
        while (await asyncio.wait({self._waiting()}, timeout=MOMENT))[0]:
            for event in self._heard(self._waiting()):
                self._tell(event)

    def close(self) -> None:
        """Listen no more."""
        if self._next is not None:
            self._next.cancel()

    async def mark(self, command: Mark) -> None:
        """Put a person's mark on an iteration, and wait until it stands.

        Raises:
            EngineDied: the engine's process has ended.
        """
        await self.send(command)
        while not any(isinstance(e, Annotated | Notice) for e in await self._hear()):
            pass

    async def open(self, session: OpenSession) -> None:
        """Open a session, say what is in it, and have the lanes make themselves ready."""
        self.model.open_session()
        racing = tuple(self.model.lanes[name] for name in self.model.in_view)
        self.model.apply(asked(lane.name) for lane in racing)
        await self.send(session)
        await self.send(Warm(racing))
        heard: list[Event] = []
        while not any(isinstance(e, LaneReady) for e in heard):  # they come after the session's own
            batch = await self._hear()
            heard += batch
            self.say(*(f"{e.message} {e.hint}".strip() for e in batch if isinstance(e, Notice)))
        self.model.close_interrupted()
        count = len(self.model.fold.iterations)
        self.say(f"Session {self.model.title}, {count} iterations." if count else "A new session.")
        self.say(*(self._readiness(e) for e in heard if isinstance(e, LaneReady) and e.failed))

    def _readiness(self, ready: LaneReady) -> str:
        if ready.ready:
            return f"{ready.lane} is ready."
        return f"{ready.lane}: {ready.status} {ready.hint}".strip()

    async def race(self, plan: StartRace) -> None:
        """Run a race to its end, saying what happens. SIGINT stops the race and nothing else."""
        loop = asyncio.get_running_loop()
        stopping: list[asyncio.Task[None]] = []

        def stop() -> None:
            stopping.append(loop.create_task(self.send(Cancel())))

        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(signal.SIGINT, stop)
        try:
            await self.send(plan)
            await self._follow()
        finally:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(signal.SIGINT)
            await asyncio.gather(*stopping)

    async def _follow(self) -> None:
        number: int | None = None
        while True:
            for event in await self._hear():
                if isinstance(event, IterationStarted):
                    number = event.iteration
                self._tell(event)
                if isinstance(event, IterationEnded) and event.iteration == number:
                    self.say(words.summary(self.model, self.model.fold.iterations[number]))
                    return
                if isinstance(event, Notice) and event.level == "error" and number is None:
                    return  # the race could not be started

    def _tell(self, event: Event) -> None:
        fold = self.model.fold
        match event:
            case IterationStarted():
                names = ", ".join(lane.name for lane in event.lanes)
                self.say(f"Iteration {event.iteration} goes to {names}. Ctrl+C stops it.")
            case LaneReady() if event.ready:
                self.say(self._readiness(event))
            case LaneStatus() if event.status != "connecting":
                self.say(f"{fold.attempts[event.attempt].queued.lane}: {event.status}.")
            case AttemptStarted():
                self._spoken.discard(event.attempt)
            case Chunks() if event.attempt not in self._spoken and event.channel == "answer":
                self._spoken.add(event.attempt)
                name = fold.attempts[event.attempt].queued.lane
                self.say(f"{name}: first words after {words.time(event.pieces[0][0])}.")
            case FailedFirst() if event.kind != "provider":
                attempt = fold.attempts[event.attempt]
                if attempt.first_failure is not None:
                    self.say(f"{attempt.queued.lane} {words.failure(attempt.first_failure)}.")
            case AttemptEnded():
                attempt = fold.attempts[event.attempt]
                self.say(words.verdict(attempt, heard=True), *words.answer(attempt, words.LONG))
            case Notice():
                self.say(f"{event.message} {event.hint}".strip())
            case _:
                pass
