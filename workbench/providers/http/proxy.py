"""A tunnel through an HTTP proxy (CONNECT), used only when a lane's configuration names one."""

from __future__ import annotations

import asyncio
import ssl

from workbench.errors import ConnectFailed
from workbench.providers.http.address import Endpoint
from workbench.providers.http.connection import Connection

_MAX_ANSWER = 16 << 10


class _Tunnel(asyncio.Protocol):
    """Collects the proxy's answer to CONNECT."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.answer = loop.create_future()
        self._seen = b""

    def data_received(self, data: bytes) -> None:
        self._seen += data
        if self.answer.done():
            return
        if b"\r\n\r\n" in self._seen or len(self._seen) > _MAX_ANSWER:
            self.answer.set_result(self._seen)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if not self.answer.done():
            self.answer.set_result(self._seen)


async def tunnel(endpoint: Endpoint, connection: Connection, tls: ssl.SSLContext | None) -> None:
    """Connect to the endpoint's proxy, ask for a tunnel, and start TLS with the server in it.

    Raises:
        ConnectFailed: the proxy refuses.
        OSError: the proxy cannot be reached, or TLS fails.
    """
    if endpoint.proxy is None or tls is None:
        raise ValueError("A tunnel needs a proxy and TLS.")
    loop = asyncio.get_running_loop()
    transport, helper = await loop.create_connection(
        lambda: _Tunnel(loop), endpoint.proxy[0], endpoint.proxy[1]
    )
    try:
        host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
        target = f"{host}:{endpoint.port}"
        transport.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode("ascii"))
        answer: bytes = await helper.answer
        _check(answer, endpoint.proxy)
        secured = await loop.start_tls(transport, connection, tls, server_hostname=endpoint.host)
    except BaseException:
        transport.abort()
        raise
    if secured is None:
        raise ConnectFailed("The tunnel closed while TLS was starting.")
    connection.connection_made(secured)


def _check(answer: bytes, proxy: tuple[str, int]) -> None:
    line = answer.partition(b"\r\n")[0]
    status = line.split(b" ")
    if len(status) < 2 or status[1] != b"200" or not answer.endswith(b"\r\n\r\n"):
        said = line[:200].decode("latin-1") or "nothing"
        raise ConnectFailed(
            f"The proxy {proxy[0]}:{proxy[1]} refuses a tunnel: {said}.",
            "Check the lane's proxy option.",
        )
