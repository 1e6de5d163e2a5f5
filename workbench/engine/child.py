"""The engine in a process of its own: the screen's side."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import IO

from workbench.engine.plan import Command, Shutdown
from workbench.engine.wire import command_codec, event_codec
from workbench.errors import EngineDied
from workbench.model.events import Event
from workbench.records import dataclass

CLOSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Launched:
    """An engine process that has been started and is getting ready by itself."""

    process: subprocess.Popen[bytes]
    sock: socket.socket
    stderr: IO[bytes]


def launch(module: str, *arguments: str) -> Launched:
    """Start ``python -m module FD ARGUMENTS...``; returns at once.

    Call it before anything slow is imported: the two processes then get ready side by side. The
    process has its own session, so that Ctrl-C and a closed terminal reach only the screen.
    """
    ours, theirs = socket.socketpair()
    stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(theirs.fileno()), *arguments],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    finally:
        theirs.close()
    return Launched(process, ours, stderr)


class ChildEngine:
    """An :class:`~workbench.engine.plan.EngineClient` of a launched process."""

    def __init__(self, launched: Launched) -> None:
        self._launched = launched
        self._commands = command_codec()
        self._events = event_codec()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._connecting: asyncio.Lock = asyncio.Lock()
        self._closing = False

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with self._connecting:
            if self._streams is None:
                self._streams = await asyncio.open_connection(
                    sock=self._launched.sock, limit=1 << 22
                )
            return self._streams

    async def send(self, command: Command) -> None:
        """Hand over a command.

        Raises:
            EngineDied: the process has ended.
        """
        _, writer = await self._connected()
        try:
            writer.write(self._commands.encode([command]))
            await writer.drain()
        except (ConnectionError, RuntimeError) as error:
            raise await self._died() from error

    async def events(self) -> AsyncIterator[Sequence[Event]]:
        """Yield events in batches until the engine has been closed.

        Raises:
            EngineDied: the process ended by itself.
        """
        reader, _ = await self._connected()
        while True:
            try:
                yield await self._events.read(reader)
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                if self._closing:
                    return
                raise await self._died() from error

    async def close(self) -> None:
        """Shut down, wait two seconds at most, then end the process. May be called twice."""
        if self._closing:
            return
        self._closing = True
        process = self._launched.process
        with suppress(EngineDied):
            await self.send(Shutdown())
        try:
            await asyncio.wait_for(asyncio.to_thread(process.wait), CLOSE_SECONDS)
        except TimeoutError:
            process.kill()
            await asyncio.to_thread(process.wait)
        if self._streams is not None:
            self._streams[1].close()
            with suppress(ConnectionError):
                await self._streams[1].wait_closed()
        self._launched.stderr.close()

    async def _died(self) -> EngineDied:
        with suppress(subprocess.TimeoutExpired):  # its sockets close a moment before it is gone
            await asyncio.to_thread(self._launched.process.wait, 0.5)
        code = self._launched.process.returncode
        said = ""
        with suppress(OSError, ValueError):
            self._launched.stderr.seek(0)
            said = self._launched.stderr.read()[-600:].decode("utf-8", "replace").strip()
        last = said.splitlines()[-1] if said else ""
        return EngineDied(
            f"The engine process ended by itself (exit code {code}). {last}".strip(),
            "What had arrived is in the session file. Start Workbench again to go on.",
        )
