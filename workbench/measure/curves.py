"""The failure curve: what share of attempts has failed by time t.

An attempt can end in a failure or in a completed pass; the one makes the other impossible, so they
compete, and one minus Kaplan-Meier would overstate the failures. The Aalen-Johansen estimator of
the cumulative incidence takes both into account (Aalen & Johansen 1978, Scandinavian Journal of
Statistics 5, 141-150). An attempt cancelled by a person was still open when we stopped looking: it
is censored.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby
from math import exp, log, sqrt
from typing import Literal

from workbench.figures import between
from workbench.measure.intervals import z_of
from workbench.model.attempt import Attempt
from workbench.records import dataclass

_ROUNDING = 1e-9
_WIDEST = 700.0
"""e to more than this is beyond a float; the interval is (0, 1) long before."""

Outcome = Literal["failed", "passed", "censored"]


@dataclass(frozen=True, slots=True)
class Observation:
    """How and when (milliseconds) an attempt stopped being open."""

    ms: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The curve from ``ms`` on: the share failed, its interval, and how many were open before."""

    ms: float
    share: float
    low: float
    high: float
    open: int

    def between(self) -> str:
        """Write the interval; see :func:`workbench.figures.between`."""
        return between(self.low, self.high)


@dataclass(frozen=True, slots=True)
class FailureCurve:
    """A step function. ``points`` are in order of time, one for each time something failed."""

    points: tuple[CurvePoint, ...]
    observed: int
    failed: int
    passed: int
    censored: int

    def at(self, ms: float) -> float:
        """Return the share failed by *ms*."""
        index = bisect_right(self.points, ms, key=lambda point: point.ms)
        return self.points[index - 1].share if index else 0.0


def observe(attempts: Iterable[Attempt]) -> tuple[Observation, ...]:
    """Turn attempts into observations.

    Replayed and cached attempts are left out, and so are those that never started. An attempt
    that ended without failure and without a pass (cancelled, cut off, a check that crashed) is
    censored where it ended; one still running, at its last chunk.
    """
    seen: list[Observation] = []
    for attempt in attempts:
        if attempt.origin != "live":
            continue
        if attempt.first_failure is not None:
            seen.append(Observation(attempt.first_failure.ms, "failed"))
        elif attempt.total_ms is not None:
            passed = attempt.state == "complete" and attempt.verdict == "pass"
            seen.append(Observation(attempt.total_ms, "passed" if passed else "censored"))
        elif attempt.chunks:
            seen.append(Observation(attempt.chunks[-1][0], "censored"))
    return tuple(seen)


def failure_curve(observations: Iterable[Observation], confidence: float = 0.95) -> FailureCurve:
    """Return the Aalen-Johansen cumulative incidence of failure with a pointwise interval.

    At each time t with d failures, e passes and n attempts open just before it:
    F(t) = F(t-) + S(t-) d/n and S(t) = S(t-) (1 - (d+e)/n). The variance is the delta-method one of
    Marubini & Valsecchi (1995), *Analysing Survival Data from Clinical Trials and Observational
    Studies*, eq. 10.12, summed in one pass; the interval is taken on the log(-log) scale, so it
    stays within 0 and 1; where all have failed that scale ends, and Wilson's lower end n/(n + z²)
    of the n failures stands in. Ties of a failure and a pass are one event time, a censoring at the
    same time comes after them.
    """
    ordered = sorted(observations, key=lambda o: o.ms)
    state = _Incidence(len(ordered), z_of(confidence))
    points: list[CurvePoint] = []
    for ms, group in groupby(ordered, key=lambda o: o.ms):
        outcomes = [o.outcome for o in group]
        failed, passed = outcomes.count("failed"), outcomes.count("passed")
        point = state.step(ms, failed, passed, len(outcomes))
        if failed:
            points.append(point)
    count = [o.outcome for o in ordered]
    return FailureCurve(
        tuple(points),
        len(ordered),
        count.count("failed"),
        count.count("passed"),
        count.count("censored"),
    )


class _Incidence:
    """Walks through time. The variance Σ (F(t)-F_i)² a_i + Σ b_i - 2 Σ (F(t)-F_i) c_i is expanded
    in powers of F(t), so that six running sums replace a second loop.
    """

    def __init__(self, total: int, z: float) -> None:
        self.open = total
        self.failed = 0
        self.z = z
        self.survival = 1.0
        self.incidence = 0.0
        self.a = self.af = self.aff = self.b = self.c = self.cf = 0.0

    def step(self, ms: float, failed: int, passed: int, leaving: int) -> CurvePoint:
        """Take what happened at *ms* and return the curve from there on."""
        n, ended = self.open, failed + passed
        self.incidence = min(1.0, self.incidence + self.survival * failed / n)
        f = self.incidence
        if n > ended:
            a = ended / (n * (n - ended))
            self.a, self.af, self.aff = self.a + a, self.af + a * f, self.aff + a * f * f
        self.b += self.survival**2 * (n - failed) * failed / n**3
        c = self.survival * failed / n**2
        self.c, self.cf = self.c + c, self.cf + c * f
        variance = f * f * self.a - 2 * f * self.af + self.aff + self.b - 2 * (f * self.c - self.cf)
        self.survival *= 1 - ended / n
        self.open -= leaving
        self.failed += failed
        low, high = _log_log(f, sqrt(max(0.0, variance)), self.z)
        if f >= 1 - _ROUNDING:
            low = self.failed / (self.failed + self.z**2)
        return CurvePoint(ms, f, low, high, n)


def _log_log(share: float, error: float, z: float) -> tuple[float, float]:
    """Return the interval on the scale of log(-log share)."""
    if not _ROUNDING < share < 1 - _ROUNDING:
        return share, share
    width = max(-_WIDEST, z * error / (share * log(share)))
    return share ** exp(-width), share ** exp(width)


def median_ms(values: Sequence[float]) -> float | None:
    """Return the middle value (the mean of the two middle ones); None when there is none."""
    if not values:
        return None
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
