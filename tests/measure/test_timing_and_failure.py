"""Times, costs, recovery, velocity and race on sessions small enough to count by hand."""

from __future__ import annotations

from functools import partial

import pytest

from workbench.measure import failure
from workbench.measure.pricing import PriceBook
from workbench.measure.timing import gaps, goodput, percentile, timing
from workbench.model.attempt import Attempt, Avoided, Cost, Tokens
from workbench.model.lane import Lane, Prices
from workbench.model.prompt import Prompt
from workbench.model.session import Iteration, Session
from workbench.model.verdict import CheckResult, FirstFailure


def at(second: float) -> str:
    return f"2026-11-22T10:{int(second // 60):02}:{second % 60:06.3f}Z"


def passed(number, iteration, lane="fast", *, zero=0.0, total=400.0, **more) -> Attempt:
    return Attempt(
        number,
        iteration,
        lane,
        "m",
        state="complete",
        verdict="pass",
        utc=at(zero),
        total_ms=total,
        **more,
    )


def failed(number, iteration, lane="fast", *, zero=0.0, ms=100.0, total=400.0, **more) -> Attempt:
    return Attempt(
        number,
        iteration,
        lane,
        "m",
        state="complete",
        verdict="fail",
        utc=at(zero),
        total_ms=total,
        first_failure=FirstFailure("check", "json", 3, 4, ms, "no"),
        **more,
    )


def iteration(number, start, *attempts, total=500.0) -> Iteration:
    lanes = tuple(Lane(a.lane, "p", "m") for a in attempts)
    return Iteration(
        number, Prompt("x"), lanes, ("json",), at(start), attempts=attempts, total_ms=total
    )


def session(*iterations) -> Session:
    return Session("s", "S", at(0), "t", iterations)


def test_aborted_and_cancelled_attempts_never_enter_means_of_latency() -> None:
    attempts = [
        passed(1, 1, total=100.0, ttft_ms=10.0, chunks=((10.0, "a"), (30.0, "b"), (35.0, "c"))),
        passed(2, 1, total=300.0, ttft_ms=20.0),
        Attempt(3, 1, "fast", "m", state="aborted", total_ms=5.0, ttft_ms=2.0),
        Attempt(4, 1, "fast", "m", state="error", total_ms=1.0),
        passed(5, 1, total=1.0, ttft_ms=0.1, origin="cache"),
    ]
    found = timing(attempts)
    assert (found.attempts, found.censored, found.not_live) == (2, 2, 1)
    assert (found.total.low, found.total.high, found.total.count) == (100.0, 300.0, 2)
    assert found.ttft_all.low == 2.0
    assert gaps(attempts[0]) == (20.0, 5.0)
    assert timing([]).total is None


def test_percentiles_are_by_nearest_rank() -> None:
    values = list(range(1, 101))
    assert (percentile(values, 0.5), percentile(values, 0.95), percentile([7], 0.95)) == (50, 95, 7)
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_goodput_counts_live_passes_per_second() -> None:
    attempts = [passed(1, 1), failed(2, 1), passed(3, 1, origin="cache")]
    assert goodput(attempts, 2.0) == 0.5
    assert goodput(attempts, 0.0) is None


def test_failure_cost_and_waste_add_up_to_the_whole_attempt() -> None:
    attempt = failed(1, 1, ms=100.0, total=400.0, tokens=Tokens(1000, 54, source="measured"))
    lane = Lane("a", "compatible", "m", prices=Prices(input=1.0, output=10.0))
    cost = failure.failure_cost(attempt, partial(PriceBook().cost, lane))
    assert (cost.until.seconds, cost.waste.seconds) == pytest.approx((0.1, 0.3))
    assert (cost.until.tokens, cost.waste.tokens) == (4, 50)
    assert cost.until.usd == pytest.approx((1000 * 1.0 + 4 * 10.0) / 1e6)
    assert cost.waste.usd == pytest.approx(50 * 10.0 / 1e6)
    assert failure.failure_cost(attempt).until.usd is None
    assert failure.failure_cost(passed(1, 1)) is None


def test_what_was_avoided_is_added_up_by_how_it_is_known() -> None:
    sums = failure.avoided(
        [
            passed(1, 1, avoided=Avoided(100, 1.0, 0.5, "estimated")),
            passed(2, 1, avoided=Avoided(50, 2.0, None, "estimated")),
            passed(3, 1, avoided=Avoided(7, None, None, "measured")),
            passed(4, 1),
        ]
    )
    assert [(s.source, s.attempts, s.tokens, s.seconds, s.usd) for s in sums] == [
        ("measured", 1, 7, None, None),
        ("estimated", 2, 150, 3.0, 0.5),
    ]


def test_cost_per_success_is_unknown_when_any_cost_is() -> None:
    paid = Cost(0.02, "measured")
    attempts = [passed(1, 1, cost=paid), failed(2, 1, cost=paid)]
    assert failure.cost_per_success(attempts) == pytest.approx(0.04)
    assert failure.cost_per_success([*attempts, failed(3, 1)]) is None
    assert failure.cost_per_success([failed(1, 1, cost=paid)]) is None


def test_recovery_runs_from_the_first_failure_to_the_next_pass() -> None:
    story = session(
        iteration(1, 0, failed(1, 1, zero=0, ms=100), passed(2, 1, "slow", zero=0)),
        iteration(2, 10, failed(3, 2, zero=10, ms=50), failed(4, 2, "slow", zero=10, ms=900)),
        iteration(3, 30, passed(5, 3, zero=30, total=600), failed(6, 3, "slow", zero=30)),
    )
    found = {(r.iteration, r.lane): r for r in failure.recoveries(story)}
    assert found[1, None].seconds == pytest.approx(30.6 - 0.1)
    assert found[1, "fast"].seconds == pytest.approx(30.6 - 0.1)
    assert found[2, None].seconds == pytest.approx(30.6 - 10.05)
    assert (found[2, "slow"].seconds, found[2, "slow"].by_attempt) == (None, None)
    assert (1, "slow") not in found
    assert found[3, None].seconds is None


def test_a_retry_of_the_same_lane_recovers_the_lane_but_not_the_session() -> None:
    story = session(iteration(1, 0, failed(1, 1, zero=0), passed(2, 1, zero=2, total=100)))
    found = {r.lane: r.seconds for r in failure.recoveries(story)}
    assert found == {None: None, "fast": pytest.approx(2.0)}


def test_a_clock_that_went_backwards_gives_no_time_instead_of_a_negative_one() -> None:
    story = session(iteration(1, 60, failed(1, 1, zero=60)), iteration(2, 5, passed(2, 2, zero=5)))
    assert [(r.seconds, r.clock_jumped) for r in failure.recoveries(story)] == [(None, True)] * 2


def test_velocity_leaves_pauses_over_five_minutes_out() -> None:
    steady = failure.velocity(session(*(iteration(n, 10 * n) for n in range(1, 5))))
    assert steady.active_s == pytest.approx(30.5)
    assert steady.per_minute == pytest.approx(4 / (30.5 / 60))
    lunch = failure.velocity(session(iteration(1, 0), iteration(2, 20), iteration(3, 20 + 1200)))
    assert lunch.active_s == pytest.approx(20 + 0.5 + 0.5)
    assert lunch.idle_s == pytest.approx(1199.5)
    assert failure.velocity(session(iteration(1, 0))).per_minute is None
    assert failure.velocity(session()).per_minute is None
    assert failure.velocity(session(iteration(1, 60), iteration(2, 5))).active_s >= 0


def test_the_race_counts_iterations_of_the_fast_lane_before_the_slow_lanes_first_verdict() -> None:
    check = CheckResult("json", "pass", 3, 3, 900.0)
    story = session(
        iteration(1, 0, failed(1, 1, ms=100), passed(2, 1, "slow", total=2000.0, checks=(check,))),
        iteration(2, 9, passed(3, 2, total=300.0), failed(4, 2, "slow", ms=600.0, total=700.0)),
    )
    assert failure.race(story, "fast", "slow") == pytest.approx((9 + 2) / 2)
    assert failure.race(story, "fast", "nobody") is None


@pytest.mark.parametrize("utc", [None, "", "yesterday", "9999-99-99", "\x00"])
def test_a_damaged_moment_is_unknown_not_a_crash(utc) -> None:
    assert failure.epoch_ms(utc) is None
