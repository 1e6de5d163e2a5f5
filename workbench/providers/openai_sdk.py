"""OpenAI through its own SDK (extra ``openai``): chat completions, or Responses where a model
needs it (lane option ``api = "responses"``; chosen by itself for models that have nothing else).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, cast

from workbench.errors import ConfigError
from workbench.model.lane import Lane
from workbench.providers.base import Request, Services
from workbench.providers.compatible import Options, address_of, gate_of
from workbench.providers.http.exchange import Exchange
from workbench.providers.http.pool import Pool
from workbench.providers.openai_chat import ChatStream
from workbench.providers.openai_responses import ResponsesStream, responses_params
from workbench.providers.presets import PRESETS, resolve
from workbench.providers.request_body import params_of
from workbench.providers.sdk import Call, Kit, Response, SdkProvider, Wire, read_part
from workbench.providers.secret import Secret

if TYPE_CHECKING:
    from openai import AsyncOpenAI

RESPONSES_ONLY = ("o1-pro", "o3-pro", "o3-deep-research", "o4-mini-deep-research", "codex-")
"""Beginnings of model names that OpenAI serves through Responses alone."""


def make(lane: Lane, services: Services) -> SdkProvider:
    """Make the adapter of a lane.

    Raises:
        ConfigError: an option is wrong.
    """
    lane = resolve(lane)
    options = Options(lane)
    address = address_of(lane, options)
    key = key_of(lane, services)
    headers = options.table("headers")
    for option, header in (("organization", "OpenAI-Organization"), ("project", "OpenAI-Project")):
        value = options.text(option)
        if value:
            headers[header] = value
    wire = Wire(address, Pool.of(services), headers)
    gate = gate_of(lane, services, address, key)
    if uses_responses(lane.model, options.text("api")):
        return SdkProvider(wire, gate, Kit("openai", _responses_call), ResponsesStream, key, lane)
    return SdkProvider(wire, gate, Kit("openai", _chat_call), ChatStream, key, lane)


def key_of(lane: Lane, services: Services) -> Secret | None:
    """Return the lane's key, or None when there is none."""
    found = services.secret(lane.key_env or "", lane.base_url or "")
    return Secret(found.strip()) if found and found.strip() else None


def uses_responses(model: str, api: str | None) -> bool:
    """Tell whether a model is asked through Responses.

    Raises:
        ConfigError: the option ``api`` is neither ``chat`` nor ``responses``.
    """
    if api not in (None, "chat", "responses"):
        raise ConfigError(f"api = {api!r} is not known.", 'Write api = "chat" or "responses".')
    return api == "responses" or (api is None and model.startswith(RESPONSES_ONLY))


def _client(wire: Wire, key: Secret) -> AsyncOpenAI:
    import httpx2
    from openai import AsyncOpenAI

    class Body(httpx2.AsyncByteStream):
        def __init__(self, exchange: Exchange) -> None:
            self._exchange = exchange

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for data in read_part(self._exchange):
                yield data

        async def aclose(self) -> None:
            self._exchange.close()

    class Transport(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            origin = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
            head, exchange = await wire.send(
                request.method,
                origin,
                request.url.raw_path.decode("ascii"),
                [(k.decode("latin-1"), v.decode("latin-1")) for k, v in request.headers.raw],
                await request.aread(),
            )
            return httpx2.Response(head.status, headers=head.headers, stream=Body(exchange))

    endpoint, path = wire.address.endpoint, wire.address.path
    return AsyncOpenAI(
        api_key=key.reveal(),
        base_url=endpoint.origin + path,
        max_retries=0,
        http_client=httpx2.AsyncClient(
            transport=Transport(), trust_env=False, follow_redirects=False
        ),
    )


def _chat_call(wire: Wire, key: Secret) -> Call:
    client = _client(wire, key)
    return lambda request: _chat(client, request)


def _responses_call(wire: Wire, key: Secret) -> Call:
    client = _client(wire, key)
    return lambda request: _responses(client, request)


def _messages(request: Request) -> list[dict[str, str]]:
    return [{"role": m.role, "content": m.content} for m in request.messages]


def _chat(client: AsyncOpenAI, request: Request) -> tuple[Response, Mapping[str, object]]:
    sent = {
        "model": request.model,
        "stream": True,
        "stream_options": {"include_usage": True},
        **params_of(request.params, PRESETS["openai"].dialect),
    }
    call = client.chat.completions.with_streaming_response.create(
        model=request.model,
        messages=[],
        stream=True,
        extra_body={"messages": _messages(request), **sent},
    )
    return cast("Response", call), sent


def _responses(client: AsyncOpenAI, request: Request) -> tuple[Response, Mapping[str, object]]:
    sent = {"model": request.model, "stream": True, **responses_params(request.params)}
    call = client.responses.with_streaming_response.create(
        model=request.model, stream=True, extra_body={"input": _messages(request), **sent}
    )
    return cast("Response", call), sent
