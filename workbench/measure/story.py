"""A session's own story in numbers: what every summary of a session shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from workbench.measure.audits import AuditReport, audit_report
from workbench.measure.curves import FailureCurve, failure_curve, observe
from workbench.measure.failure import (
    AvoidedSum,
    Recovery,
    Velocity,
    avoided,
    cost_per_success,
    failure_cost,
    race,
    recoveries,
    velocity,
)
from workbench.measure.intervals import Rate, wilson
from workbench.measure.timing import Spread, Timing, spread, timing
from workbench.model.attempt import Attempt
from workbench.model.lane import Prices
from workbench.model.session import Session
from workbench.model.verdict import VerdictName


@dataclass(frozen=True, slots=True)
class LaneStory:
    """One lane over the whole session. Times are milliseconds, money US dollars.

    ``passed`` is the share of decided attempts (pass, fail or provider error) that passed.
    ``cost_usd`` is None when the cost of any attempt is unknown. ``waste_s`` and
    ``waste_tokens`` were spent after first failures.
    """

    lane: str
    model: str
    attempts: int
    passed: Rate | None
    timing: Timing
    ttff: Spread | None
    curve: FailureCurve
    waste_s: float
    waste_tokens: int
    avoided: tuple[AvoidedSum, ...]
    cost_usd: float | None
    cost_per_success: float | None


@dataclass(frozen=True, slots=True)
class Race:
    """``ratio`` iterations of lane ``fast`` fit before lane ``slow``'s first verdict."""

    fast: str
    slow: str
    ratio: float


@dataclass(frozen=True, slots=True)
class Turn:
    """One iteration and lane: verdict, TTFF and total in milliseconds, of its first attempt."""

    iteration: int
    lane: str
    verdict: VerdictName
    ttff_ms: float | None
    total_ms: float | None


@dataclass(frozen=True, slots=True)
class Story:
    """The whole session. ``audit`` tells of the aborts that were audited."""

    lanes: tuple[LaneStory, ...]
    turns: tuple[Turn, ...]
    recoveries: tuple[Recovery, ...]
    velocity: Velocity
    races: tuple[Race, ...]
    audit: AuditReport


def story(session: Session) -> Story:
    """Measure *session*; see ``docs/measures.md`` for every definition."""
    attempts = session.attempts()
    names = tuple(dict.fromkeys(a.lane for a in attempts))
    prices = {
        lane.name: lane.prices for it in session.iterations for lane in it.lanes if lane.prices
    }
    lanes = tuple(_lane(n, [a for a in attempts if a.lane == n], prices) for n in names)
    return Story(
        lanes=lanes,
        turns=_turns(session),
        recoveries=recoveries(session),
        velocity=velocity(session),
        races=_races(session, names),
        audit=audit_report(attempts),
    )


def _lane(name: str, attempts: Sequence[Attempt], prices: Mapping[str, Prices]) -> LaneStory:
    live = [a for a in attempts if a.origin == "live"]
    decided = [a for a in attempts if a.verdict in ("pass", "fail") or a.first_failure]
    costs = [cost for a in live if (cost := failure_cost(a, prices.get(name))) is not None]
    money = [a.cost.usd for a in live if a.cost.usd is not None]
    return LaneStory(
        lane=name,
        model=attempts[-1].model,
        attempts=len(attempts),
        passed=wilson(sum(a.verdict == "pass" for a in decided), len(decided)),
        timing=timing(attempts),
        ttff=spread(a.ttff_ms for a in live),
        curve=failure_curve(observe(attempts)),
        waste_s=sum(cost.waste.seconds for cost in costs),
        waste_tokens=sum(cost.waste.tokens or 0 for cost in costs),
        avoided=avoided(live),
        cost_usd=sum(money) if live and len(money) == len(live) else None,
        cost_per_success=cost_per_success(live),
    )


def _turns(session: Session) -> tuple[Turn, ...]:
    turns = []
    for iteration in session.iterations:
        firsts = {a.lane: a for a in reversed(iteration.attempts)}
        turns += [
            Turn(iteration.number, a.lane, a.verdict, a.ttff_ms, a.total_ms)
            for a in sorted(firsts.values(), key=lambda a: a.number)
        ]
    return tuple(turns)


def _races(session: Session, names: Sequence[str]) -> tuple[Race, ...]:
    """Every pair of lanes in the direction in which more than one iteration fits."""
    if len(names) > 12:
        return ()
    found = []
    for fast, slow in permutations(names, 2):
        ratio = race(session, fast, slow)
        if ratio is not None and ratio > 1:
            found.append(Race(fast, slow, ratio))
    return tuple(found)
