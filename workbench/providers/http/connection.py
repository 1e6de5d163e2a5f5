"""One HTTP/1.1 connection: an asyncio protocol that stamps every read, and httptools' parser.

A stamp is ``time.monotonic_ns()`` taken first thing in ``data_received``; parsing and everything
after it may be late, the stamp is not: even parsing is left to the reader.
Reading pauses while a megabyte waits for its reader.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Literal

import httptools

from workbench.errors import ProviderError, StreamBroken
from workbench.providers.turns import Turns
from workbench.records import dataclass

HIGH_WATER = 1 << 20
"""Bytes waiting for the reader at which the socket is no longer read."""
MAX_HEAD = 64 << 10
"""Bytes a response head may have."""

Part = tuple[int, bytes]
"""A piece of a body with the stamp of the read that brought it."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of a response; header names are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    stamp_ns: int

    def get(self, name: str) -> str | None:
        """Return the first value of a header (name in lower case)."""
        return next((value for key, value in self.headers if key == name), None)


class ConnectionGone(StreamBroken):
    """The connection closed before the response was whole.

    ``answered`` is False when not one byte of the response had come.
    """

    def __init__(self, message: str, hint: str = "", *, answered: bool) -> None:
        super().__init__(message, hint)
        self.answered = answered


State = Literal["idle", "head", "body", "done", "closed"]


class Connection(asyncio.Protocol):
    """A connection that carries one request at a time.

    ``send`` starts a request, ``head`` waits for status and headers, ``read`` for what of the body
    has arrived since. All three belong to one task.
    """

    __slots__ = (
        "_draining", "_error", "_fields", "_head", "_head_bytes", "_keep_alive", "_loop",
        "_parser", "_parts", "_paused", "_raw", "_stamp", "_to_eof", "_transport", "_turns",
        "_waiter", "_waiting_bytes", "answered", "idle_since", "on_lost", "state",
    )  # fmt: skip

    def __init__(self, loop: asyncio.AbstractEventLoop, turns: Turns) -> None:
        self._loop = loop
        self._turns = turns
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[None] | None = None
        self.on_lost: Callable[[Connection], None] | None = None
        self.idle_since = 0.0
        self.state: State = "idle"
        self._stamp = 0
        self._reset()

    def _reset(self) -> None:
        self._raw: list[Part] = []
        self._parts: list[Part] = []
        self._waiting_bytes = 0
        self._fields: list[tuple[str, str]] = []
        self._head: Head | None = None
        self._head_bytes = 0
        self._to_eof = False
        self._keep_alive = False
        self._error: ProviderError | None = None
        self._paused = False
        self._draining: Callable[[Connection], None] | None = None
        self.answered = False

    # -- asyncio's side ---------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport (asyncio calls this; after TLS it is TLS's)."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Stamp and keep; parsing waits for the reader, so that no stamp waits for a parser."""
        stamp = time.monotonic_ns()
        if self.state not in ("head", "body"):
            self.abort()  # nobody asked: whatever this is, it must not be taken for an answer
            return
        self.answered = True
        self._raw.append((stamp, data))
        if self._draining is not None:
            self.parse()
            return
        self._waiting_bytes += len(data)
        if self._waiting_bytes > HIGH_WATER and not self._paused and self._transport:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def parse(self) -> None:
        """Parse what has arrived."""
        raw, self._raw = self._raw, []
        self._waiting_bytes = 0
        for self._stamp, data in raw:
            if self.state == "head":
                self._head_bytes += len(data)
            elif self.state != "body":
                self.abort()  # bytes after the end of the response; the answer itself is whole
                return
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade:
                self.fail(StreamBroken("The server switched to another protocol (HTTP 101)."))
            except httptools.HttpParserError as error:
                # After the end of the response this only closes: the answer itself is whole.
                self.fail(StreamBroken(f"The server's answer is not valid HTTP: {error}."))
            if self.state == "head" and self._head_bytes > MAX_HEAD:
                self.fail(StreamBroken("The server's response head is longer than 64 kB."))

    def connection_lost(self, exc: Exception | None) -> None:
        """Settle what was under way, and tell the pool."""
        self.parse()
        before, self.state = self.state, "closed"
        if before == "body" and self._to_eof and exc is None:
            before = "done"
        if before in ("head", "body") and self._error is None:
            if not self.answered:
                message = "The server closed the connection without an answer."
            elif before == "head":
                message = "The server closed the connection within the response head."
            else:
                message = "The connection was closed in the middle of the answer."
            self._error = ConnectionGone(message, answered=self.answered)
        self._transport = None
        self._wake()
        if self.on_lost is not None:
            self.on_lost(self)

    # -- the parser's side -------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep one header."""
        if self.state == "head":
            self._fields.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Keep the head, unless it is an interim one (1xx)."""
        if self.state != "head":
            self.abort()  # a second response nobody asked for
            return
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            self._fields = []
            return
        self._head = Head(status, tuple(self._fields), self._stamp)
        length, coding = self._head.get("content-length"), self._head.get("transfer-encoding")
        self._to_eof = length is None and coding is None
        self._keep_alive = self._parser.should_keep_alive()  # at the end llhttp has forgotten
        self.state = "body"

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body."""
        if self.state != "body" or self._draining is not None:
            return
        self._parts.append((self._stamp, body))

    def on_message_complete(self) -> None:
        """Note the end of the response."""
        if self.state != "body":
            return
        self.state = "done"
        if self._draining is not None:
            self._loop.call_soon(self._draining, self)
            self._draining = None

    # -- the reader's side -------------------------------------------------------------------

    def send(self, request: bytes) -> int:
        """Hand a request to the connection; returns the stamp taken just before.

        Raises:
            ConnectionGone: the connection has closed meanwhile.
        """
        if self._transport is None or self._transport.is_closing() or self.state != "idle":
            raise ConnectionGone("The connection has closed.", answered=False)
        self._reset()
        self.state = "head"
        stamp = time.monotonic_ns()
        self._transport.write(request)
        return stamp

    async def head(self) -> Head:
        """Wait for status and headers.

        Raises:
            ConnectionGone: the server closed the connection instead.
            ProviderError: what :meth:`fail` was called with, or the answer is not HTTP.
        """
        while True:
            self.parse()
            if self._head is not None:
                return self._head
            if self._error is not None:
                raise self._error
            self._resume()
            await self._arrival()

    async def read(self) -> list[Part]:
        """Return what has arrived since; an empty list is the end of the body.

        Raises:
            ConnectionGone: the connection closed before the body was whole.
            ProviderError: what :meth:`fail` was called with, after everything that had arrived.
        """
        while True:
            self.parse()
            if self._parts:
                break
            if self._error is not None:
                raise self._error
            if self.state in ("done", "closed"):
                return []
            self._resume()
            await self._arrival()
        parts, self._parts = self._parts, []
        self._resume()
        return parts

    @property
    def oldest_unread_ns(self) -> int | None:
        """The stamp of the oldest bytes that were not read yet; None when all were."""
        waiting = self._parts or self._raw
        return waiting[0][0] if waiting else None

    @property
    def open(self) -> bool:
        """True while a request can be sent."""
        return (
            self.state == "idle"
            and self._transport is not None
            and not self._transport.is_closing()
        )

    def recycle(self) -> bool:
        """Make ready for the next request; False when this connection cannot carry one."""
        self.parse()
        usable = (
            self.state == "done"
            and self._transport is not None
            and not self._transport.is_closing()
            and self._transport.get_write_buffer_size() == 0
            and self._keep_alive
        )
        if usable:
            self._reset()
            self.state = "idle"
            self.idle_since = self._loop.time()
        return usable

    def drain(self, then: Callable[[Connection], None]) -> None:
        """Drop what is left of the body and call *then* at its end: for a response that has said
        all it has to say while its last bytes are still on the way. Closed after a second.
        """
        self._parts = []
        self._resume()
        self._draining = then
        self._loop.call_later(1.0, self._stop_draining)

    def _stop_draining(self) -> None:
        if self._draining is not None:
            self._draining = None
            self.abort()

    def fail(self, error: ProviderError) -> None:
        """End the response with *error* (after what has arrived) and close at once."""
        if self._error is None and self.state in ("head", "body"):
            self._error = error
        self.abort()
        self._wake()

    def abort(self) -> None:
        """Close the socket at once. May be called at any time."""
        if self._transport is not None:
            self._transport.abort()

    def _resume(self) -> None:
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()

    async def _arrival(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._turns.wake(self._waiter)
