"""What the adapters over an SDK share: the SDK makes the request, we read the stream.

The SDK is given an HTTP client whose transport is our own (:mod:`workbench.providers.http`), so its
requests travel over the same stamped, pooled connections, and it can send to one origin only. What
the SDK picks up from the environment (organisation, project, telemetry headers) is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

from workbench.errors import ConfigError, ProviderError
from workbench.model.lane import Deadlines
from workbench.providers.answer import Answer, Decoder, refuse
from workbench.providers.base import Request, Sent, StreamItem
from workbench.providers.failures import BODY_LIMIT, from_status
from workbench.providers.gate import Gate
from workbench.providers.http.address import Address
from workbench.providers.http.connection import Head
from workbench.providers.http.exchange import Exchange, encode_request
from workbench.providers.http.pool import Pool
from workbench.providers.secret import Secret

KEPT_HEADERS = frozenset({"authorization", "content-type", "accept", "user-agent"})
"""Headers of the SDK that are sent; the lane's own are added to them."""


@dataclass(slots=True)
class Ticket:
    """What one request brings into the transport, and what it gets back."""

    deadlines: Deadlines
    sent: asyncio.Future[tuple[int, float | None]]
    exchange: Exchange | None = None
    head: Head | None = None
    error: ProviderError | None = None


@dataclass(slots=True)
class Wire:
    """Sends an SDK's requests over our connections; the part both httpx generations share."""

    address: Address
    pool: Pool
    headers: Mapping[str, str]
    ticket: ContextVar[Ticket] = field(default_factory=lambda: ContextVar("ticket"))

    async def send(
        self, method: str, origin: str, path: str, headers: Sequence[tuple[str, str]], body: bytes
    ) -> tuple[Head, Exchange]:
        """Send one request and wait for the head of its response.

        Raises:
            ConfigError: the SDK wants to send somewhere else than the lane's origin.
            ProviderError: no connection, or no HTTP.
        """
        ticket = self.ticket.get()
        if origin != self.address.endpoint.origin:
            raise ConfigError(
                f"The SDK wants to send to {origin} instead of {self.address.endpoint.origin}.",
                "Nothing was sent. Set the lane's base_url.",
            )
        kept = [(k, v) for k, v in headers if k.lower() in KEPT_HEADERS]
        kept += self.headers.items()
        raw = encode_request(method, Address(self.address.endpoint, ""), path, kept, body)
        exchange = Exchange(self.pool, self.address, raw, ticket.deadlines)
        ticket.exchange = exchange
        try:
            ticket.sent.set_result(await exchange.send())
            ticket.head = await exchange.head()
        except ProviderError as error:
            ticket.error = error
            raise
        return ticket.head, exchange


class Response(Protocol):
    """What ``with_streaming_response.create(...)`` gives: a context manager around a response."""

    async def __aenter__(self) -> object:
        """Send the request."""
        ...

    async def __aexit__(self, kind: object, error: object, trace: object) -> object:
        """Close the response."""
        ...


class SdkProvider:
    """The adapter of one lane over an SDK.

    *call* sends a request with the SDK, and returns what of it was sent besides the messages.
    *decoder* makes what reads the body.
    """

    def __init__(
        self,
        wire: Wire,
        gate: Gate,
        call: Callable[[Request], tuple[Response, Mapping[str, object]]],
        decoder: Callable[[Request], Decoder],
        key: Secret,
        connect_seconds: float,
    ) -> None:
        self.wire = wire
        self._gate = gate
        self._call = call
        self._decoder = decoder
        self._key = key
        self._connect_seconds = connect_seconds

    async def prepare(self, status: Callable[[str], None]) -> None:
        """Open a connection.

        Raises:
            ConnectFailed: no connection.
        """
        self._gate.status = status
        self._gate.check()
        if not self.wire.pool.idle_count(self.wire.address.endpoint):
            status("connecting")
        try:
            await self.wire.pool.warm(self.wire.address.endpoint, self._connect_seconds)
        except ProviderError as error:
            self._gate.failed(error)
            raise

    async def stream(self, request: Request) -> AsyncIterator[Sequence[StreamItem]]:
        """Send and yield what arrives; see :class:`workbench.providers.base.Provider`."""
        admission = await self._gate.enter(request)
        loop = asyncio.get_running_loop()
        ticket = Ticket(request.deadlines, loop.create_future())
        self.wire.ticket.set(ticket)
        response, sent = self._call(request)
        entering = asyncio.create_task(_enter(response))
        answer: Answer | None = None
        try:
            await asyncio.wait((ticket.sent, entering), return_when=asyncio.FIRST_COMPLETED)
            if ticket.sent.done():
                yield (Sent(*ticket.sent.result()),)
            head, exchange = await self._entered(entering, ticket)
            await refuse(head, exchange)
            answer = Answer(exchange, head, sent, self._decoder(request))
            while batch := await answer.next():
                yield batch
        except ProviderError as error:
            self._gate.failed(error)
            raise self._scrubbed(error)  # noqa: B904 - the same error, without the key
        finally:
            self._gate.leave(admission, answer.final if answer else None)
            entering.cancel()
            if ticket.exchange is not None:
                ticket.exchange.close()

    async def close(self) -> None:
        """Nothing of its own: the pool belongs to the engine."""

    async def _entered(
        self, entering: asyncio.Task[object], ticket: Ticket
    ) -> tuple[Head, Exchange]:
        """Wait for the SDK's response; its errors become ours."""
        try:
            await entering
        except Exception as error:  # every SDK has a tree of its own; none of it is lost
            if ticket.error is not None:
                raise ticket.error from None
            if ticket.head is not None:
                raise from_status(ticket.head, _body_of(error)) from None
            if isinstance(error, ProviderError | ConfigError):
                raise
            raise ProviderError(f"The SDK failed: {error}", kind="protocol") from error
        if ticket.exchange is None or ticket.head is None:
            raise ProviderError("The SDK gave no response.", kind="protocol")
        return ticket.head, ticket.exchange

    def _scrubbed(self, error: ProviderError) -> ProviderError:
        error.message = self._key.scrub(error.message)
        error.body = self._key.scrub(error.body)
        error.args = (error.message,)
        return error


async def _enter(response: Response) -> object:
    return await response.__aenter__()  # closed by closing its exchange


def _body_of(error: Exception) -> bytes:
    """The body of the response that an SDK's error carries."""
    content = getattr(getattr(error, "response", None), "content", b"")
    return content[: 16 * BODY_LIMIT] if isinstance(content, bytes) else b""


async def read_part(exchange: Exchange) -> AsyncIterator[bytes]:
    """Yield the body for an SDK that wants to read it itself (it does so for errors)."""
    left = 16 * BODY_LIMIT
    with suppress(TimeoutError, ProviderError):
        async with asyncio.timeout(5):
            while left > 0 and (parts := await exchange.read()):
                data = b"".join(part for _, part in parts)
                left -= len(data)
                yield data
