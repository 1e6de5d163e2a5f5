"""Numbers read the same everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.tui.view import format as fmt


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (None, "\u2013"),
        (0, "0.0 ms"),
        (4.24, "4.2 ms"),
        (9.96, "10 ms"),
        (212.4, "212 ms"),
        (999.6, "1.00 s"),
        (2314, "2.31 s"),
        (9996, "10.0 s"),
        (23140, "23.1 s"),
        (123_000, "2 m 03 s"),
        (-80, "\u221280 ms"),
    ],
)
def test_a_duration_has_three_digits_at_most(ms, text):
    assert fmt.duration(ms) == text


@given(st.floats(0, 1e7))
def test_no_duration_is_wider_than_a_column(ms: float):
    assert len(fmt.duration(ms)) <= 10


@pytest.mark.parametrize(
    ("usd", "text"), [(None, "unknown"), (0, "$0"), (0.0012, "$0.0012"), (1.5, "$1.50")]
)
def test_unknown_money_is_never_zero(usd, text):
    assert fmt.money(usd) == text


@given(st.floats(0.1, 1e8))
def test_an_axis_holds_what_it_must_and_wastes_little(ms: float):
    scale = fmt.nice_scale(ms)
    assert ms <= scale
    assert scale <= max(100, ms * 2.5)


def test_a_change_says_its_direction():
    assert fmt.duration_change(212, 340) == "\u2212128 ms"
    assert fmt.count_change(3, 1) == "+2"
    assert fmt.count_change(3, None) == ""
