"""Repeats: how likely is at least one of k answers right, and how likely are all of them?"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, comb

from workbench.measure.intervals import wilson, z_of


def pass_at_k(passed: int, total: int, k: int) -> float | None:
    """Return the chance that at least one of *k* answers passes; None with fewer than k answers.

    Chen et al. (2021), arXiv:2107.03374, the unbiased estimator 1 − C(n−c, k) ÷ C(n, k).
    """
    return None if total < k else 1 - comb(total - passed, k) / comb(total, k)


def pass_hat_k(passed: int, total: int, k: int) -> float | None:
    """Return the chance that all of *k* answers pass; None with fewer than k answers.

    Yao et al. (2024), arXiv:2406.12045: C(c, k) ÷ C(n, k).
    """
    return None if total < k else comb(passed, k) / comb(total, k)


def mean_over_cases(values: Sequence[float | None]) -> float | None:
    """Return the mean of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def cases_needed(count: int, total: int, bar: float, confidence: float = 0.95) -> int | None:
    """Return how many cases in all decide whether the rate lies above or below *bar*, if it stays
    what it is now: the least n at which Wilson's interval leaves *bar* out.

    At most *total* when it is decided already; None when the rate is the bar itself. Solved from
    the score test, n = z² · bar · (1 − bar) ÷ (p − bar)².
    """
    if not total:
        return None
    rate = wilson(count, total, confidence)
    if rate is not None and not rate.low <= bar <= rate.high:
        return total
    gap = count / total - bar
    if not gap:
        return None
    z = z_of(confidence)
    return max(total + 1, ceil(z * z * bar * (1 - bar) / (gap * gap)))
