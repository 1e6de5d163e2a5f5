"""Repeats: pass@k, pass^k and how many more cases decide."""

from itertools import combinations

import pytest

from workbench.measure.intervals import wilson
from workbench.measure.passk import cases_needed, mean_over_cases, pass_at_k, pass_hat_k


@pytest.mark.parametrize(("passed", "total"), [(0, 5), (1, 5), (3, 6), (6, 6)])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_both_are_the_shares_among_all_draws_of_k(passed: int, total: int, k: int) -> None:
    draws = list(combinations([True] * passed + [False] * (total - passed), k))
    assert pass_at_k(passed, total, k) == pytest.approx(sum(map(any, draws)) / len(draws))
    assert pass_hat_k(passed, total, k) == pytest.approx(sum(map(all, draws)) / len(draws))


def test_with_fewer_answers_than_k_nothing_is_said() -> None:
    assert pass_at_k(1, 1, 2) is None
    assert mean_over_cases([None, 0.5, None, 1.0]) == 0.75
    assert mean_over_cases([None]) is None


def test_the_cases_said_to_be_needed_do_decide_and_fewer_do_not() -> None:
    needed = cases_needed(7, 10, 0.5)
    assert needed is not None
    for total, decided in ((needed + 10, True), (needed - 10, False)):
        rate = wilson(round(total * 0.7), total)
        assert rate is not None
        assert (not rate.low <= 0.5 <= rate.high) == decided
    assert cases_needed(95, 100, 0.5) == 100
    assert cases_needed(5, 10, 0.5) is None
