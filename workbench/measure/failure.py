"""What failing costs, what aborting saves, and how fast a person is back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from workbench.measure.curves import median_ms
from workbench.model.attempt import Attempt, Cost, Source, Tokens
from workbench.model.session import Iteration, Session
from workbench.records import dataclass

_SOURCES: tuple[Source, ...] = ("unknown", "estimated", "measured")
"""The less sure first: a sum is as sure as its least sure part."""

IDLE_S = 300.0
"""A pause longer than this between iterations is idle time, in seconds."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds, output tokens and US dollars; None where unknown, with the money's source."""

    seconds: float
    tokens: int | None
    usd: float | None
    source: Source = "unknown"


@dataclass(frozen=True, slots=True)
class FailureCost:
    """What was spent up to the first failure, and what after it (the waste)."""

    until: Spent
    waste: Spent


@dataclass(frozen=True, slots=True)
class AvoidedSum:
    """What aborts saved over several attempts, by how it is known.

    Each amount is the sum of what is known of it, None when nothing is.
    """

    attempts: int
    tokens: int | None
    seconds: float | None
    usd: float | None
    source: Source


@dataclass(frozen=True, slots=True)
class Recovery:
    """From an iteration's first failure to the next pass. ``lane`` is None for the session.

    ``seconds`` and ``by_attempt`` are None while nothing has passed since, and ``clock_jumped``
    says that the wall clock went backwards in between, so that no time can be given.
    """

    iteration: int
    lane: str | None
    seconds: float | None
    by_attempt: int | None
    clock_jumped: bool = False


@dataclass(frozen=True, slots=True)
class Velocity:
    """Iterations per active minute. ``idle_s`` was left out."""

    iterations: int
    active_s: float
    idle_s: float
    per_minute: float | None


def epoch_ms(utc: str | None) -> float | None:
    """Return an ISO 8601 moment as milliseconds since 1970; None if it is none."""
    if not utc:
        return None
    try:
        return datetime.fromisoformat(utc).timestamp() * 1000
    except (ValueError, OverflowError):
        return None


def failure_cost(
    attempt: Attempt, price: Callable[[Tokens], Cost] | None = None
) -> FailureCost | None:
    """Return what *attempt* spent before and after its first failure; None if it did not fail.

    *price* says what tokens cost (see :class:`~workbench.measure.pricing.PriceBook`); the whole
    prompt belongs to the part before the failure. Without it the money is unknown.
    """
    failure = attempt.first_failure
    if failure is None:
        return None
    total_ms = max(attempt.total_ms or failure.ms, failure.ms)
    output = attempt.tokens.output
    after = None if output is None else max(0, output - failure.at_token)
    until = waste = Cost()
    if price is not None:
        prompt = attempt.tokens.prompt
        found = price(Tokens(prompt, failure.at_token, source="estimated"))
        until = found if prompt is not None or found.usd == 0 else until
        waste = waste if after is None else price(Tokens(0, after, source="estimated"))
    return FailureCost(
        Spent(failure.ms / 1000, failure.at_token, until.usd, until.source),
        Spent((total_ms - failure.ms) / 1000, after, waste.usd, waste.source),
    )


def failure_costs(costs: Sequence[FailureCost]) -> FailureCost | None:
    """Add failure costs up; what is unknown of one is unknown of the sum. None without any."""
    if not costs:
        return None
    return FailureCost(_sum([c.until for c in costs]), _sum([c.waste for c in costs]))


def _sum(parts: Sequence[Spent]) -> Spent:
    tokens = [p.tokens for p in parts if p.tokens is not None]
    money = [p.usd for p in parts if p.usd is not None]
    known = len(money) == len(parts)
    sources = {p.source for p in parts}
    worst = next(s for s in _SOURCES if s in sources)
    return Spent(
        sum(p.seconds for p in parts),
        sum(tokens) if len(tokens) == len(parts) else None,
        sum(money) if known else None,
        worst if known else "unknown",
    )


def avoided(attempts: Iterable[Attempt]) -> tuple[AvoidedSum, ...]:
    """Add up what aborts saved, measured and estimated apart; unknown amounts stay out."""
    sums = []
    known = [a.avoided for a in attempts if a.avoided is not None]
    for source in ("measured", "estimated", "unknown"):
        mine = [one for one in known if one.source == source]
        if mine:
            tokens = [one.tokens for one in mine if one.tokens is not None]
            seconds = [one.seconds for one in mine if one.seconds is not None]
            money = [one.usd for one in mine if one.usd is not None]
            sums.append(
                AvoidedSum(
                    len(mine),
                    sum(tokens) if tokens else None,
                    sum(seconds) if seconds else None,
                    sum(money) if money else None,
                    source,
                )
            )
    return tuple(sums)


def cost_per_success(attempts: Sequence[Attempt]) -> float | None:
    """Return total cost ÷ attempts that passed, in US dollars.

    None when the cost of any attempt is unknown (a sum with holes would be too low) or none passed.
    """
    live = [a for a in attempts if a.origin == "live"]
    costs = [a.cost.usd for a in live if a.cost.usd is not None]
    passed = sum(a.verdict == "pass" for a in live)
    if not passed or len(costs) != len(live):
        return None
    return sum(costs) / passed


def recoveries(session: Session) -> tuple[Recovery, ...]:
    """Return the recovery of every iteration that failed: for the session and for each lane.

    The session has recovered when any attempt of a later iteration has passed every check, a lane
    when a later attempt of its own has. Moments are the attempts' wall clocks plus their own
    monotonic offsets; replayed and cached attempts do not count.
    """
    attempts = [a for a in session.attempts() if a.origin == "live"]
    found: list[Recovery] = []
    for iteration in session.iterations:
        failed = [a for a in iteration.attempts if a.origin == "live" and a.first_failure]
        if not failed:
            continue
        later = [a for a in attempts if a.iteration > iteration.number]
        found.append(_recovery(iteration.number, None, failed, later))
        for lane in dict.fromkeys(a.lane for a in failed):
            mine = [a for a in failed if a.lane == lane]
            first = min(a.number for a in mine)
            rows = {a.row for a in mine}  # another input that passes is no recovery of this one
            after = [
                a
                for a in attempts
                if a.lane == lane
                and a.number > first
                and (a.iteration > iteration.number or a.row in rows)
            ]
            found.append(_recovery(iteration.number, lane, mine, after))
    return tuple(found)


def _recovery(
    number: int, lane: str | None, failed: Sequence[Attempt], later: Sequence[Attempt]
) -> Recovery:
    began = min((m for a in failed if (m := _moment(a, a.ttff_ms)) is not None), default=None)
    passed = next((a for a in later if a.verdict == "pass" and a.state == "complete"), None)
    if passed is None:
        return Recovery(number, lane, None, None)
    ended = _moment(passed, passed.total_ms)
    if began is None or ended is None or ended < began:
        jumped = began is not None and ended is not None
        return Recovery(number, lane, None, passed.number, clock_jumped=jumped)
    return Recovery(number, lane, (ended - began) / 1000, passed.number)


def _moment(attempt: Attempt, ms: float | None) -> float | None:
    zero = epoch_ms(attempt.utc)
    return None if zero is None or ms is None else zero + ms


def velocity(session: Session) -> Velocity:
    """Return iterations per active minute.

    Active is the time from an iteration's start to the next one's, unless the pause after its end
    is longer than five minutes: then only the iteration itself, and of the last one its own
    duration. None for fewer than two iterations. A clock that went backwards counts as no time.
    """
    spans = [span for it in session.iterations if (span := _span(it)) is not None]
    active = idle = 0.0
    for (begin, end), (following, _) in pairwise(spans):
        pause = following - end
        if pause > IDLE_S * 1000:
            active += end - begin
            idle += pause
        else:
            active += max(0.0, following - begin)
    if spans:
        active += spans[-1][1] - spans[-1][0]
    rate = len(spans) / (active / 60_000) if len(spans) > 1 and active > 0 else None
    return Velocity(len(spans), active / 1000, idle / 1000, rate)


def _span(iteration: Iteration) -> tuple[float, float] | None:
    begin = epoch_ms(iteration.utc)
    if begin is None:
        return None
    total = iteration.total_ms
    if total is None:
        total = max((a.race_ms + (a.total_ms or 0.0) for a in iteration.attempts), default=0.0)
    return begin, begin + total


def first_verdict_ms(attempt: Attempt) -> float | None:
    """Return when *attempt* was first known to be good or bad: by a check, a failure, its end."""
    moments = [c.ms for c in attempt.checks if c.ms is not None]
    moments += [m for m in (attempt.ttff_ms, attempt.total_ms) if m is not None]
    return min(moments, default=None)


def race(session: Session, fast: str, slow: str) -> float | None:
    """Return how many iterations of lane *fast* fit before lane *slow*'s first verdict.

    The median over the iterations both lanes took part in of: first verdict of *slow* ÷ the time
    until the attempt of *fast* was decided (its first failure, else its end). None when they
    never met.
    """
    ratios = []
    for iteration in session.iterations:
        theirs = {a.lane: a for a in reversed(iteration.attempts) if a.origin == "live"}
        if fast not in theirs or slow not in theirs:
            continue
        verdict = first_verdict_ms(theirs[slow])
        done = theirs[fast].ttff_ms
        if done is None:
            done = theirs[fast].total_ms
        if verdict is not None and done:
            ratios.append(verdict / done)
    return median_ms(ratios)
