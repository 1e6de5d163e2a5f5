"""The adapter for compatible servers, against the deterministic server over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from benchmarks.server import Behaviour, serve, url_of
from workbench.errors import ConfigError, ConnectFailed, MissingKey, ProviderError
from workbench.model.lane import Deadlines, Lane, Params
from workbench.model.prompt import Message
from workbench.providers.base import Delta, Final, Request, Sent, Services, StreamItem
from workbench.providers.compatible import CompatibleProvider, make
from workbench.providers.http.pool import Pool
from workbench.providers.registry import load, provider_for

HELLO = (Message("user", "hello"),)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    server = await serve(Behaviour(tokens=3, text="words"))
    yield url_of(server)
    server.close()


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    made = Services(lambda _name, _url: None)
    yield made
    await made.close()


async def collect(provider: CompatibleProvider, model: str, **more: object) -> list[StreamItem]:
    request = Request(model, HELLO, **more)  # type: ignore[arg-type]
    return [item async for batch in provider.stream(request) for item in batch]


def pool_of(services: Services) -> Pool:
    return services.share(Pool, Pool)


async def test_a_stream_is_sent_then_deltas_then_one_final(url: str, services: Services) -> None:
    provider = make(Lane("a", "compatible", "m", base_url=url), services)
    sent, *deltas, final = await collect(provider, "m", params=Params(temperature=0.5))
    assert isinstance(sent, Sent)
    assert sent.connect_ms is not None
    assert "".join(d.text for d in deltas if isinstance(d, Delta)) == "the quick brown "
    assert isinstance(final, Final)
    assert final.complete
    assert (final.tokens.prompt, final.tokens.output) == (8, 3)
    assert final.request_id == "bench"
    assert final.provider_data["request"] == {
        "model": "m",
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
    }
    stamps = [item.stamp_ns for item in (sent, *deltas, final)]
    assert stamps == sorted(stamps)


async def test_a_connection_is_warmed_before_the_clock_and_used_again(
    url: str, services: Services
) -> None:
    provider = make(Lane("a", "compatible", "m", base_url=url), services)
    said: list[str] = []
    await provider.prepare(said.append)
    assert said == ["connecting"]
    for _ in range(3):
        sent = (await collect(provider, "m"))[0]
        assert isinstance(sent, Sent)
        assert sent.connect_ms is None
    assert pool_of(services).open_count == 1


async def test_closing_the_iterator_closes_the_connection(url: str, services: Services) -> None:
    provider = make(Lane("a", "compatible", "m", base_url=url), services)
    async with aclosing(provider.stream(Request("m:first=60000", HELLO))) as stream:
        assert isinstance((await anext(stream))[0], Sent)
        assert pool_of(services).open_count == 1
    await asyncio.sleep(0)
    assert pool_of(services).open_count == 0


async def test_a_thousand_cancels_leak_no_connection(url: str, services: Services) -> None:
    provider = make(Lane("a", "compatible", "m", base_url=url), services)
    for _ in range(10):
        tasks = [asyncio.create_task(collect(provider, "m:first=60000")) for _ in range(100)]
        for _ in range(5):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in found)
    await asyncio.sleep(0)
    assert pool_of(services).open_count == 0
    assert len(await collect(provider, "m")) > 1


@pytest.mark.parametrize(
    ("model", "deadlines", "message"),
    [
        ("m:first=60000", Deadlines(first_token=0.05), "No first token within 0.05 s."),
        (
            "m:stall_at=1,stall=60000",
            Deadlines(between_tokens=0.05),
            "No token for 0.05 s.",
        ),
        (
            "m:tokens=10000,pace=100",
            Deadlines(total=0.1),
            "The answer was not complete within 0.1 s.",
        ),
    ],
)
async def test_each_deadline_ends_the_attempt_as_a_timeout(
    url: str, services: Services, model: str, deadlines: Deadlines, message: str
) -> None:
    provider = make(Lane("a", "compatible", "m", base_url=url), services)
    with pytest.raises(ProviderError) as caught:
        await collect(provider, model, deadlines=deadlines)
    assert caught.value.kind == "timeout"
    assert str(caught.value) == message
    await asyncio.sleep(0)
    assert pool_of(services).open_count == 0


async def test_a_refusal_of_the_server_is_a_typed_error(url: str, services: Services) -> None:
    provider = make(Lane("a", "compatible", "m", base_url=url), services)
    with pytest.raises(ProviderError) as caught:
        await collect(provider, "m:colour=red")
    assert (caught.value.kind, caught.value.status) == ("bad_request", 400)
    assert "unknown option 'colour'" in str(caught.value)


async def test_nobody_listening_is_a_failed_connection(services: Services) -> None:
    server = await serve(Behaviour())
    url = url_of(server)
    server.close()
    await server.wait_closed()
    provider = make(Lane("a", "compatible", "m", base_url=url), services)
    with pytest.raises(ConnectFailed, match="Nothing answers at 127"):
        await provider.prepare(lambda _: None)


async def test_a_missing_key_is_told_before_anything_is_sent(url: str, services: Services) -> None:
    lane = Lane("a", "compatible", "m", base_url=url, key_env="SOME_KEY")
    provider = make(lane, services)
    with pytest.raises(MissingKey, match="SOME_KEY is not set"):
        await provider.prepare(lambda _: None)
    with pytest.raises(MissingKey):
        await collect(provider, "m")
    assert pool_of(services).open_count == 0


def test_a_lane_without_base_url_or_with_a_wrong_option_is_refused(services: Services) -> None:
    with pytest.raises(ConfigError, match="no base_url"):
        make(Lane("a", "compatible", "m"), services)
    wrong = Lane("a", "compatible", "m", base_url="http://127.0.0.1", options={"usage": "no"})
    with pytest.raises(ConfigError, match="usage"):
        make(wrong, services)


def test_providers_are_found_by_name(services: Services) -> None:
    assert load("compatible") is make
    lane = Lane("a", "compatible", "m", base_url="http://127.0.0.1:1")
    assert isinstance(provider_for(lane, services), CompatibleProvider)


async def test_256_lanes_at_once_all_answer_and_leave_no_connection_in_use(
    url: str, services: Services
) -> None:
    provider = make(Lane("a", "compatible", "m", base_url=url), services)
    found = await asyncio.gather(*(collect(provider, "m:first=20") for _ in range(256)))
    assert all(isinstance(items[-1], Final) and items[-1].complete for items in found)
    pool = pool_of(services)
    assert pool.open_count == pool.idle_count(provider.address.endpoint) <= 256
    again = await asyncio.gather(*(collect(provider, "m") for _ in range(256)))
    assert all(isinstance(items[0], Sent) and items[0].connect_ms is None for items in again)


@pytest.mark.parametrize("limit", ["MAX_ANSWER", "MAX_PIECES"])
async def test_an_answer_beyond_the_limits_ends_the_attempt(
    url: str, services: Services, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(f"workbench.providers.allowance.{limit}", 100)
    provider = make(Lane("a", "compatible", "m", base_url=url), services)
    with pytest.raises(ProviderError) as caught:
        await collect(provider, "m:tokens=1000")
    assert caught.value.kind == "too_large"


@pytest.mark.parametrize(
    ("key", "params"),
    [("two\nlines", Params()), ("fine", Params(response_format="{not json"))],
)
@pytest.mark.parametrize("name", ["compatible", "openai", "cerebras"])
async def test_what_cannot_be_sent_fails_that_attempt_alone_and_leaves_nothing_behind(
    url: str, key: str, params: Params, name: str
) -> None:
    services = Services(lambda _name, _url: key)
    lane = Lane("a", name, "m", base_url=url, key_env="K")
    provider = provider_for(lane, services)
    with pytest.raises(ProviderError) as caught:
        async for _ in provider.stream(Request("m", HELLO, params)):
            pass
    assert caught.value.kind == "bad_request"
    assert key not in str(caught.value)
    await services.close()


async def test_white_space_around_a_key_is_not_part_of_it(url: str) -> None:
    services = Services(lambda _name, _url: " key\n")
    provider = make(Lane("a", "compatible", "m", base_url=url, key_env="K"), services)
    assert len(await collect(provider, "m")) > 1
    await services.close()
