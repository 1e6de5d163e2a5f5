"""A server that answers byte for byte what a script says, in any chunking.

A script is a list of answers, one per request in order of arrival (the last one serves all later
requests). An answer is a list of steps: bytes to write, or one of the words below.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

Word = Literal["close", "reset", "hold", "flood-line", "flood-comments", "flood-headers"]
Step = bytes | Word
Answer = Sequence[Step]


@dataclass
class Seen:
    """What the server saw."""

    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    client_closed: asyncio.Event = field(default_factory=asyncio.Event)
    written: int = 0


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


class _Script:
    def __init__(self, answers: Sequence[Answer], cut: int | None, seen: Seen) -> None:
        self.answers, self.cut, self.seen = answers, cut, seen

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                self.seen.requests.append(head + body)
                self.seen.asked.set()
                number = min(len(self.seen.requests), len(self.answers)) - 1
                for step in self.answers[number]:
                    await self.take(step, reader, writer)

    async def take(
        self, step: Step, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if isinstance(step, bytes):
            await self.write(step, writer)
        elif step == "close":
            writer.close()
        elif step == "reset":
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        elif step == "hold":
            with suppress(ConnectionError):
                await reader.read()
            self.seen.client_closed.set()
            writer.transport.abort()
        else:
            await self.flood(step, writer)

    async def write(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        step = self.cut or len(data) or 1
        for start in range(0, len(data), step):
            writer.write(data[start : start + step])
            await writer.drain()
            if self.cut:
                await asyncio.sleep(0)

    async def flood(self, kind: Word, writer: asyncio.StreamWriter) -> None:
        block = {
            "flood-line": b"x" * 65536,
            "flood-comments": b": still here\n\n" * 4096,
            "flood-headers": b"x-more: " + b"y" * 1000 + b"\r\n",
        }[kind]
        if kind != "flood-headers":
            block = b"%x\r\n%b\r\n" % (len(block), block)
        try:
            while True:
                writer.write(block)
                self.seen.written += len(block)
                await writer.drain()
        except ConnectionError:
            self.seen.client_closed.set()


@asynccontextmanager
async def fault_server(
    answers: Sequence[Answer], cut: int | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[str, Seen]]:
    """Serve a script; yields the base URL and what was seen. *cut* writes that many bytes at
    a time.
    """
    seen = Seen()
    script = _Script(answers, cut, seen)
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
        with suppress(asyncio.CancelledError):  # the end of the test
            await script.serve(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls, limit=1 << 22)
    scheme = "https" if tls else "http"
    try:
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", seen
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # let aborted transports close their sockets
