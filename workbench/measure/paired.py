"""The difference of two rates measured on the same cases, with its interval."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from workbench.measure.intervals import Paired, mcnemar_exact, wilson
from workbench.records import dataclass


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


def decided_after(pairs: Iterable[tuple[bool, bool]], level: float = 0.05) -> int | None:
    """Return after how many pairs (first passed, second passed) McNemar's exact test said that the
    two differ and went on saying it to the end; None when it does not say so at the end.
    """
    first = second = number = 0
    since: int | None = None
    for number, (one, other) in enumerate(pairs, 1):
        if one == other:
            continue
        first, second = first + one, second + other
        if not _differ(first, second, level):
            since = None
        elif since is None:
            since = number
    return since


def _differ(first: int, second: int, level: float) -> bool:
    """Return whether McNemar's exact p-value is at most *level*, exactly only where it is close."""
    score = (abs(first - second) - 1) / sqrt(first + second)
    if level == 0.05 and not 1.5 < score < 2.5:  # of thousands of pairs each sum has thousands
        return score >= 2.5
    return mcnemar_exact(first, second) <= level


def _phi(a: int, b: int, c: int, d: int) -> float:
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    if not margins:
        return 0.0
    cross = float(a * d - b * c)
    if cross > 0:
        cross = max(cross - (a + b + c + d) / 2, 0.0)
    return cross / sqrt(margins)


def _joined(one: float, other: float, phi: float) -> float:
    return sqrt(max(0.0, one * one - 2 * phi * one * other + other * other))
