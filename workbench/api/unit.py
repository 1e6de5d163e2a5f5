"""Sends units of work wherever this runs: specs in, event lines out.

``python -m workbench.api.unit [PROJECT_FOLDER]`` reads specs from standard input, one a line (see
:func:`workbench.engine.unit.encode_unit`), sends one after another, and writes what happened as
lines of a session file. Lanes, keys and trust are those of the settings found there.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from time import monotonic_ns

from workbench.api.setup import settings_for
from workbench.api.wiring import make_tools
from workbench.engine.abort import LaneHistory
from workbench.engine.attempt import Bench
from workbench.engine.clock import LoopClock, metered_loop
from workbench.engine.core import Tools
from workbench.engine.grading import Answer
from workbench.engine.spending import Spending
from workbench.engine.unit import Desk, UnitSpec, decode_unit, send_unit
from workbench.errors import WorkbenchError
from workbench.model.events import EPHEMERAL, AttemptQueued, Event
from workbench.model.lane import Lane
from workbench.providers.base import Provider
from workbench.store.codec import encode


class UnitSender:
    """Sends units in the running loop, as many as one likes: connections and models stay."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._providers: dict[str, Provider] = {}

    async def send(self, spec: UnitSpec) -> tuple[list[Event], int]:
        """Send a unit; return its events, queued attempts included, and the number of the attempt
        that had the last word. Iteration and attempts are numbered from 1.

        Raises:
            WorkbenchError: its lane cannot be used here, or a check cannot be read.
        """
        events: list[Event] = []
        zero_ns, tools = monotonic_ns(), self._tools

        async def queue(build: Callable[[int, int], AttemptQueued]) -> tuple[AttemptQueued, int]:
            queued = build(1, 1 + sum(isinstance(event, AttemptQueued) for event in events))
            events.append(queued)
            return queued, zero_ns

        def tell(event: Event) -> None:
            if not isinstance(event, EPHEMERAL):
                events.append(event)

        spending = Spending(tools.price, tools.billing)
        clock = LoopClock.of_running_loop()
        bench = Bench(tell, spending, LaneHistory(), clock, tools.services.turns)
        answers = _given(spec)
        desk = Desk(bench, self._provider, tools.pipeline, tools.lane, queue, answers)
        last = await send_unit(spec, desk)
        return events, last

    def _provider(self, lane: Lane) -> Provider:
        if lane.name not in self._providers:
            self._providers[lane.name] = self._tools.provider(lane, self._tools.services)
        return self._providers[lane.name]

    async def close(self) -> None:
        """Release every provider and what they share."""
        for made in self._providers.values():
            await made.close()
        await self._tools.services.close()


def run_unit(spec: bytes, tools: Tools) -> list[bytes]:
    """Send the unit that *spec* describes; return its events as lines, queued attempts included.

    Iteration and attempts are numbered from 1: whoever brings units together gives them their
    numbers. *tools* are closed.

    Raises:
        UsageError: *spec* is no unit of work.
        WorkbenchError: its lane cannot be used here, or a check cannot be read.
    """

    async def send() -> list[bytes]:
        async with aclosing(run_units((spec,), tools)) as units:
            return await anext(units)

    with asyncio.Runner(loop_factory=metered_loop) as runner:
        return runner.run(send())


async def run_units(specs: Iterable[bytes], tools: Tools) -> AsyncGenerator[list[bytes], None]:
    """Send units one after another, as :func:`run_unit` does; models stay loaded in between."""
    sender = UnitSender(tools)
    try:
        for spec in specs:
            events, _ = await sender.send(decode_unit(spec))
            yield [encode(event) for event in events]
    finally:
        await sender.close()


def _given(spec: UnitSpec) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for lane, text in spec.answers.items():
        answers[lane] = asyncio.get_running_loop().create_future()
        answers[lane].set_result(text)
    return answers


async def _work(folder: Path | None) -> None:
    tools = make_tools(settings_for(folder))
    specs = (line for line in sys.stdin.buffer if line.strip())
    async with aclosing(run_units(specs, tools)) as units:
        async for lines in units:
            sys.stdout.buffer.writelines(lines)
            sys.stdout.buffer.flush()


def main(arguments: list[str]) -> int:
    """Send the units on standard input; return the exit code. The first that cannot be sent ends
    it.
    """
    try:
        with asyncio.Runner(loop_factory=metered_loop) as runner:
            runner.run(_work(Path(arguments[0]) if arguments else None))
    except WorkbenchError as error:
        sys.stderr.write(f"{error} {error.hint}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
