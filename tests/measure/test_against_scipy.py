"""Every formula of the statistics, held to scipy and statsmodels on the same numbers."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest, hypergeom, norm
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
)

from workbench.measure.intervals import Paired, mcnemar_exact, wilson, z_of
from workbench.measure.paired import difference
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


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [((36, 12, 2, 0), 0.0569, 0.3404), ((1, 1, 7, 12), -0.5069, -0.0256)],
)
def test_the_paired_difference_with_correlation_is_the_published_one(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    """Newcombe (1998), table III, method 10; Fagerland et al. (2014), airway reactivity."""
    made = difference(Paired(*counts, 0.0, 1.0))
    assert (made.low, made.high) == pytest.approx((low, high), abs=1e-4)
