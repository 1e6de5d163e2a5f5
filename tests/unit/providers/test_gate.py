"""Limits of an account and the breaker of a lane, on a clock of their own."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.scripts import HELLO, WHOLE, ok, plain
from tests.faults.server import fault_server
from workbench.errors import ConnectFailed, LaneResting, ProviderError
from workbench.model.lane import Lane, Limits, Params
from workbench.model.prompt import Message
from workbench.providers.base import Final, Request, Services
from workbench.providers.breaker import FAILURES, REST_SECONDS, Breaker
from workbench.providers.compatible import make
from workbench.providers.gate import Gate, reservation
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


async def test_a_provider_that_wants_an_hour_of_rest_is_not_waited_for() -> None:
    gate = Gate(Limiter("https://o"), Limits())
    gate.failed(ProviderError("HTTP 429.", kind="rate_limit", retry_after=3600))
    with pytest.raises(LaneResting, match="wants no requests for another 3600 s") as caught:
        await gate.enter(Request("m", (Message("user", "hi"),)))
    assert caught.value.kind == "rate_limit"


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


def opened(now: list[float]) -> Breaker:
    breaker = Breaker(lambda: now[0])
    for _ in range(FAILURES):
        breaker.enter()
        breaker.failed(ConnectFailed("Nothing answers."))
    return breaker


def test_a_breaker_opens_after_failures_in_a_row_and_half_opens_by_itself() -> None:
    now = [0.0]
    breaker = opened(now)
    with pytest.raises(LaneResting, match="failed 5 times in a row") as caught:
        breaker.check()
    assert caught.value.kind == "connect"
    assert "10 s" in caught.value.hint
    now[0] = REST_SECONDS
    breaker.check()  # looking takes no trial
    assert breaker.enter()
    with pytest.raises(LaneResting, match="failed 5 times"):
        breaker.enter()  # one trial at a time
    assert breaker.failed(ConnectFailed("Nothing answers.")) == 2 * REST_SECONDS
    now[0] += REST_SECONDS
    assert breaker.open  # the rest has doubled
    now[0] += REST_SECONDS
    assert breaker.enter()
    breaker.succeeded()
    assert not breaker.enter()
    assert not breaker.open


def test_failures_that_were_under_way_when_it_opened_make_the_rest_no_longer() -> None:
    now = [0.0]
    breaker = opened(now)
    for _ in range(27):
        assert breaker.failed(ConnectFailed("Nothing answers.")) is None
    now[0] = REST_SECONDS
    assert breaker.enter()


def test_a_trial_that_was_cancelled_leaves_room_for_the_next() -> None:
    now = [0.0]
    breaker = opened(now)
    now[0] = REST_SECONDS
    breaker.enter()
    breaker.gave_up()
    assert breaker.enter()


def test_a_trial_that_is_refused_shows_that_the_provider_works() -> None:
    now = [0.0]
    breaker = opened(now)
    now[0] = REST_SECONDS
    breaker.enter()
    breaker.failed(ProviderError("no", kind="auth"))
    assert not breaker.open


async def test_a_lane_whose_provider_failed_rests_and_comes_back_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr("workbench.providers.gate.Breaker", lambda: Breaker(lambda: now[0]))
    services = Services(lambda _name, _url: None)
    said: list[str] = []
    broken = [plain(b"", "500 Oops")] * (FAILURES - 1) + [ok(*HELLO)]
    async with fault_server([*broken, ok(*WHOLE)]) as (url, seen):
        provider = make(Lane("a", "compatible", "m", base_url=url), services)

        async def once() -> str:
            try:
                await provider.prepare(said.append)
                async for batch in provider.stream(Request("m", (Message("user", "hi"),))):
                    last = batch[-1]
            except ProviderError as error:
                return f"{type(error).__name__}: {error.hint}"
            return f"complete {last.complete}" if isinstance(last, Final) else "nothing"

        broke_off = "The stream stopped before its end."
        outcomes = [await once() for _ in range(FAILURES + 1)]
        assert outcomes[-2:] == [
            "complete False",  # a stream without its end is a failure as well
            f"LaneResting: It is tried again in 10 s. The last failure: {broke_off}",
        ]
        now[0] = REST_SECONDS
        assert await once() == "complete True"
        assert await once() == "complete True"
        await services.close()
    assert len(seen.requests) == FAILURES + 2
    assert said[-1] == "trying whether the provider works again"


async def test_each_attempt_of_a_lane_is_told_of_its_own_wait() -> None:
    gate = Gate(Limiter("o"), Limits(concurrent=1))
    request = Request("m", (Message("user", "hi"),))
    told: dict[str, list[str]] = {"a": [], "b": []}

    async def run(name: str) -> None:
        gate.status = told[name].append
        await asyncio.sleep(0)
        gate.leave(await gate.enter(request), None)

    first = await gate.enter(request)
    waiting = [asyncio.create_task(run(name)) for name in told]
    for _ in range(5):
        await asyncio.sleep(0)
    gate.leave(first, None)
    await asyncio.gather(*waiting)
    assert told["a"] == ["waiting: 1 requests at once to o"]
    assert told["b"] == ["waiting in line for o"]


async def test_the_failure_that_opens_the_breaker_says_that_the_lane_rests() -> None:
    gate = Gate(Limiter("o"), Limits())
    errors = [ProviderError("HTTP 500.", "Try again.") for _ in range(FAILURES)]
    for error in errors:
        gate.failed(error)
    assert [e.hint for e in errors[-2:]] == [
        "Try again.",
        "Try again. The lane rests for 10 s now.",
    ]


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
