"""The paired difference of two rates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.measure.intervals import Paired, mcnemar_exact
from workbench.measure.paired import difference

COUNTS = st.tuples(*[st.integers(0, 60)] * 4).filter(any)


def pairs(a: int, b: int, c: int, d: int) -> Paired:
    return Paired(a, b, c, d, (b - c) / (a + b + c + d), mcnemar_exact(b, c))


@given(COUNTS)
def test_the_interval_holds_the_difference_and_turns_around_with_the_lanes(
    counts: tuple[int, int, int, int],
) -> None:
    a, b, c, d = counts
    made, turned = difference(pairs(a, b, c, d)), difference(pairs(a, c, b, d))
    assert -1 <= made.low <= made.value + 1e-12
    assert made.value - 1e-12 <= made.high <= 1
    assert (turned.low, turned.high) == pytest.approx((-made.high, -made.low))


def test_more_pairs_of_the_same_kind_narrow_it() -> None:
    few, many = difference(pairs(20, 8, 2, 10)), difference(pairs(200, 80, 20, 100))
    assert few.value == many.value
    assert few.low < many.low < many.high < few.high


def test_without_correlation_it_is_the_interval_of_two_independent_shares() -> None:
    made = difference(pairs(25, 25, 25, 25))
    assert made.high == pytest.approx(0.1359, abs=2e-3)
    assert made.low == pytest.approx(-0.1359, abs=2e-3)


def test_no_pairs_have_no_difference() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        difference(Paired(0, 0, 0, 0, 0.0, 1.0))
