"""The engine in a process of its own: the process's side.

When the screen says ``Shutdown`` the engine cancels, saves and ends at once. When the screen is
simply gone (it crashed, or was killed) what runs goes on to its end and is saved, for a minute at
most; then the engine ends, and the local models with it.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from contextlib import suppress

from workbench.engine.core import Engine, Tools
from workbench.engine.outbox import Outbox
from workbench.engine.plan import Command, Shutdown, StartRace
from workbench.engine.wire import command_codec, event_codec

BATCH_SECONDS = 0.012
ORPHAN_SECONDS = 60.0


async def serve(sock: socket.socket, make_tools: Callable[[], Tools]) -> int:
    """Serve one client over *sock* until it is gone; return the exit code."""
    reader, writer = await asyncio.open_connection(sock=sock)
    outbox = Outbox()
    engine = Engine(make_tools(), outbox.put)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    sender = asyncio.create_task(_send(outbox, writer))
    reading = asyncio.create_task(_read(reader, engine))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not stop.is_set() and not reading.result():
        with suppress(TimeoutError):
            await asyncio.wait_for(engine.idle(), ORPHAN_SECONDS)
    reading.cancel()
    await engine.close()
    outbox.close()
    await sender
    writer.close()
    return 128 + signal.SIGTERM if stop.is_set() else 0


async def _read(reader: asyncio.StreamReader, engine: Engine) -> bool:
    """Carry out commands; True when told to shut down, False when the client is gone."""
    codec = command_codec()
    while True:
        try:
            commands: list[Command] = await codec.read(reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            return False
        for command in commands:
            if isinstance(command, Shutdown):
                return True
            if isinstance(command, StartRace):
                engine.start_soon(command)
            else:
                await engine.handle(command)


async def _send(outbox: Outbox, writer: asyncio.StreamWriter) -> None:
    """Send what there is, at most every few milliseconds, as fast as it is taken."""
    codec = event_codec()
    try:
        while await outbox.wait():
            await asyncio.sleep(BATCH_SECONDS)
            writer.write(codec.encode(outbox.take()))
            await writer.drain()
    except ConnectionError:
        while await outbox.wait():
            outbox.take()
