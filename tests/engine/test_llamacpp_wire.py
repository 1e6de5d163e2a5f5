"""The protocol as an independent implementation speaks it: llama.cpp's own server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from workbench.config.paths import models_dir
from workbench.errors import ProviderError
from workbench.model.lane import Lane, Params
from workbench.model.prompt import Message
from workbench.providers.base import Delta, Final, Request, Sent, Services
from workbench.providers.compatible import CompatibleProvider
from workbench.providers.http.address import parse_address
from workbench.providers.http.pool import Pool
from workbench.providers.local import make
from workbench.providers.secret import Secret

pytestmark = pytest.mark.models


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    made = Services(lambda _name, _url: None, cores=2, local_lanes=1, models_dir=models_dir())
    yield made
    await made.close()


@pytest.fixture
async def server(services: Services) -> CompatibleProvider:
    """The compatible adapter against the real server, with its token."""
    provider = make(Lane("small", "local", "smollm2"), services)
    _, inner = await provider._ready(lambda _: None)
    return inner


async def ask(
    provider: CompatibleProvider, params: Params, text: str = "Name a colour."
) -> tuple[str, Final]:
    said, final = "", None
    async for batch in provider.stream(Request("smollm2", (Message("user", text),), params)):
        for item in batch:
            if isinstance(item, Delta):
                said += item.text
            elif isinstance(item, Final):
                final = item
    assert final is not None
    return said, final


async def test_usage_timings_and_finish_reason_are_the_servers_own(
    server: CompatibleProvider,
) -> None:
    _, final = await ask(server, Params(temperature=0.0, max_tokens=5))
    assert final.complete
    assert final.finish_reason == "length"
    assert final.tokens.output == 5
    assert final.tokens.source == "measured"
    assert isinstance(final.provider_data["timings"], dict)


async def test_log_probabilities_of_every_token_are_kept(server: CompatibleProvider) -> None:
    _, final = await ask(server, Params(temperature=0.0, max_tokens=4, logprobs=2))
    found = final.provider_data["logprobs"]
    assert isinstance(found, list)
    assert len(found) == 4
    assert all(entry["logprob"] <= 0 and len(entry["top_logprobs"]) == 2 for entry in found)


async def test_a_grammar_in_the_extra_body_reaches_the_server(server: CompatibleProvider) -> None:
    grammar = Params(temperature=0.0, max_tokens=9, extra={"grammar": 'root ::= "red" | "blue"'})
    text, final = await ask(server, grammar)
    assert text in ("red", "blue")
    assert final.finish_reason == "stop"


async def test_a_json_schema_as_response_format_is_obeyed(server: CompatibleProvider) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    text, _ = await ask(
        server, Params(temperature=0.0, max_tokens=40, response_format=json.dumps(form))
    )
    assert isinstance(json.loads(text)["n"], int)


async def test_stop_strings_seed_and_temperature_are_understood(server: CompatibleProvider) -> None:
    params = Params(temperature=0.9, top_p=0.9, seed=11, max_tokens=12, stop=("\n",))
    first, _ = await ask(server, params)
    again, _ = await ask(server, params)
    assert first == again
    assert "\n" not in first


async def test_a_wrong_key_is_an_auth_error_in_the_servers_words(
    server: CompatibleProvider, services: Services
) -> None:
    pool = services.share(Pool, Pool)
    for key in (None, Secret("not-the-token")):
        stranger = CompatibleProvider(server.address, pool, key=key)
        with pytest.raises(ProviderError) as caught:
            await ask(stranger, Params(max_tokens=1))
        assert caught.value.kind == "auth"
        assert caught.value.status == 401
        assert "not-the-token" not in str(caught.value) + caught.value.body


async def test_a_request_it_refuses_is_told_in_its_words(server: CompatibleProvider) -> None:
    with pytest.raises(ProviderError) as caught:
        await ask(server, Params(max_tokens=1, extra={"grammar": "root ::= ("}))
    assert caught.value.kind in ("bad_request", "server")
    assert caught.value.body
    with pytest.raises(ProviderError) as caught:
        await ask(server, Params(max_tokens=1), text="word " * 20_000)
    assert caught.value.kind == "bad_request"
    assert "context" in str(caught.value)


async def test_a_wrong_path_is_not_found(server: CompatibleProvider, services: Services) -> None:
    address = parse_address(server.address.endpoint.origin + "/nowhere")
    lost = CompatibleProvider(address, services.share(Pool, Pool), key=server._key)
    with pytest.raises(ProviderError) as caught:
        await ask(lost, Params(max_tokens=1))
    assert caught.value.kind == "not_found"


async def test_a_cancel_frees_the_server_for_the_next_answer(server: CompatibleProvider) -> None:
    long = Request("smollm2", (Message("user", "Tell a story."),), Params(max_tokens=2000))
    stream = server.stream(long)
    async for batch in stream:
        if any(isinstance(item, Delta) for item in batch):
            break
        assert isinstance(batch[0], Sent)
    await stream.aclose()  # type: ignore[attr-defined]
    async with asyncio.timeout(20):
        _, final = await ask(server, Params(temperature=0.0, max_tokens=2))
    assert final.tokens.output == 2
