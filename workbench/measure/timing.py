"""Times of attempts: what counts, and how it is summed up.

Only live attempts that ran to their own end count. One that was aborted, cancelled, cut off or
ended in an error says nothing about how long an answer takes: it is censored, counted and shown
as such. Cached and replayed ones never enter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil

from workbench.model.attempt import Attempt
from workbench.records import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of one measure over ``count`` attempts, by nearest rank."""

    count: int
    p50: float
    p95: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Timing:
    """The times of one lane, in milliseconds and tokens per second.

    ``censored`` attempts and ``not_live`` ones were left out. ``ttft_all`` counts every live
    attempt that showed text, however it ended: the first token was seen.
    """

    attempts: int
    censored: int
    not_live: int
    ttft_all: Spread | None
    total: Spread | None
    itl: Spread | None
    tokens_per_s: Spread | None


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: the smallest value that *share* of all do not exceed.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def spread(values: Iterable[float | None]) -> Spread | None:
    """Return the percentiles of the values that are known; None when none is."""
    known = sorted(v for v in values if v is not None)
    if not known:
        return None
    return Spread(len(known), percentile(known, 0.5), percentile(known, 0.95), known[0], known[-1])


def gaps(attempt: Attempt) -> tuple[float, ...]:
    """Return the inter-token latencies: milliseconds between chunks after the first."""
    return tuple(later - earlier for earlier, later in pairwise(attempt.chunk_times))


def timing(attempts: Iterable[Attempt]) -> Timing:
    """Sum up the times of *attempts*, normally those of one lane."""
    everything = tuple(attempts)
    live = [a for a in everything if a.origin == "live"]
    whole = [a for a in live if a.state == "complete"]
    return Timing(
        attempts=len(whole),
        censored=len(live) - len(whole),
        not_live=len(everything) - len(live),
        ttft_all=spread(a.ttft_ms for a in live),
        total=spread(a.total_ms for a in whole),
        itl=spread(gap for a in whole for gap in gaps(a)),
        tokens_per_s=spread(a.tokens_per_s for a in whole),
    )


def goodput(attempts: Iterable[Attempt], wall_s: float) -> float | None:
    """Return passing live answers per second over *wall_s* seconds; None for no time at all."""
    if wall_s <= 0:
        return None
    passed = sum(a.verdict == "pass" and a.origin == "live" for a in attempts)
    return passed / wall_s
