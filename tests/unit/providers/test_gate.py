"""Limits of an account and the breaker of a lane, on a clock of their own."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ConnectFailed, ProviderError
from workbench.model.lane import Lane, Limits, Params
from workbench.model.prompt import Message
from workbench.providers.base import Request, Services
from workbench.providers.breaker import FAILURES, REST_SECONDS, Breaker
from workbench.providers.gate import reservation
from workbench.providers.limiter import WINDOW, Admission, Limiter, Limiters
from workbench.providers.presets import PRESETS, resolve
from workbench.providers.registry import PROVIDERS
from workbench.providers.secret import Secret


@given(
    st.integers(1, 5),
    st.integers(1, 100),
    st.lists(st.tuples(st.floats(0, 30), st.integers(0, 60)), max_size=30),
)
def test_no_minute_ever_holds_more_than_the_limits(
    requests: int, tokens: int, arrivals: list[tuple[float, int]]
) -> None:
    limiter, limits = Limiter("o"), Limits(requests, tokens)
    now, admitted = 0.0, []
    for gap, size in arrivals:
        now += gap
        now += max(0.0, limiter.wait(now, limits, size))
        limiter._past.append(Admission(now, size))
        admitted.append((now, size))
    for at, _ in admitted:
        window = [size for when, size in admitted if at - WINDOW + 1e-6 < when <= at]
        assert len(window) <= requests
        assert sum(window) <= tokens or len(window) == 1


async def test_a_retry_after_closes_the_account_for_every_lane() -> None:
    limiter = Limiter("o")
    limiter.close_for(7)
    assert limiter.wait(asyncio.get_running_loop().time(), Limits(), 0) == pytest.approx(7, abs=0.1)


async def test_requests_at_once_wait_for_one_to_leave() -> None:
    limiter, said = Limiter("o"), []
    first = await limiter.admit(Limits(concurrent=1), 0, said.append)
    second = asyncio.create_task(limiter.admit(Limits(concurrent=1), 0, said.append))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not second.done()
    assert said == ["waiting: 1 requests at once to o"]
    limiter.leave(first)
    await asyncio.wait_for(second, 1)


async def test_a_cancelled_wait_keeps_no_place() -> None:
    limiter = Limiter("o")
    first = await limiter.admit(Limits(concurrent=1), 0, str)
    waiting = asyncio.create_task(limiter.admit(Limits(concurrent=1), 0, str))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    limiter.leave(first)
    await asyncio.wait_for(limiter.admit(Limits(concurrent=1), 0, str), 1)


def test_lanes_with_one_key_at_one_origin_share_a_limiter() -> None:
    limiters = Limiters()
    one = limiters.of("https://a", Secret("k"))
    assert limiters.of("https://a", Secret("k")) is one
    assert limiters.of("https://a", Secret("other")) is not one
    assert limiters.of("https://b", Secret("k")) is not one


def test_all_of_max_tokens_is_reserved() -> None:
    request = Request("m", (Message("user", "x" * 400),), Params(max_tokens=50))
    assert reservation(request) == 150


def test_a_breaker_opens_after_failures_in_a_row_and_half_opens_by_itself() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(FAILURES):
        breaker.check()
        breaker.failed(ConnectFailed("Nothing answers."))
    with pytest.raises(ProviderError, match="failed 5 times in a row") as caught:
        breaker.check()
    assert caught.value.kind == "connect"
    assert "10 s" in caught.value.hint
    now[0] = REST_SECONDS
    breaker.check()
    with pytest.raises(ProviderError):
        breaker.check()  # one trial at a time
    breaker.failed(ConnectFailed("Nothing answers."))
    now[0] += REST_SECONDS
    assert breaker.open  # the rest has doubled
    now[0] += REST_SECONDS
    breaker.check()
    breaker.succeeded()
    breaker.check()
    assert not breaker.open


def test_a_wrong_key_or_model_opens_no_breaker() -> None:
    breaker = Breaker(lambda: 0.0)
    for kind in ("auth", "bad_request", "not_found", "rate_limit") * FAILURES:
        breaker.failed(ProviderError("no", kind=kind))  # type: ignore[arg-type]
    breaker.check()


def test_every_preset_is_a_provider_and_a_lanes_own_address_wins() -> None:
    assert set(PRESETS) <= set(PROVIDERS)
    groq = resolve(Lane("a", "groq", "m"))
    assert (groq.base_url, groq.key_env) == ("https://api.groq.com/openai/v1", "GROQ_API_KEY")
    own = resolve(Lane("a", "vllm", "m", base_url="http://127.0.0.1:9/v1", key_env="K"))
    assert (own.base_url, own.key_env) == ("http://127.0.0.1:9/v1", "K")


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"openai", "cerebras"}))
def test_a_preset_lane_needs_one_line(name: str) -> None:
    from workbench.providers.registry import provider_for

    provider_for(Lane("a", name, "m"), Services(lambda _n, _u: "k"))
