"""The main job without a screen: one prompt through several lanes, checked while it streams."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from workbench.api.endings import endings
from workbench.engine.clock import metered_loop
from workbench.engine.core import Tools
from workbench.engine.inprocess import InProcessEngine
from workbench.engine.plan import Cancel, OpenSession, RacePlan, StartRace
from workbench.model.events import IterationEnded, Notice
from workbench.model.fold import SessionFold
from workbench.model.session import Iteration
from workbench.records import dataclass

NEW = OpenSession()
"""A new session, named after its first prompt."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a race. ``session`` is None when nothing was saved; ``signal`` is the number
    of the signal that ended it early, or None.
    """

    iteration: Iteration
    session: str | None
    notices: tuple[Notice, ...]
    signal: int | None = None


def send(
    tools: Tools,
    plan: RacePlan,
    session: OpenSession = NEW,
    *,
    watch: Callable[[SessionFold, int], None] | None = None,
) -> Outcome:
    """Run one iteration and return its records; see :func:`send_async`."""
    with asyncio.Runner(loop_factory=metered_loop) as runner:
        return runner.run(send_async(tools, plan, session, watch=watch))


async def send_async(
    tools: Tools,
    plan: RacePlan,
    session: OpenSession = NEW,
    *,
    watch: Callable[[SessionFold, int], None] | None = None,
) -> Outcome:
    """Run one iteration in *session* and return its records.

    *watch* is called after every batch of events with the fold so far and the iteration's number.
    SIGINT, SIGTERM and SIGHUP cancel what runs; what arrived is kept, saved and returned.

    Raises:
        WorkbenchError: the plan cannot be run; nothing was sent.
    """
    client = InProcessEngine(tools)
    fold = SessionFold()
    caught: list[int] = []
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        caught.append(number)
        loop.create_task(client.send(Cancel()))  # noqa: RUF006 - the loop outlives it

    handled = endings()
    with suppress(ValueError, RuntimeError):  # only a main thread may handle signals
        for number in handled:
            loop.add_signal_handler(number, stop, number)
    try:
        await client.engine.open(session)
        race = await client.engine.race(StartRace(plan))
        async for batch in client.events():
            for event in batch:
                fold.apply(event)
            if watch is not None:
                watch(fold, race.iteration)
            if any(isinstance(e, IterationEnded) and e.iteration == race.iteration for e in batch):
                break
    finally:
        with suppress(ValueError, RuntimeError):
            for number in handled:
                loop.remove_signal_handler(number)
        await client.close()
    record = fold.iterations[race.iteration].record()
    saved = client.engine.session_id or None
    return Outcome(record, saved, tuple(fold.notices), caught[0] if caught else None)
