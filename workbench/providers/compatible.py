"""Any server that speaks OpenAI's chat completions, over the stamping HTTP client.

A lane needs ``base_url``; ``key_env`` names its key. Options of the lane: ``allow_http`` (plain
http to another machine), ``proxy`` (``http://host:port``), ``ca_file``, ``headers`` (a table; a
value ``env:NAME`` stands for a variable),
``usage`` (False for servers that refuse ``stream_options``) and ``max_tokens_field``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace

from workbench.errors import ConfigError, MissingKey, ProviderError
from workbench.model.confidential import reference
from workbench.model.lane import Lane, Limits
from workbench.providers.answer import Answer
from workbench.providers.base import Request, Sent, Services, StreamItem
from workbench.providers.gate import Gate
from workbench.providers.http.address import Address, parse_address
from workbench.providers.http.exchange import encode_request, exchange
from workbench.providers.http.pool import Pool
from workbench.providers.limiter import Limiter, Limiters
from workbench.providers.openai_chat import ChatStream
from workbench.providers.request_body import Dialect, encode_body
from workbench.providers.secret import Secret


class CompatibleProvider:
    """The adapter of one lane.

    The *key* goes to *address* alone, as a bearer token. *missing* names the variable to tell the
    person about when one is required and not there.
    """

    def __init__(
        self,
        address: Address,
        pool: Pool,
        *,
        key: Secret | None = None,
        missing: str | None = None,
        headers: Mapping[str, str] | None = None,
        dialect: Dialect | None = None,
        connect_seconds: float = 10.0,
        gate: Gate | None = None,
    ) -> None:
        self.address = address
        self._pool = pool
        self._key = key
        self._missing = missing
        self._dialect = dialect or Dialect()
        self._connect_seconds = connect_seconds
        self._gate = gate or Gate(Limiter(address.endpoint.origin), Limits())
        self._headers = [("Accept", "text/event-stream"), ("User-Agent", "workbench")]
        self._headers += (headers or {}).items()

    async def prepare(self, status: Callable[[str], None]) -> None:
        """Open a connection, so that the clock starts on warm ground.

        Raises:
            MissingKey: the lane names a key that is not there.
            ConnectFailed: no connection.
        """
        self._require_key()
        self._gate.status = status
        self._gate.check()
        if not self._pool.idle_count(self.address.endpoint):
            status("connecting")
        try:
            await self._pool.warm(self.address.endpoint, self._connect_seconds)
        except ProviderError as error:
            self._gate.failed(error)
            raise

    async def stream(self, request: Request) -> AsyncIterator[Sequence[StreamItem]]:
        """Send and yield what arrives; see :class:`workbench.providers.base.Provider`."""
        self._require_key()
        raw, sent = self._encode(request)
        admission = await self._gate.enter(request)
        answer = Answer(sent, ChatStream(), admission.reserved)
        try:
            async with exchange(self._pool, self.address, raw, request.deadlines) as wire:
                stamp, connect_ms = await wire.send()
                yield (Sent(stamp, connect_ms, so_far=answer.so_far),)
                await answer.begin(wire, await wire.head())
                while batch := await answer.next():
                    yield batch
        except ProviderError as error:
            self._gate.failed(error)
            raise self._scrubbed(error)  # noqa: B904 - the same error, without the key
        finally:
            self._gate.leave(admission, answer.final)

    async def close(self) -> None:
        """Nothing of its own: the pool belongs to the engine."""

    def _encode(self, request: Request) -> tuple[bytes, Mapping[str, object]]:
        """Return the bytes of the request, and the parameters in it."""
        try:
            body = encode_body(request, self._dialect)
            headers = self._request_headers()
            raw = encode_request("POST", self.address, self._dialect.path, headers, body.data)
        except ConfigError as error:  # of this attempt alone: the race goes on
            raise ProviderError(error.message, error.hint, kind="bad_request") from None
        return raw, body.sent

    def _request_headers(self) -> list[tuple[str, str]]:
        headers = [*self._headers, ("Content-Type", "application/json")]
        if self._key:
            headers.append(("Authorization", f"Bearer {self._key.reveal()}"))
        return headers

    def _require_key(self) -> None:
        if self._missing:
            raise MissingKey(
                f"No key for {self.address.endpoint.origin}: {self._missing} is not set.",
                f"Set the environment variable {self._missing}, or store the key in the keyring.",
            )

    def _scrubbed(self, error: ProviderError) -> ProviderError:
        if self._key:
            error.message = self._key.scrub(error.message)
            error.body = self._key.scrub(error.body)
            error.args = (error.message,)
        return error


def make(lane: Lane, services: Services, dialect: Dialect | None = None) -> CompatibleProvider:
    """Make the adapter of a lane.

    Raises:
        ConfigError: no ``base_url``, or one that cannot be used; an option of the wrong type.
    """
    options = Options(lane)
    address = address_of(lane, options)
    key = key_of(lane, services)
    headers, missing = headers_of(lane, options, services)
    dialect = dialect_of(options, dialect or Dialect())
    return CompatibleProvider(
        address,
        Pool.of(services),
        key=key,
        missing=lane.key_env if lane.key_env and not key else missing,
        headers=headers,
        dialect=dialect,
        connect_seconds=lane.deadlines.connect,
        gate=gate_of(lane, services, address, key, dialect.cap),
    )


def key_of(lane: Lane, services: Services) -> Secret | None:
    """Return the lane's key, or None when it names none or there is none."""
    found = services.secret(lane.key_env, lane.base_url or "") if lane.key_env else None
    return Secret(found.strip()) if found and found.strip() else None


def headers_of(
    lane: Lane, options: Options, services: Services
) -> tuple[dict[str, str], str | None]:
    """Return the lane's own headers, references (``env:NAME``) replaced by what they refer to, and
    the name of a variable that is not there.

    Raises:
        ConfigError: they are no table of texts.
    """
    headers: dict[str, str] = {}
    missing: str | None = None
    for header, value in options.table("headers").items():
        wanted = reference(value)
        if wanted is None:
            headers[header] = value
            continue
        found = (services.secret(wanted.name, lane.base_url or "") or "").strip()
        missing = missing if found else wanted.name
        headers[header] = f"{wanted.scheme} {found}".strip()
    return headers, missing


def dialect_of(options: Options, base: Dialect) -> Dialect:
    """Return a service's dialect as the lane's options change it.

    Raises:
        ConfigError: an option is of the wrong type.
    """
    return replace(
        base,
        max_tokens=options.text("max_tokens_field") or base.max_tokens,
        usage=options.flag("usage", default=base.usage),
    )


def address_of(lane: Lane, options: Options) -> Address:
    """Return where a lane's requests go.

    Raises:
        ConfigError: no ``base_url``, or one that cannot be used.
    """
    if not lane.base_url:
        raise ConfigError(
            f"The lane {lane.name} has no base_url.",
            'Add one, e.g. base_url = "http://127.0.0.1:8080/v1".',
        )
    return parse_address(
        lane.base_url,
        allow_http=options.flag("allow_http", default=False),
        proxy=options.text("proxy"),
        ca_file=options.text("ca_file"),
    )


def gate_of(
    lane: Lane, services: Services, address: Address, key: Secret | None, cap: int | None = None
) -> Gate:
    """Return the gate of a lane: the limiter of its account and a breaker of its own."""
    limiters = services.share(Limiters, Limiters)
    return Gate(limiters.of(address.endpoint.origin, key), lane.limits, cap=cap)


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
