"""Opening sessions and numbering races: another process may keep the file, the loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.engine.helpers import lane, plan, tools
from workbench.engine.core import Engine
from workbench.engine.journal import MemoryJournal, Opened
from workbench.engine.plan import Cancel, LoadEarlier, OpenSession, StartRace
from workbench.errors import SessionError
from workbench.model.events import AttemptStarted, Earlier, Event, IterationStarted, Notice
from workbench.model.prompt import Prompt


class Locked(MemoryJournal):
    """A journal whose file another process keeps until it is ``free``."""

    def __init__(self) -> None:
        super().__init__()
        self.free = asyncio.Event()
        self.asked = asyncio.Event()

    async def begin(self, build: Callable[[int, int], Sequence[Event]]) -> Sequence[Event]:
        self.asked.set()
        await self.free.wait()
        return await super().begin(build)


def engine_of(opened: Callable[[OpenSession], Opened]) -> tuple[Engine, list[Event]]:
    said: list[Event] = []
    return Engine(replace(tools(), open_session=opened), said.append), said


async def test_a_race_that_waits_for_the_file_can_be_cancelled_and_sends_nothing() -> None:
    journal = Locked()
    engine, said = engine_of(lambda _: Opened(journal))
    await engine.open(OpenSession())
    engine.start_soon(StartRace(plan(lane("fast", text="Hello."))))
    await journal.asked.wait()
    await engine.handle(Cancel())
    await engine.close()
    assert not any(isinstance(e, IterationStarted | AttemptStarted) for e in said)


async def test_a_race_that_waits_for_the_file_runs_when_it_is_free() -> None:
    journal = Locked()
    engine, said = engine_of(lambda _: Opened(journal))
    await engine.open(OpenSession())
    engine.start_soon(StartRace(plan(lane("fast", text="Hello."))))
    await journal.asked.wait()
    assert not said
    journal.free.set()
    await engine.idle()
    await engine.close()
    assert sum(isinstance(e, AttemptStarted) for e in said) == 1


async def test_a_session_that_cannot_be_opened_leaves_the_open_one_as_it_is() -> None:
    def opened(command: OpenSession) -> Opened:
        if command.id == "gone":
            raise SessionError("There is no session 'gone'.", "Look again.")
        return Opened(MemoryJournal(next_iteration=7))

    engine, said = engine_of(opened)
    await engine.handle(OpenSession())
    await engine.handle(OpenSession("gone"))
    assert [e.message for e in said if isinstance(e, Notice)] == ["There is no session 'gone'."]
    race = await engine.race(StartRace(plan(lane("fast", text="Hello."))))
    assert race.iteration == 7
    await engine.close()


async def test_earlier_iterations_are_said_in_order_behind_what_was_said() -> None:
    past = IterationStarted(3, Prompt("p"), (), (), "u")

    def earlier(before: int, count: int) -> Sequence[Event]:
        assert (before, count) == (4, 50)
        return (past, Earlier(2))

    engine, said = engine_of(lambda _: Opened(MemoryJournal(), (Earlier(3),), None, earlier))
    await engine.handle(OpenSession(last=1))
    await engine.handle(LoadEarlier(4, 50))
    assert said == [Earlier(3), past, Earlier(2)]
    await engine.close()
