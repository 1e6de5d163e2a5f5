"""Numbers are written in one way wherever they are shown."""

from __future__ import annotations

import pytest

from workbench.figures import between, count, duration, money


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        (None, "unknown"),
        (0.0, "$0"),
        (0.00000004, "<$0.000001"),
        (0.0000123, "$0.000012"),
        (0.00123, "$0.0012"),
        (0.0456, "$0.046"),
        (12.345, "$12.35"),
        (-0.5, "\u2212$0.500"),
    ],
)
def test_money_is_never_zero_unless_it_is_nor_in_scientific_notation(
    usd: float | None, said: str
) -> None:
    assert money(usd) == said


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (None, "\u2013"),
        (4.21, "4.2 ms"),
        (212.4, "212 ms"),
        (2314, "2.31 s"),
        (23140, "23.1 s"),
        (123_000, "2 m 03 s"),
        (3_720_000, "1 h 02 m"),
        (-2314, "\u22122.31 s"),
    ],
)
def test_durations_have_the_unit_that_is_read_at_a_glance(ms: float | None, said: str) -> None:
    assert duration(ms) == said


def test_the_ends_of_an_interval_never_look_like_one() -> None:
    assert between(0.35, 0.88) == "35% to 88%"
    assert between(0.9981, 0.9999) == "99.8% to 100.0%"
    assert between(0.35, 0.88, "\u2013") == "35%\u201388%"


def test_counts_have_thin_groups_of_three() -> None:
    assert (count(None), count(999), count(1_234_567)) == ("\u2013", "999", "1\u202f234\u202f567")
