"""What the adapters over an SDK share: the SDK makes the request, we read the stream.

The SDK is given an HTTP client whose transport is our own (:mod:`workbench.providers.http`), so its
requests travel over the same stamped, pooled connections, and it can send to one origin only. What
the SDK picks up from the environment (organisation, project, telemetry headers) is left out.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import field
from importlib import import_module
from typing import Protocol, cast

from workbench.errors import ConfigError, MissingKey, ProviderError
from workbench.model.lane import Deadlines, Lane
from workbench.providers.answer import Answer, Decoder
from workbench.providers.base import Request, Sent, Services, StreamItem
from workbench.providers.compatible import (
    Options,
    address_of,
    dialect_of,
    gate_of,
    headers_of,
    key_of,
)
from workbench.providers.failures import BODY_LIMIT, from_status
from workbench.providers.gate import Gate
from workbench.providers.http.address import Address
from workbench.providers.http.connection import Head
from workbench.providers.http.exchange import Exchange, encode_request
from workbench.providers.http.pool import Pool
from workbench.providers.openai_chat import ChatStream
from workbench.providers.presets import PRESETS, resolve
from workbench.providers.request_body import Dialect, fields_of, messages_of
from workbench.providers.secret import Secret
from workbench.records import dataclass

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

    async def send(self, request: SdkRequest) -> tuple[Head, Exchange]:
        """Send one request and wait for the head of its response.

        Raises:
            ConfigError: the SDK wants to send somewhere else than the lane's origin.
            ProviderError: no connection, or no HTTP.
        """
        ticket = self.ticket.get()
        url = request.url
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        if origin != self.address.endpoint.origin:
            raise ConfigError(
                f"The SDK wants to send to {origin} instead of {self.address.endpoint.origin}.",
                "Nothing was sent. Set the lane's base_url.",
            )
        headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in request.headers.raw]
        kept = [(k, v) for k, v in headers if k.lower() in KEPT_HEADERS]
        kept += self.headers.items()
        raw = encode_request(
            request.method,
            Address(self.address.endpoint, ""),
            url.raw_path.decode("ascii"),
            kept,
            await request.aread(),
        )
        exchange = Exchange(self.pool, self.address, raw, ticket.deadlines)
        ticket.exchange = exchange
        try:
            ticket.sent.set_result(await exchange.send())
            ticket.head = await exchange.head()
        except ProviderError as error:
            ticket.error = error
            raise
        return ticket.head, exchange


class _Url(Protocol):
    @property
    def scheme(self) -> str: ...

    @property
    def netloc(self) -> bytes: ...

    @property
    def raw_path(self) -> bytes: ...


class _Headers(Protocol):
    @property
    def raw(self) -> Sequence[tuple[bytes, bytes]]: ...


class SdkRequest(Protocol):
    """A request of an SDK: both generations of httpx have these."""

    method: str

    @property
    def url(self) -> _Url:
        """Where it goes."""
        ...

    @property
    def headers(self) -> _Headers:
        """Its headers, as bytes."""
        ...

    async def aread(self) -> bytes:
        """Return its body."""
        ...


class Body:
    """The body of a response for an SDK that wants to read it itself (it does so for errors).

    Mixed into each httpx generation's own type of stream.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the first of it; what takes longer than five seconds is left."""
        left = 16 * BODY_LIMIT
        with suppress(TimeoutError, ProviderError):
            async with asyncio.timeout(5):
                while left > 0 and (parts := await self._exchange.read()):
                    data = b"".join(part for _, part in parts)
                    left -= len(data)
                    yield data

    async def aclose(self) -> None:
        """Close the connection."""
        self._exchange.close()


class Response(Protocol):
    """What ``with_streaming_response.create(...)`` gives: a context manager around a response."""

    async def __aenter__(self) -> object:
        """Send the request."""
        ...

    async def __aexit__(self, kind: object, error: object, trace: object) -> object:
        """Close the response."""
        ...


Call = Callable[[Request], tuple[Response, Mapping[str, object]]]
"""Sends a request with an SDK; returns the response and what was sent besides the messages."""


@dataclass(frozen=True, slots=True)
class Kit:
    """An SDK: the module to import, what makes a client of it that sends over a wire, and what
    reads the bodies of its responses.
    """

    module: str
    client: Callable[[Wire, Secret, Dialect], Call]
    decoder: Callable[[], Decoder] = ChatStream


def chat_call(create: Callable[..., object], dialect: Dialect) -> Call:
    """Return what sends a chat completions request with an SDK's method *create*: the body is ours,
    the SDK only carries it.
    """

    def call(request: Request) -> tuple[Response, Mapping[str, object]]:
        sent = fields_of(request, dialect)
        body = {"messages": messages_of(request), **sent}
        made = create(model=request.model, messages=[], stream=True, extra_body=body)
        return cast("Response", made), sent

    return call


def make_sdk(
    lane: Lane, services: Services, kit: Kit, headers: Mapping[str, str] | None = None
) -> SdkProvider:
    """Make the adapter of a lane over an SDK; *headers* are added to the lane's own.

    Raises:
        ConfigError: an option is wrong.
    """
    dialect = PRESETS[lane.provider].dialect
    lane = resolve(lane)
    options = Options(lane)
    address = address_of(lane, options)
    key = key_of(lane, services)
    own, missing = headers_of(lane, options, services)
    wire = Wire(address, Pool.of(services), {**own, **(headers or {})})
    dialect = dialect_of(options, dialect)
    gate = gate_of(lane, services, address, key, dialect.cap)
    return SdkProvider(wire, gate, kit, dialect, key, lane, missing)


class SdkProvider:
    """The adapter of one lane over an SDK.

    The SDK (*kit*) is imported and its client made when the lane is first made ready, in a thread:
    openai takes a second to import. A missing *key*, or another *missing* variable, is told when
    the lane is used, so that it costs the other lanes of a race nothing.
    """

    def __init__(
        self,
        wire: Wire,
        gate: Gate,
        kit: Kit,
        dialect: Dialect,
        key: Secret | None,
        lane: Lane,
        missing: str | None = None,
    ) -> None:
        self.wire = wire
        self._gate = gate
        self._kit = kit
        self._call: Call | None = None
        self._dialect = dialect
        self._key = key
        self._lane = lane
        self._missing = missing if key is not None else lane.key_env

    async def prepare(self, status: Callable[[str], None]) -> None:
        """Load the SDK and open a connection.

        Raises:
            MissingKey: there is no key.
            ProviderError: the SDK is not installed.
            ConnectFailed: no connection.
        """
        self._gate.status = status
        self._gate.check()
        await self._caller(status)
        if not self.wire.pool.idle_count(self.wire.address.endpoint):
            status("connecting")
        try:
            await self.wire.pool.warm(self.wire.address.endpoint, self._lane.deadlines.connect)
        except ProviderError as error:
            self._gate.failed(error)
            raise

    async def stream(self, request: Request) -> AsyncIterator[Sequence[StreamItem]]:
        """Send and yield what arrives; see :class:`workbench.providers.base.Provider`."""
        call = await self._caller(self._gate.status)
        admission = await self._gate.enter(request)
        loop = asyncio.get_running_loop()
        ticket = Ticket(request.deadlines, loop.create_future())
        self.wire.ticket.set(ticket)
        try:
            response, sent = call(request)
        except ConfigError as error:  # of this attempt alone: the race goes on
            self._gate.leave(admission, None)
            raise ProviderError(error.message, error.hint, kind="bad_request") from None
        entering = asyncio.create_task(_enter(response))
        answer = Answer(sent, self._kit.decoder(), admission.reserved)
        try:
            await asyncio.wait((ticket.sent, entering), return_when=asyncio.FIRST_COMPLETED)
            if ticket.sent.done():
                yield (Sent(*ticket.sent.result(), so_far=answer.so_far),)
            head, exchange = await self._entered(entering, ticket)
            await answer.begin(exchange, head)
            while batch := await answer.next():
                yield batch
        except ProviderError as error:
            answer.head = ticket.head
            self._gate.failed(error)
            raise self._scrubbed(error)  # noqa: B904 - the same error, without the key
        finally:
            self._gate.leave(admission, answer.final)
            entering.cancel()
            if ticket.exchange is not None:
                ticket.exchange.close()

    async def close(self) -> None:
        """Nothing of its own: the pool belongs to the engine."""

    async def _caller(self, status: Callable[[str], None]) -> Call:
        if self._key is None or self._missing:
            raise MissingKey(
                f"No key for the lane {self._lane.name}: {self._missing} is not set.",
                f"Set the environment variable {self._missing}, or store the key: "
                f"workbench lanes key {self._lane.name}.",
            )
        if self._call is None:
            if self._kit.module not in sys.modules:
                status("loading the SDK")
            try:
                await asyncio.to_thread(import_module, self._kit.module)
            except ImportError:
                raise ProviderError(
                    f"The SDK of {self._lane.provider} is not installed.",
                    f'pip install "workbench[{self._lane.provider}]", or use provider = '
                    '"compatible" with base_url and key_env.',
                    kind="bad_request",
                ) from None
            self._call = self._kit.client(self.wire, self._key, self._dialect)
        return self._call

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
            cause = error.__cause__ if isinstance(error.__cause__, ConfigError) else error
            if isinstance(cause, ConfigError):
                raise ProviderError(cause.message, cause.hint, kind="bad_request") from None
            raise ProviderError(f"The SDK failed: {error}", kind="protocol") from error
        if ticket.exchange is None or ticket.head is None:
            raise ProviderError("The SDK gave no response.", kind="protocol")
        return ticket.head, ticket.exchange

    def _scrubbed(self, error: ProviderError) -> ProviderError:
        if self._key is not None:
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
