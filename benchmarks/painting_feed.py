"""The engine of the painting benchmark: a process that tells how text arrives, and nothing else.

Run by ``benchmarks/painting.py``: ``python -m benchmarks.painting_feed FD LANES RATE SECONDS``. It
speaks the protocol of :mod:`workbench.engine.serve`, in frames as far apart as its own.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Iterator

from workbench.engine.plan import Shutdown, StartRace
from workbench.engine.serve import BATCH_SECONDS
from workbench.engine.wire import command_codec, event_codec
from workbench.model.events import (
    AttemptEnded,
    AttemptQueued,
    AttemptStarted,
    Chunks,
    Event,
    IterationEnded,
    IterationStarted,
    SessionStarted,
)

WORD = "lorem"
SETTLE = 1.0
"""Seconds between the text every pane holds at first and the stream."""


def head(command: StartRace, lanes: int) -> Iterator[Event]:
    """Every attempt begins, and every pane holds ten thousand characters before the clock does."""
    yield IterationStarted(1, command.plan.prompt, command.plan.lanes, (), "")
    for number in range(1, lanes + 1):
        yield AttemptQueued(number, 1, f"lane-{number - 1}", "stream")
        yield AttemptStarted(number, "", 0)
    full = tuple((1.0, f"{WORD} ") for _ in range(1700))
    for number in range(1, lanes + 1):
        yield Chunks(number, full)


async def stream(
    writer: asyncio.StreamWriter, command: StartRace, lanes: int, rate: int, seconds: float
) -> None:
    """Tell the whole race at its pace."""
    codec = event_codec()
    writer.write(codec.encode([*head(command, lanes)]))
    await writer.drain()
    await asyncio.sleep(SETTLE)
    begin, told = time.monotonic(), 0
    while (now := time.monotonic() - begin) < seconds:
        due = int(now * rate) - told
        if due:
            piece = tuple((now * 1000, WORD if i % 7 else f"{WORD} ") for i in range(due))
            writer.write(codec.encode([Chunks(n + 1, piece) for n in range(lanes)]))
            await writer.drain()
        told += due
        await asyncio.sleep(BATCH_SECONDS)
    last: list[Event] = [AttemptEnded(n + 1, "complete", 1.0) for n in range(lanes)]
    writer.write(codec.encode([*last, IterationEnded(1, 1.0)]))
    await writer.drain()


async def serve(sock: socket.socket, lanes: int, rate: int, seconds: float) -> None:
    """Take commands until told to end."""
    reader, writer = await asyncio.open_connection(sock=sock)
    commands, events = command_codec(), event_codec()
    task: asyncio.Task[None] | None = None
    while True:
        try:
            batch = await commands.read(reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        for command in batch:
            if isinstance(command, Shutdown):
                return
            if isinstance(command, StartRace):
                task = asyncio.create_task(stream(writer, command, lanes, rate, seconds))
            elif task is None:
                writer.write(events.encode([SessionStarted("s", "painting", "", "benchmark")]))


if __name__ == "__main__":
    fd, count, pace, length = sys.argv[1:5]
    asyncio.run(serve(socket.socket(fileno=int(fd)), int(count), int(pace), float(length)))
