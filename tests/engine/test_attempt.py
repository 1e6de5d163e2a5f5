"""One attempt from request to end: what is emitted, in which order, at which moments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.helpers import lane, plan, race
from workbench.engine.inprocess import InProcessEngine
from workbench.engine.plan import Cancel
from workbench.model.attempt import Cost, Tokens
from workbench.model.events import (
    AttemptAborted,
    AttemptEnded,
    AttemptQueued,
    AttemptStarted,
    Chunks,
    Event,
    FailedFirst,
    IterationEnded,
    IterationStarted,
    VerdictReached,
)
from workbench.model.lane import Lane, Params


async def test_events_come_in_the_order_of_an_attempts_life() -> None:
    _, events = await race(plan(lane(text="hello world"), checks=("max_words:1",)))
    kinds = [type(e) for e in events if not isinstance(e, Chunks)]
    wanted = [
        IterationStarted,
        AttemptQueued,
        AttemptStarted,
        VerdictReached,
        FailedFirst,
        AttemptEnded,
        IterationEnded,
    ]
    assert [k for k in kinds if k in wanted] == wanted


async def test_a_failing_check_is_decided_before_the_answer_ends() -> None:
    iteration, _ = await race(plan(lane(text="x" + "y" * 80, tokens_per_s=200), checks=("json",)))
    attempt = iteration.attempts[0]
    assert attempt.first_failure is not None
    assert attempt.first_failure.at_char == 0
    assert attempt.ttff_ms is not None
    assert attempt.total_ms is not None
    assert attempt.ttff_ms < attempt.total_ms
    assert attempt.ttff_ms == attempt.ttft_ms


async def test_abort_on_first_failure_stops_the_stream_and_estimates_what_it_avoided() -> None:
    slow = lane(text="no" * 200, tokens_per_s=100, params=Params(max_tokens=100))
    iteration, events = await race(plan(slow, checks=("json",), abort="first"))
    attempt = iteration.attempts[0]
    assert attempt.state == "aborted"
    assert attempt.verdict == "fail"
    assert len(attempt.text) < 400
    assert attempt.avoided is not None
    assert attempt.avoided.source == "estimated"
    assert "max_tokens" in attempt.avoided.how
    assert any(isinstance(e, AttemptAborted) and e.check == "json" for e in events)


async def test_without_abort_the_failed_answer_is_kept_to_its_end() -> None:
    iteration, _ = await race(plan(lane(text="no" * 50), checks=("json",)))
    assert iteration.attempts[0].text == "no" * 50
    assert iteration.attempts[0].state == "complete"


async def test_abort_on_named_checks_ignores_the_others() -> None:
    checks = ("json", "max_words:1")
    iteration, _ = await race(
        plan(lane(text="a b c d"), checks=checks, abort="named", abort_on=("max_words",))
    )
    attempt = iteration.attempts[0]
    assert attempt.first_failure is not None
    assert attempt.first_failure.check == "json"
    assert attempt.state == "aborted"
    assert attempt.text != ""


@pytest.mark.parametrize("in_plan", [False, True])
async def test_an_attempt_that_costs_more_than_it_may_is_aborted_in_any_mode(in_plan: bool) -> None:
    def price(_lane: Lane, tokens: Tokens) -> Cost:
        return Cost((tokens.prompt or 0) * 1e-6 + (tokens.output or 0) * 1e-3, "estimated", "list")

    dear = lane(text="x " * 200, tokens_per_s=500)
    sent = plan(dear, checks=("json/fence",), max_cost=0.01)
    if not in_plan:
        sent = plan(replace(dear, max_cost=0.01), checks=("json/fence",))
    iteration, _ = await race(sent, price=price)
    attempt = iteration.attempts[0]
    assert attempt.state == "aborted"
    assert [c.name for c in attempt.checks] == ["json/fence", "max_cost:0.01"]
    assert "at most $0.01 allowed" in attempt.checks[1].reason
    assert attempt.tokens.output == 10  # the prompt costs something too
    assert attempt.cost.usd == pytest.approx(0.01)


async def test_a_deadline_fails_without_any_token_at_its_own_moment() -> None:
    stuck = lane(text="late", ttft_ms=300)
    iteration, _ = await race(plan(stuck, checks=("deadline:ttft<0.05s",), abort="first"))
    attempt = iteration.attempts[0]
    assert attempt.first_failure is not None
    assert attempt.first_failure.kind == "deadline"
    assert attempt.ttff_ms == 50.0
    assert attempt.ttft_ms is None
    assert attempt.state == "aborted"


async def test_a_provider_failure_keeps_what_came_and_is_the_first_failure() -> None:
    iteration, _ = await race(plan(lane(text="abcdefgh", fail_after=1), checks=("max_chars:99",)))
    attempt = iteration.attempts[0]
    assert (attempt.state, attempt.text, attempt.verdict) == ("error", "abcd", "error")
    assert attempt.first_failure is not None
    assert attempt.first_failure.kind == "provider"


async def test_a_stream_that_just_stops_is_truncated_never_a_success() -> None:
    iteration, _ = await race(plan(lane(text="{}", truncate=True), checks=("json",)))
    attempt = iteration.attempts[0]
    assert attempt.state == "truncated"
    assert attempt.verdict == "error"


async def test_an_answer_cut_by_its_token_limit_is_truncated_and_judged_as_it_stands() -> None:
    iteration, _ = await race(plan(lane(text="[1, 2]", finish_reason="length"), checks=("json",)))
    attempt = iteration.attempts[0]
    assert (attempt.state, attempt.verdict) == ("truncated", "pass")


async def test_one_lanes_failure_leaves_the_others_alone() -> None:
    iteration, _ = await race(plan(lane("bad", text="x", fail_after=0), lane("good", text="fine")))
    states = {a.lane: a.state for a in iteration.attempts}
    assert states == {"bad": "error", "good": "complete"}


async def test_cancelling_one_lane_keeps_its_text_and_the_other_lane_running() -> None:
    def cancel_first(client: InProcessEngine, event: Event) -> object:
        if isinstance(event, Chunks) and event.attempt == 1:
            return client.send(Cancel(1))
        return None

    iteration, _ = await race(
        plan(lane("a", text="x" * 4000, tokens_per_s=100), lane("b", text="done")),
        during=cancel_first,
    )
    first, second = iteration.attempts
    assert first.state == "cancelled"
    assert 0 < len(first.text) < 4000
    assert first.verdict == "pending"
    assert second.state == "complete"


async def test_cancelling_everything_ends_queued_attempts_too() -> None:
    def cancel_all(client: InProcessEngine, event: Event) -> object:
        return client.send(Cancel()) if isinstance(event, Chunks) else None

    iteration, _ = await race(
        plan(lane(text="x" * 4000, tokens_per_s=100), repeat=3), during=cancel_all
    )
    assert [a.state for a in iteration.attempts] == ["cancelled"] * 3
    assert iteration.total_ms is not None


async def test_sequential_lanes_never_overlap() -> None:
    lanes = [lane(name, text="abc", ttft_ms=20) for name in ("a", "b")]
    _, events = await race(plan(*lanes, sequential=True))
    order = [
        (type(e).__name__, e.attempt)
        for e in events
        if isinstance(e, AttemptStarted | AttemptEnded)
    ]
    assert order == [
        ("AttemptStarted", 1),
        ("AttemptEnded", 1),
        ("AttemptStarted", 2),
        ("AttemptEnded", 2),
    ]


async def test_reasoning_is_kept_apart_and_not_judged() -> None:
    iteration, _ = await race(
        plan(lane(text="{}", reasoning="thinking, not JSON"), checks=("json",))
    )
    attempt = iteration.attempts[0]
    assert (attempt.text, attempt.reasoning, attempt.verdict) == (
        "{}",
        "thinking, not JSON",
        "pass",
    )
    assert attempt.reasoning_ttft_ms is not None
    assert attempt.ttft_ms is not None
    assert attempt.reasoning_ttft_ms <= attempt.ttft_ms


async def test_a_lanes_own_checks_are_its_alone() -> None:
    iteration, _ = await race(plan(lane("a", text="x", checks=("json",)), lane("b", text="x")))
    assert [len(a.checks) for a in iteration.attempts] == [1, 0]


@pytest.mark.parametrize("measured", [True, False])
async def test_usage_the_provider_does_not_send_is_estimated_and_says_so(measured: bool) -> None:
    options = {"prompt_tokens": 9} if measured else {}
    iteration, _ = await race(plan(lane(text="abcdefgh", **options)))
    tokens = iteration.attempts[0].tokens
    assert (tokens.output, tokens.source) == (2, "measured" if measured else "estimated")
    assert tokens.prompt == (9 if measured else None)


async def test_a_defect_in_an_adapter_is_that_lanes_error_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from workbench.providers.scripted import Script

    monkeypatch.setattr(Script, "pieces", lambda *_: 1 / 0)
    iteration, _ = await race(plan(lane("a", text="x")))
    assert iteration.attempts[0].state == "error"
    assert iteration.attempts[0].error is not None
    assert "ZeroDivisionError" in iteration.attempts[0].error.message
