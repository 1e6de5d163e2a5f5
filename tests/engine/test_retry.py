"""Retries and fallbacks: visible attempts of their own, never hidden."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.helpers import lane, plan, race
from workbench.api.document import exit_code
from workbench.engine import retry
from workbench.engine.inprocess import InProcessEngine
from workbench.engine.plan import Cancel
from workbench.engine.retry import may_pass, pause_s
from workbench.errors import PROVIDER_FAILURES, ConnectFailed, LaneResting, ProviderError
from workbench.model.events import Event, LaneStatus
from workbench.model.lane import Lane, Limits
from workbench.providers.failures import from_status
from workbench.providers.http.connection import Head


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE_S", 0.001)


def failing(name: str, times: int, kind: str = "server", retries: int = 2) -> Lane:
    scripted = lane(name, text="fine", fail_after=0, fail_kind=kind, fail_times=times)
    return replace(scripted, limits=Limits(retries=retries))


async def test_a_failure_that_passes_is_tried_again_as_an_attempt_of_its_own() -> None:
    iteration, _ = await race(plan(failing("a", 1)))
    first, second = iteration.attempts
    assert (first.state, second.state) == ("error", "complete")
    assert (second.retry_of, second.number) == (first.number, 2)
    assert exit_code(iteration.attempts) == 0


async def test_retries_end_where_the_lane_says() -> None:
    iteration, _ = await race(plan(failing("a", 0, retries=2)))
    assert [a.state for a in iteration.attempts] == ["error"] * 3
    assert exit_code(iteration.attempts) == 3


@pytest.mark.parametrize("kind", ["auth", "bad_request", "not_found", "protocol"])
async def test_what_will_not_pass_by_itself_is_not_tried_again(kind: str) -> None:
    iteration, _ = await race(plan(failing("a", 0, kind)))
    assert len(iteration.attempts) == 1


async def test_a_fallback_answers_and_the_attempt_says_which_one() -> None:
    first = replace(failing("a", 0, "auth"), fallback="b")
    iteration, _ = await race(plan(first, fallbacks=(lane("b", text="from b"),)))
    failed, answered = iteration.attempts
    assert (answered.lane, answered.fallback_of, answered.text) == ("b", failed.number, "from b")
    assert exit_code(iteration.attempts) == 0


async def test_a_fallback_that_fails_too_ends_it() -> None:
    first = replace(failing("a", 0, "auth"), fallback="b")
    second = replace(failing("b", 0, "auth"), fallback="a")
    iteration, _ = await race(plan(first, fallbacks=(second,)))
    assert [a.lane for a in iteration.attempts] == ["a", "b"]


async def test_cancelling_ends_the_wait_for_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE_S", 60.0)

    def cancel_in_the_pause(client: InProcessEngine, event: Event) -> object:
        waiting = isinstance(event, LaneStatus) and "trying again" in event.status
        return client.send(Cancel()) if waiting else None

    iteration, _ = await race(plan(failing("a", 0)), during=cancel_in_the_pause)
    assert [a.state for a in iteration.attempts] == ["error", "cancelled"]


@pytest.mark.parametrize("status", [408, 504])
def test_a_timeout_of_the_server_is_tried_again_and_one_of_our_own_is_not(status: int) -> None:
    theirs = from_status(Head(status, (), 0), b"")
    ours = ProviderError("The first token did not come in 120 s.", kind="timeout")
    assert theirs.kind == ours.kind == "timeout"
    assert (may_pass(theirs), may_pass(ours)) == (True, False)


def test_what_a_resting_lane_did_not_send_is_not_sent_again() -> None:
    assert not may_pass(LaneResting("Not sent.", kind="server"))


def test_a_connection_that_fails_is_told_at_once_certificate_errors_included() -> None:
    assert not may_pass(ConnectFailed("refused"))


@given(
    st.sampled_from(PROVIDER_FAILURES),
    st.none() | st.floats(0, 100),
    st.integers(0, 5),
    st.floats(0, 1),
)
def test_the_pause_is_never_shorter_than_what_the_provider_asked_for(
    kind: str, asked: float | None, retries: int, random: float
) -> None:
    error = ProviderError("x", kind=kind, retry_after=asked)  # type: ignore[arg-type]
    pause = pause_s(error, retries, lambda: random)
    assert pause >= (asked or 0)
    assert pause <= max(asked or 0, retry.FIRST_PAUSE_S * 2**retries) * 1.25


@pytest.mark.parametrize("asked", [None, 0.0])
def test_a_date_that_has_passed_makes_no_retry_at_once(asked: float | None) -> None:
    error = ProviderError("x", kind="rate_limit", retry_after=asked)
    assert pause_s(error, 1, lambda: 0.0) == 2 * retry.FIRST_PAUSE_S


def test_a_provider_that_asks_for_longer_than_two_minutes_is_not_waited_for() -> None:
    assert not may_pass(ProviderError("x", kind="rate_limit", retry_after=121))
