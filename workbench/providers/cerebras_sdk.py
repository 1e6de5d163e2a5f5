"""Cerebras through its own SDK (extra ``cerebras``).

The SDK would send the key to ``/v1/tcp_warming`` as soon as a client is made; that is switched off,
connections are warmed by our own pool. Cerebras reserves ``max_completion_tokens`` against the
account's limits at admission, so a lane should send a tight ``max_tokens``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, cast

from workbench.model.lane import Lane
from workbench.providers.base import Request, Services
from workbench.providers.compatible import Options, address_of, gate_of
from workbench.providers.http.exchange import Exchange
from workbench.providers.http.pool import Pool
from workbench.providers.openai_chat import ChatStream
from workbench.providers.openai_sdk import key_of
from workbench.providers.presets import PRESETS, resolve
from workbench.providers.request_body import params_of
from workbench.providers.sdk import Call, Kit, Response, SdkProvider, Wire, read_part
from workbench.providers.secret import Secret

if TYPE_CHECKING:
    from cerebras.cloud.sdk import AsyncCerebras


def make(lane: Lane, services: Services) -> SdkProvider:
    """Make the adapter of a lane.

    Raises:
        ConfigError: an option is wrong.
    """
    lane = resolve(lane)
    options = Options(lane)
    address = address_of(lane, options)
    key = key_of(lane, services)
    wire = Wire(address, Pool.of(services), options.table("headers"))
    gate = gate_of(lane, services, address, key)
    return SdkProvider(wire, gate, Kit("cerebras.cloud.sdk", _call), ChatStream, key, lane)


def _call(wire: Wire, key: Secret) -> Call:
    client = _client(wire, key)
    return lambda request: _chat(client, request)


def _client(wire: Wire, key: Secret) -> AsyncCerebras:
    import httpx
    from cerebras.cloud.sdk import AsyncCerebras

    class Body(httpx.AsyncByteStream):
        def __init__(self, exchange: Exchange) -> None:
            self._exchange = exchange

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for data in read_part(self._exchange):
                yield data

        async def aclose(self) -> None:
            self._exchange.close()

    class Transport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            origin = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
            head, exchange = await wire.send(
                request.method,
                origin,
                request.url.raw_path.decode("ascii"),
                [(k.decode("latin-1"), v.decode("latin-1")) for k, v in request.headers.raw],
                await request.aread(),
            )
            return httpx.Response(head.status, headers=head.headers, stream=Body(exchange))

    endpoint, path = wire.address.endpoint, wire.address.path
    return AsyncCerebras(
        api_key=key.reveal(),
        base_url=endpoint.origin + path.removesuffix("/v1"),  # the SDK adds /v1 by itself
        max_retries=0,
        warm_tcp_connection=False,
        http_client=httpx.AsyncClient(
            transport=Transport(), trust_env=False, follow_redirects=False
        ),
    )


def _chat(client: AsyncCerebras, request: Request) -> tuple[Response, Mapping[str, object]]:
    sent = {
        "model": request.model,
        "stream": True,
        "stream_options": {"include_usage": True},
        **params_of(request.params, PRESETS["cerebras"].dialect),
    }
    messages = [{"role": m.role, "content": m.content} for m in request.messages]
    call = client.chat.completions.with_streaming_response.create(
        model=request.model, messages=[], stream=True, extra_body={"messages": messages, **sent}
    )
    return cast("Response", call), sent
