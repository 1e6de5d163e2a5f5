"""One request and its streamed response, with its deadlines, on a connection of the pool."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from workbench.errors import ConfigError, ProviderError
from workbench.model.lane import Deadlines
from workbench.providers.http.address import Address
from workbench.providers.http.connection import Connection, ConnectionGone, Head, Part
from workbench.providers.http.pool import Pool


def encode_request(
    method: str,
    address: Address,
    tail: str,
    headers: Sequence[tuple[str, str]],
    body: bytes = b"",
) -> bytes:
    """Return the bytes of a request. Answers are asked for uncompressed.

    Raises:
        ConfigError: a header name or value could smuggle something else.
    """
    lines = [f"{method} {address.target(tail)} HTTP/1.1", f"Host: {address.endpoint.authority}"]
    for name, value in headers:
        if not name.isascii() or any(c in "\r\n\0: " for c in name) or not name:
            raise ConfigError(f"{name!r} is not a header name.", "Check the lane's headers.")
        if any(c in "\r\n\0" for c in value):
            raise ConfigError(
                f"The value of the header {name} contains a line break or NUL.",
                "Check the key and the lane's headers for stray white space.",
            )
        lines.append(f"{name}: {value}")
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    try:
        return "\r\n".join((*lines, "Accept-Encoding: identity", "", "")).encode("latin-1") + body
    except UnicodeEncodeError:
        raise ConfigError(
            "A header contains characters that HTTP cannot carry.",
            "Check the key and the lane's headers.",
        ) from None


FINISHING_SECONDS = 5.0
"""How long usage and the end marker are waited for once the answer has its finish reason."""


class Watch:
    """The deadlines of one response on a single timer: nothing is armed per chunk.

    ``progress`` notes the stamp of a token; the timer looks at it only when it rings, and goes
    back to sleep if the deadline has moved.
    """

    __slots__ = (
        "_connection",
        "_deadlines",
        "_finishing",
        "_last",
        "_loop",
        "_start",
        "_timer",
        "_token",
    )

    def __init__(self, connection: Connection, deadlines: Deadlines) -> None:
        self._loop = asyncio.get_running_loop()
        self._connection = connection
        self._deadlines = deadlines
        self._start = self._last = self._loop.time()
        self._token = False
        self._finishing = False
        self._timer: asyncio.TimerHandle | None = None
        self._arm(self._due())

    def progress(self, stamp_ns: int) -> None:
        """Note that a token came with the read stamped *stamp_ns*."""
        self._last = stamp_ns / 1e9
        if not self._token:
            self._token = True
            self._arm(self._due())

    def finishing(self) -> None:
        """Note that the answer is whole and only usage and the end marker may follow."""
        if not self._finishing:
            self._finishing = True
            self._arm(self._due())

    def stop(self) -> None:
        """Disarm."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> float:
        limits = self._deadlines
        phase = self._last + (limits.between_tokens if self._token else limits.first_token)
        if self._finishing:
            phase = min(phase, self._last + FINISHING_SECONDS)
        return min(phase, self._start + limits.total)

    def _arm(self, when: float) -> None:
        self.stop()
        self._timer = self._loop.call_at(when, self._ring)

    def _ring(self) -> None:
        now, due = self._loop.time(), self._due()
        unread = self._connection.oldest_unread_ns
        if now < due:
            self._arm(due)
        elif unread is not None and unread / 1e9 < due:
            self._arm(now + 0.02)  # what came in time is still being read: not the server's fault
        else:
            self._connection.fail(self._error(now))

    def _error(self, now: float) -> ProviderError:
        limits = self._deadlines
        if now >= self._start + limits.total:
            what, name = f"The answer was not complete within {limits.total:g} s", "total"
        elif self._token:
            what, name = f"No token for {limits.between_tokens:g} s", "between_tokens"
        else:
            what, name = f"No first token within {limits.first_token:g} s", "first_token"
        return ProviderError(
            f"{what}.", f"Raise the lane's {name} deadline to wait longer.", kind="timeout"
        )


class Exchange:
    """A request on its way and the response as it comes.

    ``reconnected`` tells that a warm connection had to be replaced; set ``whole`` when the answer
    is known to be complete, so that the connection can be kept although its last bytes are due.
    """

    __slots__ = (
        "_deadlines",
        "_lease",
        "_pool",
        "_request",
        "_watch",
        "address",
        "reconnected",
        "whole",
    )

    def __init__(self, pool: Pool, address: Address, request: bytes, deadlines: Deadlines) -> None:
        self._pool = pool
        self.address = address
        self._request = request
        self._deadlines = deadlines
        self._lease: tuple[Connection, float | None] | None = None
        self._watch: Watch | None = None
        self.reconnected = False
        self.whole = False

    async def send(self) -> tuple[int, float | None]:
        """Hand the request to a connection; returns ``(stamp_ns, connect_ms or None)``.

        Raises:
            ConnectFailed: no connection.
        """
        return await self._send(fresh=False)

    async def _send(self, *, fresh: bool) -> tuple[int, float | None]:
        lease = await self._pool.acquire(
            self.address.endpoint, self._deadlines.connect, fresh=fresh
        )
        self._lease = (lease.connection, lease.connect_ms)
        stamp = lease.connection.send(self._request)
        self._watch = Watch(lease.connection, self._deadlines)
        return stamp, lease.connect_ms

    async def head(self) -> Head:
        """Wait for status and headers.

        A warm connection that turns out to be closed, before one byte of an answer, is replaced
        by a new one exactly once; nothing else is ever sent again from here.

        Raises:
            ProviderError: time-out, a closed connection, or not HTTP.
        """
        connection, connect_ms = self._leased()
        try:
            return await connection.head()
        except ConnectionGone as gone:
            if gone.answered or connect_ms is not None or self.reconnected:
                raise
        self.close()
        self.reconnected = True
        await self._send(fresh=True)
        return await self._leased()[0].head()

    async def read(self) -> list[Part]:
        """Return what of the body has arrived since, stamped; empty at the end.

        Raises:
            ProviderError: as :meth:`Connection.read`.
        """
        return await self._leased()[0].read()

    async def read_all(self, limit: int, seconds: float = 5.0) -> bytes:
        """Return the first *limit* bytes of the body, or what of them came within *seconds*."""
        body = bytearray()
        with suppress(ProviderError, TimeoutError):
            async with asyncio.timeout(seconds):
                while len(body) < limit and (parts := await self.read()):
                    body += b"".join(part for _, part in parts)
        return bytes(body[:limit])

    def progress(self, stamp_ns: int) -> None:
        """Note a token for the deadlines."""
        if self._watch is not None:
            self._watch.progress(stamp_ns)

    def finishing(self) -> None:
        """Note the finish reason: what is missing now is not waited for as long as a token."""
        if self._watch is not None:
            self._watch.finishing()

    def close(self) -> None:
        """Give the connection back, or close it at once when the response was not read whole."""
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        if self._lease is not None:
            self._pool.release(self._lease[0], whole=self.whole)
            self._lease = None

    def _leased(self) -> tuple[Connection, float | None]:
        if self._lease is None:
            raise RuntimeError("send() comes first")
        return self._lease


@asynccontextmanager
async def exchange(
    pool: Pool, address: Address, request: bytes, deadlines: Deadlines
) -> AsyncIterator[Exchange]:
    """Open an exchange that is closed whatever happens: cancelling closes the socket at once."""
    made = Exchange(pool, address, request, deadlines)
    try:
        yield made
    finally:
        made.close()
