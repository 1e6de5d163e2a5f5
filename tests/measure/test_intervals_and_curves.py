"""Statistics, held to the numbers of established packages (statsmodels 0.15, lifelines 0.30)."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.measure.curves import Observation, failure_curve, median_ms, observe
from workbench.measure.intervals import mcnemar_exact, paired, wilson
from workbench.model.attempt import Attempt
from workbench.model.verdict import FirstFailure


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.27753279986288926),
        (1, 10, 0.017876213095072924, 0.40415002679523854),
        (5, 10, 0.23659309051256394, 0.7634069094874361),
        (81, 263, 0.2552885198782742, 0.36620957698280004),
        (263, 263, 0.9856039655993807, 1.0),
        (3, 4, 0.30064184258240184, 0.9544127391902995),
    ],
)
def test_wilson_intervals_are_those_of_statsmodels(count, total, low, high) -> None:
    rate = wilson(count, total)
    assert (rate.low, rate.high) == pytest.approx((low, high), abs=1e-12)
    assert rate.value == count / total


def test_a_share_of_nothing_has_no_interval_and_a_share_above_one_is_refused() -> None:
    assert wilson(0, 0) is None
    for count, total in ((2, 1), (-1, 3), (1, 0)):
        with pytest.raises(ValueError, match="no share"):
            wilson(count, total)


@given(st.integers(1, 500), st.data())
def test_an_interval_holds_its_share_and_stays_within_zero_and_one(total, data) -> None:
    rate = wilson(data.draw(st.integers(0, total)), total)
    assert 0 <= rate.low <= rate.value <= rate.high <= 1


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (10, 2, 0.03857421875),
        (5, 5, 1.0),
        (120, 80, 0.005685155996750306),
        (3, 12, 0.03515625),
    ],
)
def test_mcnemar_is_that_of_statsmodels(first, second, p) -> None:
    assert mcnemar_exact(first, second) == pytest.approx(p, rel=1e-9)


def test_mcnemar_holds_for_thousands_of_cases() -> None:
    assert 0 < mcnemar_exact(2100, 1900) < 0.01
    assert mcnemar_exact(5000, 0) == 0.0 or mcnemar_exact(5000, 0) < 1e-300


def test_pairs_are_counted_case_by_case() -> None:
    found = paired([(True, True), (True, False), (True, False), (False, True), (False, False)])
    assert (found.both, found.only_first, found.only_second, found.neither) == (1, 2, 1, 1)
    assert found.difference == pytest.approx(0.2)
    assert paired([]) is None


TIMES = (3, 5, 8, 10, 10.5, 12, 15, 18, 20, 25, 30, 31, 40, 41, 55, 60)
KINDS = "fpfcfpffpcfppfcp"
NAMES = {"f": "failed", "p": "passed", "c": "censored"}
LIFELINES = (  # AalenJohansenFitter: cumulative incidence and its 95 % interval
    (3, 0.062500, 0.004098, 0.246994),
    (8, 0.125000, 0.020675, 0.327984),
    (10.5, 0.192708, 0.046974, 0.412075),
    (15, 0.260417, 0.080254, 0.487901),
    (18, 0.328125, 0.119035, 0.557964),
    (30, 0.407118, 0.165456, 0.638336),
    (41, 0.486111, 0.218267, 0.710459),
)


def observed() -> list[Observation]:
    return [Observation(t, NAMES[k]) for t, k in zip(TIMES, KINDS, strict=True)]


def test_the_failure_curve_and_its_interval_are_those_of_lifelines() -> None:
    curve = failure_curve(reversed(observed()))
    assert (curve.observed, curve.failed, curve.passed, curve.censored) == (16, 7, 6, 3)
    assert [(p.ms, p.share, p.low, p.high) for p in curve.points] == [
        pytest.approx(row, abs=1e-6) for row in LIFELINES
    ]
    assert (curve.at(2.9), curve.at(8), curve.at(9), curve.at(999)) == pytest.approx(
        (0, 0.125, 0.125, 0.486111), abs=1e-6
    )


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from("fp")), min_size=1, max_size=40))
def test_without_censoring_the_curve_is_the_plain_share_failed_by_then(items) -> None:
    curve = failure_curve(Observation(t, NAMES[k]) for t, k in items)
    for ms in range(21):
        plain = sum(t <= ms and k == "f" for t, k in items) / len(items)
        assert curve.at(ms) == pytest.approx(plain, abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from("fpc")), max_size=40))
@example([(0, "f")] * 7 + [(1, "f"), (2, "f"), (3, "f")])
@example([(0, "f"), (0, "f"), (1, "f"), (1, "f"), (2, "f"), (3, "f")])
def test_the_curve_never_falls_and_stays_within_its_interval(items) -> None:
    curve = failure_curve(Observation(t, NAMES[k]) for t, k in items)
    shares = [p.share for p in curve.points]
    assert shares == sorted(shares)
    assert all(0 <= p.low <= p.share + 1e-12 and p.share <= p.high + 1e-12 for p in curve.points)
    assert all(p.high <= 1 for p in curve.points)


def attempt(**fields) -> Attempt:
    return Attempt(1, 1, "fast", "m", **fields)


def test_what_an_attempt_counts_as_in_the_curve() -> None:
    failure = FirstFailure("check", "json", 0, 1, 12.0, "")
    assert observe([attempt(first_failure=failure, state="aborted", total_ms=20.0)]) == (
        Observation(12.0, "failed"),
    )
    passed = attempt(state="complete", verdict="pass", total_ms=30.0)
    assert observe([passed]) == (Observation(30.0, "passed"),)
    for state, verdict in (("cancelled", "pending"), ("truncated", "pass"), ("complete", "error")):
        censored = attempt(state=state, verdict=verdict, total_ms=30.0)
        assert observe([censored]) == (Observation(30.0, "censored"),)
    for origin in ("cache", "replay"):
        assert (
            observe([attempt(state="complete", verdict="pass", total_ms=1.0, origin=origin)]) == ()
        )
    assert observe([attempt(state="queued")]) == ()
    assert observe([attempt(state="streaming", chunks=((5.0, "x"),))]) == (
        Observation(5.0, "censored"),
    )


def test_medians() -> None:
    assert (median_ms([]), median_ms([3.0]), median_ms([4.0, 1.0, 2.0, 9.0])) == (None, 3.0, 3.0)


def test_four_failures_of_four_leave_room_for_a_pass() -> None:
    last = failure_curve(Observation(float(n), "failed") for n in range(1, 5)).points[-1]
    all_of_four = wilson(4, 4)
    assert all_of_four is not None
    assert (last.share, last.high) == (1.0, 1.0)
    assert last.low == pytest.approx(all_of_four.low)
