"""Any server that speaks OpenAI's chat completions, over the stamping HTTP client.

A lane needs ``base_url``; ``key_env`` names its key. Options of the lane: ``allow_http`` (plain
http to another machine), ``proxy`` (``http://host:port``), ``ca_file``, ``headers`` (a table),
``usage`` (False for servers that refuse ``stream_options``) and ``max_tokens_field``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace

from workbench.errors import ConfigError, MissingKey, ProviderError, StreamBroken
from workbench.model.lane import Lane
from workbench.providers.base import Final, Request, Sent, Services, StreamItem
from workbench.providers.failures import BODY_LIMIT, from_status, not_a_stream
from workbench.providers.http.address import Address, parse_address
from workbench.providers.http.connection import ConnectionGone, Head
from workbench.providers.http.exchange import Exchange, encode_request, exchange
from workbench.providers.http.pool import Pool
from workbench.providers.openai_chat import ChatStream
from workbench.providers.request_body import Body, Dialect, encode_body
from workbench.providers.secret import Secret

_NOT_STREAMS = ("application/json", "text/html", "application/xml", "text/xml")


class CompatibleProvider:
    """The adapter of one lane.

    The *key* goes to *address* alone, as a bearer token. ``needs`` names the variable to tell the
    person about when a key is required and missing.
    """

    def __init__(
        self,
        address: Address,
        pool: Pool,
        *,
        key: Secret | None = None,
        needs: str | None = None,
        headers: Mapping[str, str] | None = None,
        dialect: Dialect | None = None,
        connect_seconds: float = 10.0,
    ) -> None:
        self.address = address
        self._pool = pool
        self._key = key
        self._needs = needs
        self._dialect = dialect or Dialect()
        self._connect_seconds = connect_seconds
        self._headers = [("Accept", "text/event-stream"), ("User-Agent", "workbench")]
        self._headers += (headers or {}).items()

    async def prepare(self, status: Callable[[str], None]) -> None:
        """Open a connection, and walk the code once, so that the clock starts on warm ground.

        Raises:
            MissingKey: the lane names a key that is not there.
            ConnectFailed: no connection.
        """
        self._require_key()
        if not self._pool.idle_count(self.address.endpoint):
            status("connecting")
        await self._pool.warm(self.address.endpoint, self._connect_seconds)

    async def stream(self, request: Request) -> AsyncIterator[Sequence[StreamItem]]:
        """Send and yield what arrives; see :class:`workbench.providers.base.Provider`."""
        self._require_key()
        body = encode_body(request, self._dialect)
        raw = encode_request(
            "POST", self.address, self._dialect.path, self._request_headers(), body.data
        )
        try:
            async with exchange(self._pool, self.address, raw, request.deadlines) as wire:
                stamp, connect_ms = await wire.send()
                yield (Sent(stamp, connect_ms),)
                head = await wire.head()
                await _refuse(head, wire)
                answer = Answer(wire, head, body)
                while batch := await answer.next():
                    yield batch
        except ProviderError as error:
            raise self._scrubbed(error)  # noqa: B904 - the same error, without the key

    async def close(self) -> None:
        """Nothing of its own: the pool belongs to the engine."""

    def _request_headers(self) -> list[tuple[str, str]]:
        headers = [*self._headers, ("Content-Type", "application/json")]
        if self._key:
            headers.append(("Authorization", f"Bearer {self._key.reveal()}"))
        return headers

    def _require_key(self) -> None:
        if self._needs and not self._key:
            raise MissingKey(
                f"No key for {self.address.endpoint.origin}: {self._needs} is not set.",
                f"Set the environment variable {self._needs}, or store the key in the keyring.",
            )

    def _scrubbed(self, error: ProviderError) -> ProviderError:
        if self._key:
            error.message = self._key.scrub(error.message)
            error.body = self._key.scrub(error.body)
            error.args = (error.message,)
        return error


async def _refuse(head: Head, wire: Exchange) -> None:
    """Raise for a response that is no event stream."""
    if head.status != 200:
        raise from_status(head, await wire.read_all(16 * BODY_LIMIT))
    coding = (head.get("content-encoding") or "identity").strip().lower()
    if coding != "identity":
        raise StreamBroken(
            f"The server compressed the stream ({coding[:40]}) although asked not to.",
            "Turn compression off for event streams in the server or the proxy before it.",
            status=200,
        )
    kind = (head.get("content-type") or "").partition(";")[0].strip().lower()
    if kind in _NOT_STREAMS:
        raise not_a_stream(head, await wire.read_all(16 * BODY_LIMIT))


class Answer:
    """The answer of one response, read batch by batch."""

    def __init__(self, wire: Exchange, head: Head, body: Body) -> None:
        self._wire = wire
        self._head = head
        self._body = body
        self._chat = ChatStream()
        self._beginning = bytearray()
        self._final = False

    async def next(self) -> Sequence[StreamItem]:
        """Return what arrived since, ``Final`` alone at the end, then nothing.

        Raises:
            ProviderError: the stream is not, or no longer, an answer.
        """
        chat, wire = self._chat, self._wire
        while not chat.done and not self._final:
            if chat.error is not None:
                raise chat.error
            try:
                parts = await wire.read()
            except ProviderError as error:
                return self._end(error)
            if not parts:
                break
            deltas = chat.feed(parts)
            if chat.progress_ns:
                wire.progress(chat.progress_ns)
                if chat.ended:
                    wire.finishing()
            elif not chat.begun and len(self._beginning) < BODY_LIMIT:
                self._beginning += b"".join(data for _, data in parts)[:BODY_LIMIT]
            if deltas:
                return deltas
        return self._end(None)

    def _end(self, broken: ProviderError | None) -> Sequence[StreamItem]:
        chat = self._chat
        if self._final:
            return ()
        self._final = True
        self._wire.whole = chat.ended
        if broken is not None and not chat.ended:
            if not isinstance(broken, ConnectionGone) or not chat.begun:
                raise broken
        elif not chat.begun and not chat.done:
            raise not_a_stream(self._head, bytes(self._beginning))
        return (*chat.rest(), self._finished(broken))

    def _finished(self, broken: ProviderError | None) -> Final:
        """The chat's end, with what the response's head and the exchange know."""
        final, head = self._chat.final(), self._head
        data: dict[str, object] = {**final.provider_data, "request": self._body.sent}
        limits = {k: v for k, v in head.headers if "ratelimit" in k or k == "retry-after"}
        if limits:
            data["rate_limits"] = limits
        if self._wire.reconnected:
            data["reconnected"] = True
        if broken is not None:
            data["broken"] = broken.message
        identity = head.get("x-request-id") or head.get("request-id") or final.request_id
        return replace(final, provider_data=data, request_id=identity)


def make(lane: Lane, services: Services) -> CompatibleProvider:
    """Make the adapter of a lane.

    Raises:
        ConfigError: no ``base_url``, or one that cannot be used; an option of the wrong type.
    """
    if not lane.base_url:
        raise ConfigError(
            f"The lane {lane.name} has no base_url.",
            'Add one, e.g. base_url = "http://127.0.0.1:8080/v1".',
        )
    options = Options(lane)
    address = parse_address(
        lane.base_url,
        allow_http=options.flag("allow_http", default=False),
        proxy=options.text("proxy"),
        ca_file=options.text("ca_file"),
    )
    found = services.secret(lane.key_env, lane.base_url) if lane.key_env else None
    dialect = Dialect(
        max_tokens=options.text("max_tokens_field") or "max_tokens",
        usage=options.flag("usage", default=True),
    )
    return CompatibleProvider(
        address,
        services.share(Pool, Pool),
        key=Secret(found) if found else None,
        needs=lane.key_env,
        headers=options.table("headers"),
        dialect=dialect,
        connect_seconds=lane.deadlines.connect,
    )


class Options:
    """Typed access to a lane's ``options``."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a true-or-false option."""
        found = self._lane.options.get(name, default)
        if not isinstance(found, bool):
            raise self._wrong(name, "true or false")
        return found

    def text(self, name: str) -> str | None:
        """Return a text option, or None."""
        found = self._lane.options.get(name)
        if found is not None and not isinstance(found, str):
            raise self._wrong(name, "text")
        return found

    def table(self, name: str) -> dict[str, str]:
        """Return a table of texts, empty when absent."""
        found = self._lane.options.get(name, {})
        if not isinstance(found, Mapping) or not all(isinstance(v, str) for v in found.values()):
            raise self._wrong(name, "a table of texts")
        return {str(key): str(value) for key, value in found.items()}

    def _wrong(self, name: str, wanted: str) -> ConfigError:
        return ConfigError(
            f"The option {name} of the lane {self._lane.name} is not {wanted}.",
            f"See [lanes.{self._lane.name}.options] in the configuration.",
        )
