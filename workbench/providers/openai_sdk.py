"""OpenAI through its own SDK (extra ``openai``): chat completions, or Responses where a model
needs it (lane option ``api = "responses"``; chosen by itself for models that have nothing else).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from workbench.errors import ConfigError
from workbench.model.lane import Lane
from workbench.providers.base import Request, Services
from workbench.providers.compatible import Options
from workbench.providers.openai_responses import ResponsesStream, responses_params
from workbench.providers.request_body import Dialect, messages_of
from workbench.providers.sdk import (
    Body,
    Call,
    Kit,
    Response,
    SdkProvider,
    Wire,
    chat_call,
    make_sdk,
)
from workbench.providers.secret import Secret

if TYPE_CHECKING:
    from openai import AsyncOpenAI

RESPONSES_ONLY = (
    "o1-pro",
    "o3-pro",
    "o3-deep-research",
    "o4-mini-deep-research",
    "computer-use-preview",
    "codex-",
    "gpt-5-codex",
    "gpt-5-pro",
    "gpt-5.1-codex",
    "gpt-5.5-pro",
    "gpt-5.6-cyber",
    "gpt-6-cyber",
    "gpt-6-rosalind",
    "gpt-6.2-astra-law",
    "gpt-daybreak",
    "gpt-rosalind",
)
"""Beginnings of model names that OpenAI serves through Responses alone: those that its SDK knows as
``ResponsesModel`` and not as ``ChatModel``, and the codex models.
"""


def make(lane: Lane, services: Services) -> SdkProvider:
    """Make the adapter of a lane.

    Raises:
        ConfigError: an option is wrong.
    """
    options = Options(lane)
    headers: dict[str, str] = {}
    for option, header in (("organization", "OpenAI-Organization"), ("project", "OpenAI-Project")):
        value = options.text(option)
        if value:
            headers[header] = value
    kit = Kit("openai", _chat)
    if uses_responses(lane.model, options.text("api")):
        kit = Kit("openai", _responses, ResponsesStream)
    return make_sdk(lane, services, kit, headers)


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

    class Stream(Body, httpx2.AsyncByteStream):
        pass

    class Transport(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            head, exchange = await wire.send(request)
            return httpx2.Response(head.status, headers=head.headers, stream=Stream(exchange))

    endpoint, path = wire.address.endpoint, wire.address.path
    return AsyncOpenAI(
        api_key=key.reveal(),
        base_url=endpoint.origin + path,
        max_retries=0,
        http_client=httpx2.AsyncClient(
            transport=Transport(), trust_env=False, follow_redirects=False
        ),
    )


def _chat(wire: Wire, key: Secret, dialect: Dialect) -> Call:
    return chat_call(_client(wire, key).chat.completions.with_streaming_response.create, dialect)


def _responses(wire: Wire, key: Secret, _: Dialect) -> Call:
    create = _client(wire, key).responses.with_streaming_response.create

    def call(request: Request) -> tuple[Response, Mapping[str, object]]:
        sent = {"model": request.model, "stream": True, **responses_params(request.params)}
        body = {"input": messages_of(request), **sent}
        return cast("Response", create(model=request.model, stream=True, extra_body=body)), sent

    return call
