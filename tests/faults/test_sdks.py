# ruff: noqa: E501 - one script per line: a table
"""The OpenAI and Cerebras SDKs over our connections: same scripts, same outcomes, no surprises."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from tests.faults.scripts import ALL, END, HELLO, WHOLE, Fault, frame, head, ok, plain
from tests.faults.server import fault_server
from tests.faults.test_streams import attempt
from workbench.errors import ConfigError, ConnectFailed, MissingKey, ProviderError
from workbench.model.attempt import Tokens
from workbench.model.lane import Lane, Params
from workbench.model.prompt import Message
from workbench.providers.base import Request, Services
from workbench.providers.http.pool import Pool
from workbench.providers.openai_sdk import uses_responses
from workbench.providers.registry import provider_for

pytest.importorskip("openai")
pytest.importorskip("cerebras.cloud.sdk")

CANARY = "sk-canary-0123456789"
SDKS = ("openai", "cerebras")


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    made = Services(lambda _name, _url: CANARY)
    yield made
    await made.close()


def lane(provider: str, url: str, **options: object) -> Lane:
    return Lane("a", provider, "m", base_url=url, options=options)


@pytest.mark.parametrize("sdk", SDKS)
@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.name)
async def test_a_fault_ends_as_without_the_sdk(fault: Fault, sdk: str, services: Services) -> None:
    async with fault_server(fault.answers) as (url, seen):
        found = await attempt(provider_for(lane(sdk, url), services))
        await services.close()
    assert (found.state, found.error and found.error.kind) == (fault.state, fault.kind)
    if fault.name != "reset in mid-answer":
        assert found.text == fault.text
    assert len(seen.requests) == fault.requests
    if fault.body is not None:
        assert found.error is not None
        assert fault.body in found.error.body
    if found.final is not None:
        assert found.final.tokens.output == fault.output


@pytest.mark.parametrize("sdk", SDKS)
async def test_nothing_of_the_environment_is_sent_and_nothing_before_the_request(
    sdk: str, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_KEY", "CEREBRAS_API_KEY"):
        monkeypatch.setenv(name, "from-the-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/elsewhere")
    monkeypatch.setenv("CEREBRAS_BASE_URL", "http://127.0.0.1:9/elsewhere")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with fault_server([ok(*WHOLE)]) as (url, seen):
        provider = provider_for(lane(sdk, url), services)
        await provider.prepare(lambda _: None)
        await asyncio.sleep(0)
        assert seen.requests == []
        params = Params(temperature=0.25, max_tokens=9, stop=("x",), extra={"top_k": 3})
        request = Request("m", (Message("user", "hi"),), params)
        async for _ in provider.stream(request):
            pass
        await services.close()
    (raw,) = seen.requests
    top, _, body = raw.partition(b"\r\n\r\n")
    assert top.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert f"Bearer {CANARY}".encode() in top
    assert b"from-the-environment" not in raw
    assert b"stainless" not in top.lower()
    assert json.loads(body) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.25,
        "max_completion_tokens": 9,
        "stop": ["x"],
        "top_k": 3,
    }


@pytest.mark.parametrize("sdk", SDKS)
async def test_a_key_echoed_by_the_server_is_masked(sdk: str, services: Services) -> None:
    body = b'{"error":{"message":"Incorrect API key provided: ' + CANARY.encode() + b'"}}'
    async with fault_server([plain(body, "401 Unauthorized")]) as (url, _):
        found = await attempt(provider_for(lane(sdk, url), services))
        await services.close()
    assert found.error is not None
    assert found.error.kind == "auth"
    assert CANARY not in f"{found.error} {found.error.body} {found.error.args!r}"


@pytest.mark.parametrize("sdk", SDKS)
async def test_a_cancel_closes_the_connection_at_once(sdk: str, services: Services) -> None:
    async with fault_server([(head(), frame(HELLO[0]), "hold")]) as (url, seen):
        task = asyncio.create_task(attempt(provider_for(lane(sdk, url), services)))
        await asyncio.wait_for(seen.asked.wait(), 5)
        task.cancel()
        await asyncio.wait_for(seen.client_closed.wait(), 1)
        assert services.share(Pool, Pool).open_count == 0
        await services.close()


@pytest.mark.parametrize("sdk", SDKS)
async def test_nobody_listening_is_a_failed_connection(sdk: str, services: Services) -> None:
    found = await attempt(provider_for(lane(sdk, "http://127.0.0.1:9/v1"), services))
    assert isinstance(found.error, ConnectFailed)


@pytest.mark.parametrize("sdk", SDKS)
async def test_a_missing_key_is_told_when_the_lane_is_used(sdk: str) -> None:
    provider = provider_for(Lane("a", sdk, "m"), Services(lambda _n, _u: None))
    with pytest.raises(MissingKey, match="_API_KEY is not set"):
        await provider.prepare(lambda _: None)
    assert isinstance((await attempt(provider)).error, MissingKey)


def test_no_sdk_is_imported_before_a_lane_needs_it() -> None:
    code = (
        "import sys, workbench.providers.registry, workbench.providers.compatible,"
        "workbench.providers.presets, workbench.providers.openai_sdk;"
        "print([m for m in ('openai','cerebras','httpx','httpx2','pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def event(kind: str, **more: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()


DONE = {
    "id": "resp_1",
    "model": "m-2026",
    "usage": {
        "input_tokens": 5,
        "output_tokens": 7,
        "input_tokens_details": {"cached_tokens": 2},
        "output_tokens_details": {"reasoning_tokens": 3},
    },
}
CUT = {**DONE, "incomplete_details": {"reason": "max_output_tokens"}}
SAID = (
    event("response.created", response={"id": "resp_1"}),
    event("response.reasoning_summary_text.delta", delta="hm"),
    event("response.output_text.delta", delta="Hel"),
    event("response.output_text.delta", delta="lo"),
)


@pytest.mark.parametrize("cut", [1, 7, None])
async def test_responses_are_read_as_well(services: Services, cut: int | None) -> None:
    script = ok(*SAID, event("response.completed", response=DONE))
    async with fault_server([script], cut) as (url, seen):
        found = await attempt(provider_for(lane("openai", url, api="responses"), services))
        await services.close()
    assert (found.state, found.text, found.reasoning) == ("complete", "Hello", "hm")
    assert found.final is not None
    assert found.final.tokens == Tokens(5, 7, 3, 2, "measured")
    assert found.final.served_model == "m-2026"
    (raw,) = seen.requests
    assert raw.startswith(b"POST /v1/responses HTTP/1.1\r\n")
    assert json.loads(raw.partition(b"\r\n\r\n")[2]) == {
        "model": "m",
        "input": [{"role": "user", "content": "hi"}],
        "stream": True,
        "store": False,
    }


@pytest.mark.parametrize(
    ("last", "state", "finish"),
    [
        (event("response.incomplete", response=CUT), "complete", "length"),
        (b"", "truncated", None),
        (event("response.failed", response={"error": {"message": "boom"}}), "error", None),
        (event("error", code="rate_limit_exceeded", message="boom"), "error", None),
        (b"data: {]\n\n", "error", None),
    ],
)  # fmt: skip
async def test_responses_that_do_not_end_well(
    services: Services, last: bytes, state: str, finish: str | None
) -> None:
    answer = (head(), *(frame(part) for part in (*SAID, last) if part), END)
    async with fault_server([answer]) as (url, _):
        found = await attempt(provider_for(lane("openai", url, api="responses"), services))
        await services.close()
    assert (found.state, found.text) == (state, "Hello")
    if found.final is not None:
        assert found.final.finish_reason == finish


ITEM = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
FILTERED = {**DONE, "incomplete_details": {"reason": "content_filter"}}


@pytest.mark.parametrize(
    ("events", "state", "text", "kept"),
    [
        ([*SAID, event("response.completed", response={**DONE, "usage": None})], "complete", "Hello", {}),
        ([*SAID, event("response.completed", response=DONE), *SAID], "complete", "Hello", {}),
        ([event("response.odd.delta", delta={"x": 1}), *SAID, event("response.completed", response=DONE)], "complete", "Hello", {}),
        ([event("keepalive"), *SAID, b": ping\n\n", event("response.completed", response=DONE)], "complete", "Hello", {}),
        ([event("response.output_item.done", item=ITEM), event("response.completed", response=DONE)], "complete", "", {"tool_calls": [{"name": "f", "arguments": "{}", "id": "c"}]}),
        ([event("response.refusal.delta", delta="I cannot"), event("response.completed", response=DONE)], "complete", "", {"refusal": "I cannot"}),
        ([*SAID, event("response.incomplete", response=FILTERED)], "complete", "Hello", {}),
        ([*SAID, event("response.failed", response={"error": None})], "error", "Hello", {}),
        ([*SAID, event("response.failed")], "error", "Hello", {}),
        ([*SAID, b"data: [DONE]\n\n"], "truncated", "Hello", {}),
    ],
)  # fmt: skip
async def test_hostile_responses_end_as_they_must(
    services: Services, events: list[bytes], state: str, text: str, kept: dict[str, object]
) -> None:
    async with fault_server([ok(*events)]) as (url, _):
        found = await attempt(provider_for(lane("openai", url, api="responses"), services))
        await services.close()
    assert (found.state, found.text) == (state, text)
    for name, value in kept.items():
        assert found.final is not None
        assert found.final.provider_data[name] == value


async def test_what_responses_does_not_know_is_refused_and_log_probabilities_are_kept(
    services: Services,
) -> None:
    token = {"token": "Hel", "logprob": -0.1}
    said = event("response.output_text.delta", delta="Hel", logprobs=[token])
    script = ok(said, event("response.completed", response=DONE))
    async with fault_server([script]) as (url, seen):
        provider = provider_for(lane("openai", url, api="responses"), services)
        for params in (Params(seed=7), Params(stop=("x",))):
            with pytest.raises(ProviderError, match="Responses knows no"):
                async for _ in provider.stream(Request("m", (Message("user", "hi"),), params)):
                    pass
        assert seen.requests == []
        request = Request("m", (Message("user", "hi"),), Params(logprobs=2, max_tokens=20))
        items = [item async for batch in provider.stream(request) for item in batch]
        await services.close()
    (raw,) = seen.requests
    body = json.loads(raw.partition(b"\r\n\r\n")[2])
    assert body["include"] == ["message.output_text.logprobs"]
    assert (body["top_logprobs"], body["max_output_tokens"]) == (2, 20)
    assert items[-1].provider_data["logprobs"] == [token]  # type: ignore[union-attr]


@pytest.mark.parametrize("sdk", SDKS)
async def test_a_cerebras_lane_without_a_cap_is_sent_with_one_and_says_what_it_reserved(
    sdk: str, services: Services
) -> None:
    async with fault_server([ok(*WHOLE)]) as (url, seen):
        found = await attempt(provider_for(lane(sdk, url), services))
        await services.close()
    assert found.final is not None
    body = json.loads(seen.requests[0].partition(b"\r\n\r\n")[2])
    expected = 2048 if sdk == "cerebras" else None
    assert body.get("max_completion_tokens") == expected
    assert found.final.provider_data["request"].get("max_completion_tokens") == expected  # type: ignore[attr-defined]
    assert found.final.provider_data.get("reserved_tokens") == expected


@pytest.mark.parametrize("sdk", SDKS)
async def test_options_of_the_wire_hold_for_the_sdks_as_well(sdk: str, services: Services) -> None:
    options = {"usage": False, "max_tokens_field": "max_tokens", "headers": {"X-A": "env:B"}}
    async with fault_server([ok(*WHOLE)]) as (url, seen):
        provider = provider_for(lane(sdk, url, **options), services)
        request = Request("m", (Message("user", "hi"),), Params(max_tokens=9))
        async for _ in provider.stream(request):
            pass
        await services.close()
    top, _, body = seen.requests[0].partition(b"\r\n\r\n")
    assert json.loads(body)["max_tokens"] == 9
    assert "stream_options" not in json.loads(body)
    assert f"X-A: {CANARY}".encode() in top


def test_models_without_chat_completions_are_asked_through_responses() -> None:
    assert uses_responses("o3-pro", None)
    assert uses_responses("gpt-5.5-pro-2026-04-23", None)
    assert not uses_responses("gpt-4o-mini", None)
    assert not uses_responses("o3-pro", "chat")
    with pytest.raises(ConfigError):
        uses_responses("m", "telepathy")


def test_the_models_said_to_need_responses_are_those_the_sdk_knows_for_it_alone() -> None:
    from typing import get_args

    from openai.types.chat_model import ChatModel
    from openai.types.shared.responses_model import ResponsesModel

    alone = [name for part in get_args(ResponsesModel) for name in get_args(part)]
    alone = [name for name in alone if name not in get_args(ChatModel)]
    assert len(alone) > 10
    assert [name for name in alone if not uses_responses(name, None)] == []
    chat = [name for name in get_args(ChatModel) if "codex" not in name]
    assert [name for name in chat if uses_responses(name, None)] == []
