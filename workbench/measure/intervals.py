"""Intervals of rates, and the paired comparison of two lanes."""

from __future__ import annotations

from math import comb, sqrt
from statistics import NormalDist

from workbench.figures import between
from workbench.records import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its interval: ``count`` of ``total``, all three numbers between 0 and 1."""

    count: int
    total: int
    value: float
    low: float
    high: float

    def between(self) -> str:
        """Write the interval; see :func:`workbench.figures.between`."""
        return between(self.low, self.high)


def z_of(confidence: float) -> float:
    """Return the two-sided normal quantile, 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(count: int, total: int, confidence: float = 0.95) -> Rate | None:
    """Return the share *count* ÷ *total* with Wilson's score interval; None when total is 0.

    Wilson (1927), JASA 22, 209-212: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n). It never
    leaves [0, 1] and holds its level for few cases and for shares near 0 and 1.

    Raises:
        ValueError: *count* is not within 0 and *total*.
    """
    if not 0 <= count <= total:
        raise ValueError(f"{count} of {total} is no share")
    if total == 0:
        return None
    z = z_of(confidence)
    p = count / total
    middle = p + z * z / (2 * total)
    half = z * sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    # At the edges the formula gives 0 and 1 exactly; floating point only nearly so.
    low = 0.0 if count == 0 else (middle - half) / scale
    high = 1.0 if count == total else (middle + half) / scale
    return Rate(count, total, p, low, high)


@dataclass(frozen=True, slots=True)
class Paired:
    """Two lanes on the same cases: how many only the first passed, how many only the second.

    ``p_value`` is that of McNemar's exact test; ``difference`` is the first lane's pass rate minus
    the second's.
    """

    both: int
    only_first: int
    only_second: int
    neither: int
    difference: float
    p_value: float


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test.

    Among the cases where the lanes disagree, each is as likely to win: a binomial with ½
    (McNemar 1947, Psychometrika 12, 153-157; the exact form is the sign test). 1.0 when they
    never disagree.
    """
    total = only_first + only_second
    fewer = min(only_first, only_second)
    tail = sum(comb(total, k) for k in range(fewer + 1))
    # Integers throughout: 2 tail / 2^total does not underflow for thousands of cases.
    return min(1.0, 2 * tail / (1 << total)) if total else 1.0


def paired(results: list[tuple[bool, bool]]) -> Paired | None:
    """Compare two lanes over the same cases: (first passed, second passed) each. None if empty."""
    if not results:
        return None
    both = sum(a and b for a, b in results)
    first = sum(a and not b for a, b in results)
    second = sum(b and not a for a, b in results)
    return Paired(
        both,
        first,
        second,
        len(results) - both - first - second,
        (first - second) / len(results),
        mcnemar_exact(first, second),
    )
