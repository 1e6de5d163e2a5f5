"""Money of attempts that did not get to their end: tagged, with the provider's rule, never zero for
unknown.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.helpers import lane, plan, race
from tests.faults.scripts import HELLO, WHOLE, frame, ok, plain, say
from tests.faults.server import Answer, fault_server
from workbench.engine.inprocess import InProcessEngine
from workbench.engine.plan import Cancel
from workbench.engine.spending import Spending
from workbench.model.attempt import Attempt, Avoided, Cost, Tokens
from workbench.model.events import Chunks, Event
from workbench.model.lane import Lane, Limits, Params, Prices
from workbench.providers.presets import OPENROUTER_STREAMS, PRESETS, billing_of

PRICES = Prices(1, 1)
SPENDING = Spending(lambda _lane, _tokens: Cost(0.5, "estimated", "list"), billing_of)


def test_a_cut_off_answer_names_the_rule_of_its_service_and_a_whole_one_does_not() -> None:
    router = Lane("a", "openrouter", "m")
    cut = SPENDING.cost(router, Tokens(), cut=True)
    assert cut.how.startswith("list; OpenRouter: with some")
    assert OPENROUTER_STREAMS in cut.how
    assert SPENDING.cost(router, Tokens(), cut=False).how == "list"
    assert "no rule" in SPENDING.saved(Lane("a", "groq", "m"), Avoided(usd=1.0, how="median")).how


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_service_that_bills_says_what_it_documents(name: str) -> None:
    billed = PRESETS[name].key_env is not None
    assert bool(billing_of(Lane("a", name, "m"))) == billed


def test_an_unknown_price_stays_unknown() -> None:
    nobody = Spending(lambda _lane, _tokens: Cost(), billing_of)
    assert nobody.cost(Lane("a", "groq", "m"), Tokens(), cut=True) == Cost()


async def attempt_at(
    *answers: Answer, checks: tuple[str, ...] = (), cancel: bool = False
) -> Attempt:
    """Return the attempt of one lane at a server that answers so."""

    def when_it_speaks(client: InProcessEngine, event: Event) -> object:
        return client.send(Cancel()) if cancel and isinstance(event, Chunks) else None

    async with fault_server(answers) as (url, _):
        one = Lane(
            "a",
            "compatible",
            "m",
            base_url=url,
            prices=PRICES,
            limits=Limits(retries=0),
            params=Params(max_tokens=40, seed=7),
        )
        chosen = plan(one, checks=checks, abort="first" if checks else "off")
        iteration, _ = await race(chosen, during=when_it_speaks)
    return iteration.attempts[0]


RATE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Request-Id: req-7\r\n"
RATE += b"x-ratelimit-remaining-tokens: 59000\r\nTransfer-Encoding: chunked\r\n\r\n"
COUNTED = say("no", usage={"prompt_tokens": 9, "completion_tokens": 3})


@pytest.mark.parametrize("cancel", [True, False], ids=["cancelled", "aborted"])
async def test_an_answer_cut_off_keeps_what_was_sent_and_what_had_come(cancel: bool) -> None:
    checks = () if cancel else ("json",)
    found = await attempt_at((RATE, frame(COUNTED), "hold"), checks=checks, cancel=cancel)
    assert found.state == ("cancelled" if cancel else "aborted")
    assert found.request_id == "req-7"
    assert found.provider_data["rate_limits"] == {"x-ratelimit-remaining-tokens": "59000"}
    assert found.provider_data["reserved_tokens"] == 43
    assert found.provider_data["request"] == {
        "model": "m",
        "stream": True,
        "stream_options": {"include_usage": True},
        "seed": 7,
        "max_tokens": 40,
    }
    assert found.tokens == Tokens(9, 3, source="estimated")
    assert (found.cost.usd, found.cost.source) == (pytest.approx(12e-6), "estimated")


async def test_a_refused_request_keeps_its_parameters_and_headers() -> None:
    refusal = plain(b"{}", "429 Too Many", "application/json", "x-request-id: r9", "retry-after: 1")
    found = await attempt_at(refusal)
    assert (found.state, found.request_id) == ("error", "r9")
    assert found.provider_data["rate_limits"] == {"retry-after": "1"}
    assert "request" in found.provider_data


async def test_what_was_never_sent_costs_nothing_and_that_is_known() -> None:
    nowhere = replace(lane("a"), provider="compatible", base_url="http://127.0.0.1:9/v1")
    iteration, _ = await race(plan(replace(nowhere, options={}, prices=PRICES)))
    (found,) = iteration.attempts
    assert (found.cost.usd, found.cost.source, found.cost.how) == (
        0,
        "measured",
        "nothing was sent",
    )


async def test_a_whole_answer_without_usage_is_an_estimate_and_no_cut() -> None:
    found = await attempt_at(ok(*HELLO, WHOLE[3]))
    assert (found.state, found.tokens.source, found.tokens.output) == ("complete", "estimated", 2)
    assert "cut off" not in found.cost.how
