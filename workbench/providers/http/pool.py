"""The pool: warm connections by endpoint. There are no slots, so none can leak.

How many requests run at once is the limiter's business; the pool only keeps connections that are
idle and knows every connection that is open, so that closing it closes them all.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from workbench.errors import ConfigError, ConnectFailed
from workbench.providers.http.address import Endpoint, is_loopback
from workbench.providers.http.connection import Connection
from workbench.providers.turns import Turns
from workbench.records import dataclass

if TYPE_CHECKING:
    from workbench.providers.base import Services

IDLE_SECONDS = 30.0
"""An idle connection older than this is not trusted: routers forget in silence."""
MAX_IDLE = 256
"""Idle connections kept for one endpoint."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A connection for one request; ``connect_ms`` is None when it was warm."""

    connection: Connection
    connect_ms: float | None = None


class Pool:
    """Opens, keeps and closes connections. One per engine, on one event loop."""

    def __init__(self, turns: Turns | None = None) -> None:
        self._turns = turns or Turns()
        self._idle: dict[Endpoint, list[Connection]] = {}
        self._open: dict[Connection, Endpoint] = {}
        self._tls: dict[str | None, ssl.SSLContext] = {}
        self._closed = False

    @classmethod
    def of(cls, services: Services) -> Pool:
        """Return the pool of an engine."""
        return services.share(cls, lambda: cls(services.turns))

    @property
    def open_count(self) -> int:
        """Number of connections open, idle or not."""
        return len(self._open)

    def idle_count(self, endpoint: Endpoint) -> int:
        """Number of idle connections to *endpoint*."""
        return len(self._idle.get(endpoint, ()))

    async def acquire(self, endpoint: Endpoint, seconds: float, *, fresh: bool = False) -> Lease:
        """Return a warm connection, or open one within *seconds*; *fresh* opens one always.

        Raises:
            ConnectFailed: refused, unknown host, TLS failure or time-out.
        """
        if not fresh:
            # One turn of the loop: a close that has already arrived is seen before we write.
            if self._idle.get(endpoint):
                await asyncio.sleep(0)
            found = self._take(endpoint)
            if found is not None:
                return Lease(found)
        return await self._connect(endpoint, seconds)

    async def warm(self, endpoint: Endpoint, seconds: float) -> None:
        """Make sure that an idle connection to *endpoint* exists.

        Raises:
            ConnectFailed: as :meth:`acquire`.
        """
        connection = self._take(endpoint) or (await self._connect(endpoint, seconds)).connection
        self._keep(endpoint, connection)

    def release(self, connection: Connection, *, whole: bool = False) -> None:
        """Give a connection back: kept if its response was read to the end, else closed.

        With *whole* set the answer is known to be whole, and only the response's last bytes may
        be missing: the connection is kept once they have come.
        """
        endpoint = self._open.get(connection)
        connection.parse()
        if whole and connection.state == "body":
            connection.drain(self.release)
            return
        if endpoint is not None and not self._closed and connection.recycle():
            self._keep(endpoint, connection)
        else:
            connection.abort()

    async def close(self) -> None:
        """Close every connection."""
        self._closed = True
        self._idle.clear()
        for connection in tuple(self._open):
            connection.abort()
        if self._open:
            await asyncio.sleep(0)  # the transports' own call_soon(connection_lost)

    def _take(self, endpoint: Endpoint) -> Connection | None:
        idle = self._idle.get(endpoint, [])
        oldest = asyncio.get_running_loop().time() - IDLE_SECONDS
        while idle:
            connection = idle.pop()
            if connection.open and connection.idle_since >= oldest:
                return connection
            connection.abort()
        return None

    def _keep(self, endpoint: Endpoint, connection: Connection) -> None:
        idle = self._idle.setdefault(endpoint, [])
        if len(idle) >= MAX_IDLE or self._closed:
            connection.abort()
        else:
            idle.append(connection)

    def _lost(self, connection: Connection) -> None:
        endpoint = self._open.pop(connection, None)
        idle = self._idle.get(endpoint) if endpoint is not None else None
        if idle and connection in idle:
            idle.remove(connection)

    async def _connect(self, endpoint: Endpoint, seconds: float) -> Lease:
        if self._closed:
            raise ConnectFailed("The connection pool is closed.")
        loop = asyncio.get_running_loop()
        began = loop.time()
        connection = Connection(loop, self._turns)
        try:
            async with asyncio.timeout(seconds):
                await self._open_transport(endpoint, connection)
        except TimeoutError:
            connection.abort()
            raise ConnectFailed(
                f"No connection to {endpoint.authority} within {seconds:g} s.",
                "Check the address and the network, or raise the lane's connect deadline.",
            ) from None
        except BaseException as error:
            connection.abort()
            if isinstance(error, OSError | ValueError):
                raise describe(error, endpoint) from error
            raise
        connection.on_lost = self._lost
        connection.idle_since = loop.time()
        if self._closed or not connection.open:
            connection.abort()
            raise ConnectFailed(f"{endpoint.authority} closed the connection at once.")
        self._open[connection] = endpoint
        return Lease(connection, (loop.time() - began) * 1000)

    async def _open_transport(self, endpoint: Endpoint, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        tls = self._context(endpoint) if endpoint.secure else None
        if endpoint.proxy is not None:
            from workbench.providers.http.proxy import tunnel

            await tunnel(endpoint, connection, tls)
            return
        await loop.create_connection(
            lambda: connection,
            endpoint.host,
            endpoint.port,
            ssl=tls,
            server_hostname=endpoint.host if tls else None,
            happy_eyeballs_delay=None if is_loopback(endpoint.host) else 0.25,
        )

    def _context(self, endpoint: Endpoint) -> ssl.SSLContext:
        found = self._tls.get(endpoint.ca_file)
        if found is None:
            try:
                found = ssl.create_default_context(cafile=endpoint.ca_file)
            except (OSError, ssl.SSLError) as error:
                raise ConfigError(
                    f"The certificates in {endpoint.ca_file} cannot be read: {error}.",
                    "Name a file of PEM certificates in the lane's ca_file option.",
                ) from None
            found.set_alpn_protocols(["http/1.1"])
            self._tls[endpoint.ca_file] = found
        return found


def describe(error: OSError | ValueError, endpoint: Endpoint) -> ConnectFailed:
    """Turn an operating system's or TLS error into a sentence with a hint."""
    import socket

    where = endpoint.authority
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectFailed(
            f"The certificate of {where} is not trusted: {error.verify_message}.",
            "If the server has its own certificate authority, name its file in ca_file.",
        )
    if isinstance(error, ssl.SSLError):
        return ConnectFailed(
            f"TLS with {where} failed: {error.reason or error}.", "Is it an http server?"
        )
    if isinstance(error, socket.gaierror):
        return ConnectFailed(
            f"The host {endpoint.host} is not known.", "Check base_url and the network."
        )
    if isinstance(error, ConnectionRefusedError):
        return ConnectFailed(
            f"Nothing answers at {where}.", "Is the server running, and is the port right?"
        )
    return ConnectFailed(f"No connection to {where}: {error}.", "Check base_url and the network.")
