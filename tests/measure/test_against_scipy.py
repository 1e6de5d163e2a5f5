"""Every formula of the statistics, held to scipy and statsmodels on the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binomtest, hypergeom, norm
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
)

from workbench.measure.intervals import Paired, mcnemar_exact, wilson, z_of
from workbench.measure.paired import decided_after, difference
from workbench.measure.passk import cases_needed, pass_at_k, pass_hat_k

SHARES = [(0, 1), (1, 1), (0, 7), (3, 7), (7, 7), (19, 20), (81, 263), (499, 1000), (9999, 10000)]


@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95, 0.99])
def test_the_normal_quantile(confidence: float) -> None:
    assert z_of(confidence) == pytest.approx(norm.ppf(0.5 + confidence / 2), rel=1e-12)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("count", "total"), SHARES)
def test_wilsons_interval(count: int, total: int, confidence: float) -> None:
    rate = wilson(count, total, confidence)
    of_scipy = binomtest(count, total).proportion_ci(confidence, method="wilson")
    of_statsmodels = proportion_confint(count, total, alpha=1 - confidence, method="wilson")
    assert (rate.low, rate.high) == pytest.approx((of_scipy.low, of_scipy.high), abs=1e-12)
    assert (rate.low, rate.high) == pytest.approx(of_statsmodels, abs=1e-12)


@pytest.mark.parametrize("first", [0, 1, 2, 7, 40, 300])
@pytest.mark.parametrize("second", [0, 1, 5, 8, 39, 350])
def test_mcnemars_exact_test(first: int, second: int) -> None:
    found = mcnemar_exact(first, second)
    assert found == pytest.approx(mcnemar([[3, first], [second, 4]], exact=True).pvalue, rel=1e-9)
    if first + second:
        assert found == pytest.approx(binomtest(first, first + second, 0.5).pvalue, rel=1e-9)


@pytest.mark.parametrize("confidence", [0.9, 0.95])
@pytest.mark.parametrize("counts", [(25, 25, 25, 25), (6, 4, 9, 6), (40, 10, 8, 2), (0, 3, 0, 5)])
def test_the_paired_difference_without_correlation_is_newcombes_of_two_shares(
    counts: tuple[int, int, int, int], confidence: float
) -> None:
    a, b, c, d = counts
    assert a * d == b * c, "these pairs are not correlated"
    total = sum(counts)
    made = difference(Paired(a, b, c, d, (b - c) / total, mcnemar_exact(b, c)), confidence)
    theirs = confint_proportions_2indep(
        a + b, total, a + c, total, method="newcomb", alpha=1 - confidence
    )
    assert (made.low, made.high) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize(("passed", "total"), [(0, 4), (1, 4), (3, 4), (4, 4), (7, 50), (180, 200)])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_pass_at_k_and_pass_hat_k_are_draws_without_replacement(
    passed: int, total: int, k: int
) -> None:
    draws = hypergeom(total, passed, k)
    assert pass_at_k(passed, total, k) == pytest.approx(1 - draws.pmf(0), abs=1e-12)
    assert pass_hat_k(passed, total, k) == pytest.approx(draws.pmf(k), abs=1e-12)


@pytest.mark.parametrize(("count", "total", "bar"), [(7, 10, 0.5), (17, 20, 0.9), (52, 100, 0.5)])
def test_the_cases_needed_are_the_fewest_at_which_the_score_test_decides(
    count: int, total: int, bar: float
) -> None:
    share, needed = count / total, cases_needed(count, total, bar)
    enough = proportions_ztest(share * needed, needed, bar, prop_var=bar)[1]
    too_few = proportions_ztest(share * (needed - 1), needed - 1, bar, prop_var=bar)[1]
    assert enough <= 0.05 < too_few


COUNT = st.integers(0, 60)


@given(COUNT, COUNT, COUNT, COUNT, st.sampled_from([0.8, 0.95, 0.99]))
def test_the_paired_difference_is_wilsons_limits_joined_by_the_corrected_correlation(
    a: int, b: int, c: int, d: int, confidence: float
) -> None:
    """The formula of Newcombe (1998), method 10, from parts of other libraries: statsmodels' Wilson
    limits and numpy's correlation of the pairs, moved towards 0 by n/2 in ad - bc.
    """
    total = a + b + c + d
    assume(total)
    first, second = (a + b) / total, (a + c) / total
    phi = 0.0
    if 0 < a + b < total and 0 < a + c < total:
        one = np.repeat([1, 1, 0, 0], [a, b, c, d])
        other = np.repeat([1, 0, 1, 0], [a, b, c, d])
        phi = float(np.corrcoef(one, other)[0, 1])
        if (cross := a * d - b * c) > 0:
            phi *= max(cross - total / 2, 0) / cross
    low_1, high_1 = proportion_confint(a + b, total, 1 - confidence, "wilson")
    low_2, high_2 = proportion_confint(a + c, total, 1 - confidence, "wilson")
    down = np.array([first - low_1, high_2 - second])
    up = np.array([high_1 - first, second - low_2])
    joined = np.array([[1, -phi], [-phi, 1]])
    low = first - second - np.sqrt(max(0.0, down @ joined @ down))
    high = first - second + np.sqrt(max(0.0, up @ joined @ up))
    made = difference(Paired(a, b, c, d, 0.0, 1.0), confidence)
    assert (made.low, made.high) == pytest.approx((max(low, -1), min(high, 1)), abs=1e-6)


def test_the_paired_difference_of_a_published_table() -> None:
    """Complete response before and after therapy (Cavo et al. 2012), as Fagerland, Lydersen and
    Laake give it (*Statistical Analysis of Contingency Tables*, chapter 8, and their R package).
    """
    made = difference(Paired(59, 6, 16, 80, 0.0, 1.0))
    assert (made.value, made.low, made.high) == pytest.approx((-0.0621, -0.1186, -0.0046), abs=5e-5)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=80), st.integers(0, 60))
def test_a_comparison_is_decided_where_the_exact_test_first_says_so_for_good(
    pairs: list[tuple[bool, bool]], wins: int
) -> None:
    pairs = [*pairs, *[(True, False)] * wins]
    p_values = []
    for n in range(1, len(pairs) + 1):
        first = sum(a and not b for a, b in pairs[:n])
        second = sum(b and not a for a, b in pairs[:n])
        p_values.append(binomtest(first, first + second).pvalue if first + second else 1.0)
    undecided = [n for n, p in enumerate(p_values, 1) if p > 0.05]
    after = (undecided[-1] if undecided else 0) + 1
    assert decided_after(pairs) == (after if after <= len(pairs) else None)


@pytest.mark.parametrize("total", [100, 1000, 20_000])
def test_far_from_the_level_no_exact_sum_is_needed(total: int) -> None:
    """What decides without the exact test agrees with it on both sides of the level."""
    for gap in range(0, int(4 * total**0.5), 2):
        first = (total + gap) // 2
        exact = binomtest(first, total).pvalue <= 0.05
        score = (2 * first - total - 1) / total**0.5
        assert exact or score < 2.5
        assert not exact or score > 1.5
