"""Cerebras through its own SDK (extra ``cerebras``).

The SDK would send the key to ``/v1/tcp_warming`` as soon as a client is made; that is switched off,
connections are warmed by our own pool. Cerebras reserves ``max_completion_tokens`` against the
account's limits at admission, so a lane that sets no ``max_tokens`` is sent with a tight one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.model.lane import Lane
from workbench.providers.base import Services
from workbench.providers.request_body import Dialect
from workbench.providers.sdk import Body, Call, Kit, SdkProvider, Wire, chat_call, make_sdk
from workbench.providers.secret import Secret

if TYPE_CHECKING:
    from cerebras.cloud.sdk import AsyncCerebras


def make(lane: Lane, services: Services) -> SdkProvider:
    """Make the adapter of a lane.

    Raises:
        ConfigError: an option is wrong.
    """
    return make_sdk(lane, services, Kit("cerebras.cloud.sdk", _call))


def _call(wire: Wire, key: Secret, dialect: Dialect) -> Call:
    return chat_call(_client(wire, key).chat.completions.with_streaming_response.create, dialect)


def _client(wire: Wire, key: Secret) -> AsyncCerebras:
    import httpx
    from cerebras.cloud.sdk import AsyncCerebras

    class Stream(Body, httpx.AsyncByteStream):
        pass

    class Transport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            head, exchange = await wire.send(request)
            return httpx.Response(head.status, headers=head.headers, stream=Stream(exchange))

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
