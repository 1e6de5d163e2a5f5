"""What a frame costs while data rows stream: CPU of folding and painting, by the number of rows.

Run: python -m benchmarks.data_rows [--frames 60]

The screen runs without a terminal. Two lanes are asked so many rows at once; half of the answers
have ended when it is measured, and with each frame five more begin, stream and end in either lane.
10,000 rows is the most that a file may hold. The iteration before is as large as the one that runs.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace

from workbench.engine.plan import Command
from workbench.model.attempt import Cost, Tokens
from workbench.model.events import (
    AttemptEnded,
    AttemptQueued,
    AttemptStarted,
    Chunks,
    Event,
    FailedFirst,
    IterationEnded,
    IterationStarted,
    SessionStarted,
    VerdictReached,
)
from workbench.model.lane import Lane
from workbench.model.prompt import DataRow, Prompt
from workbench.tui.app import GARBAGE, WorkbenchApp
from workbench.tui.screens.data import DataScreen
from workbench.tui.view.setup import Setup

LANES = tuple(Lane(name, "scripted", "stream") for name in ("small", "large"))
PROMPT = Prompt("Which country is {{ city }} in?")
EACH = 5
"""Answers of either lane that come with a frame."""


class Nothing:
    """An engine that says nothing by itself."""

    async def send(self, command: Command) -> None:
        """Take a command."""

    async def events(self) -> AsyncIterator[Sequence[Event]]:
        """Wait for ever."""
        await asyncio.Event().wait()
        yield ()

    async def close(self) -> None:
        """Nothing has to end."""


def rows_of(count: int) -> tuple[DataRow, ...]:
    """Return rows as a file has them."""
    return tuple(DataRow(str(n), {"city": f"city {n}"}) for n in range(1, count + 1))


def begin(iteration: int, first: int, rows: Sequence[DataRow]) -> Iterator[Event]:
    """Announce an iteration, as the engine does: every attempt at once."""
    told = tuple(replace(row) for row in rows)  # equal ones, as they come from another process
    yield IterationStarted(iteration, PROMPT, LANES, ("regex:x",), "", rows=told)
    for at, row in enumerate(rows):
        for place, lane in enumerate(LANES):
            number = first + 2 * at + place
            yield AttemptQueued(number, iteration, lane.name, "m", checks=("regex",), row=row.id)


def answer(number: int) -> Iterator[Event]:
    """Tell one attempt; every third fails."""
    yield AttemptStarted(number, "", float(number))
    yield Chunks(number, tuple((float(ms), "word ") for ms in range(20)))
    if number % 3:
        yield VerdictReached(number, 0, "regex", "pass", 9, 2, 12.0)
    else:
        yield VerdictReached(number, 0, "regex", "fail", 9, 2, 12.0, "no x")
        yield FailedFirst(number, "check", "regex", 9, 2, 12.0, "no x")
    yield AttemptEnded(number, "complete", 30.0, Tokens(8, 20), Cost(0.001))


def cpu_ms(work: Callable[[], object]) -> float:
    """Return the milliseconds of CPU that *work* took."""
    before = time.thread_time()
    work()
    return (time.thread_time() - before) * 1000


async def measured(count: int, frames: int, *, table: bool) -> float:
    """Return the median milliseconds of CPU of a frame, in the lanes' panes or the rows' table."""

    async def factory() -> Nothing:
        return Nothing()

    rows = rows_of(count)
    app = WorkbenchApp(factory, Setup(LANES, PROMPT, ("regex:x",), rows=rows, fps=1))
    async with app.run_test(size=(200, 60)) as pilot:
        gc.set_threshold(*GARBAGE)
        model, size = app.model, 2 * count
        model.apply([SessionStarted("s", "rows", "", "benchmark"), *begin(1, 1, rows)])
        for number in range(1, size + 1):
            model.apply(answer(number))
        model.apply([IterationEnded(1, 1.0), *begin(2, size + 1, rows)])
        model.raced.add(2)
        told = iter(range(size + 1, 2 * size + 1))
        for _ in range(size // 2):
            model.apply(answer(next(told)))
        if table:
            app.main.action_data()
        await pilot.pause()
        spent = []
        for _ in range(min(frames, size // 2 // (2 * EACH))):
            batch = [event for _ in range(2 * EACH) for event in answer(next(told))]
            spent.append(cpu_ms(lambda b=batch: frame(app, b)))
            await pilot.pause()
        return statistics.median(spent)


def frame(app: WorkbenchApp, batch: list[Event]) -> None:
    """Fold a batch and ask for what is to be painted, as a tick of the screen does."""
    app.model.apply(batch)
    app.main.paint()
    if isinstance(app.screen, DataScreen):
        app.screen.frame()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=60)
    frames = parser.parse_args().frames
    print("ms of CPU in a frame, median     lanes    table")
    for count in (10, 100, 1_000, 10_000):
        found = [asyncio.run(measured(count, frames, table=table)) for table in (False, True)]
        print(f"  {count:>6} rows x 2 lanes       {found[0]:7.2f}  {found[1]:7.2f}")


if __name__ == "__main__":
    main()
