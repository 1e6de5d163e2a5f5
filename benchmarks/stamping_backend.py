"""A network backend for httpcore2 that stamps every read in ``data_received`` (plain http only):
the alternative the decision on the HTTP client was measured against.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

import httpcore2

if TYPE_CHECKING:
    import ssl


class _Stamper(asyncio.Protocol):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.parts: deque[tuple[int, bytes]] = deque()
        self.waiter: asyncio.Future[None] | None = None
        self.eof = False

    def data_received(self, data: bytes) -> None:
        self.parts.append((time.monotonic_ns(), data))
        self.wake()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.eof = True
        self.wake()

    def wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


class StampedStream(httpcore2.AsyncNetworkStream):
    """``stamp`` is the arrival of what ``read`` returned last."""

    def __init__(self, transport: asyncio.Transport, protocol: _Stamper) -> None:
        self.transport, self.protocol = transport, protocol
        self.stamp = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        del max_bytes, timeout  # this alternative has not even deadlines to pay for
        protocol = self.protocol
        while not protocol.parts and not protocol.eof:
            protocol.waiter = protocol.loop.create_future()
            await protocol.waiter
        if not protocol.parts:
            return b""
        self.stamp, data = protocol.parts.popleft()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        del timeout
        self.transport.write(buffer)

    async def aclose(self) -> None:
        self.transport.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore2.AsyncNetworkStream:
        raise NotImplementedError("measured over plain http")

    def get_extra_info(self, info: str) -> object:
        if info == "is_readable":
            return self.protocol.eof
        return None


class StampingBackend(httpcore2.AsyncNetworkBackend):
    """Opens :class:`StampedStream`."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[object] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        del timeout, local_address, socket_options
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_connection(lambda: _Stamper(loop), host, port)
        return StampedStream(transport, protocol)
