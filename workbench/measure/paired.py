"""The difference of two rates measured on the same cases, with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from workbench.measure.intervals import Paired, wilson


@dataclass(frozen=True, slots=True)
class Difference:
    """The first rate minus the second, and its interval; all between -1 and 1."""

    value: float
    low: float
    high: float


def difference(result: Paired, confidence: float = 0.95) -> Difference:
    """Return the paired difference with Newcombe's square-and-add interval.

    Newcombe (1998), Statistics in Medicine 17, 2635-2650, method 10: Wilson's limits of both
    rates, joined with the correlation phi of the pairs, corrected for continuity.

    Raises:
        ValueError: there are no pairs.
    """
    a, b, c, d = result.both, result.only_first, result.only_second, result.neither
    total = a + b + c + d
    first, second = wilson(a + b, total, confidence), wilson(a + c, total, confidence)
    if first is None or second is None:
        raise ValueError("no pairs")
    phi = _phi(a, b, c, d)
    gap = first.value - second.value
    low = gap - _joined(first.value - first.low, second.high - second.value, phi)
    high = gap + _joined(first.high - first.value, second.value - second.low, phi)
    return Difference(gap, max(-1.0, low), min(1.0, high))


def _phi(a: int, b: int, c: int, d: int) -> float:
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    if not margins:
        return 0.0
    cross = a * d - b * c
    if cross > 0:
        cross = max(cross - (a + b + c + d) // 2, 0)
    return float(cross / sqrt(margins))


def _joined(one: float, other: float, phi: float) -> float:
    return sqrt(max(0.0, one * one - 2 * phi * one * other + other * other))
