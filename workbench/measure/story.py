"""A session's own story in numbers: what every summary of a session shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import permutations

from workbench.measure.audits import AuditReport, audit_report
from workbench.measure.curves import FailureCurve, failure_curve, observe
from workbench.measure.failure import (
    AvoidedSum,
    FailureCost,
    Recovery,
    Velocity,
    avoided,
    cost_per_success,
    failure_cost,
    failure_costs,
    race,
    recoveries,
    velocity,
)
from workbench.measure.intervals import Rate, wilson
from workbench.measure.pricing import Price, PriceBook
from workbench.measure.timing import Spread, Timing, spread, timing
from workbench.model.attempt import Attempt, Cost, Tokens
from workbench.model.session import Session
from workbench.model.verdict import VerdictName
from workbench.records import dataclass

_WORST_FIRST: tuple[VerdictName, ...] = ("fail", "error", "pending", "pass")


@dataclass(frozen=True, slots=True)
class LaneStory:
    """One lane over the whole session. Times are milliseconds, money US dollars.

    ``passed`` is the share of decided attempts (pass, fail or provider error) that passed.
    ``cost_usd`` is None when the cost of any attempt is unknown. ``waste_s`` and
    ``waste_tokens`` were spent after first failures. ``failure_cost`` is what all failures of live
    attempts cost, until they failed and after; None when none failed.
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
    failure_cost: FailureCost | None = None


@dataclass(frozen=True, slots=True)
class Race:
    """``ratio`` iterations of lane ``fast`` fit before lane ``slow``'s first verdict."""

    fast: str
    slow: str
    ratio: float


@dataclass(frozen=True, slots=True)
class Turn:
    """One iteration and lane, of all its attempts (data rows, repeats, retries) together.

    ``verdict`` is the worst of them, ``ttff_ms`` the soonest first failure, ``total_ms`` of
    the slowest (milliseconds, from an attempt's own start); ``passed`` of ``attempts`` passed.
    """

    iteration: int
    lane: str
    verdict: VerdictName
    ttff_ms: float | None
    total_ms: float | None
    attempts: int = 1
    passed: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """The whole session. ``audit`` tells of the aborts that were audited."""

    lanes: tuple[LaneStory, ...]
    turns: tuple[Turn, ...]
    recoveries: tuple[Recovery, ...]
    velocity: Velocity
    races: tuple[Race, ...]
    audit: AuditReport


def story(session: Session, price: Price | None = None) -> Story:
    """Measure *session*; see ``docs/measures.md`` for every definition.

    *price* says what tokens cost; without it the lanes' own prices and the price list do, which
    may take a third of a second to load.
    """
    attempts = session.attempts()
    names = tuple(dict.fromkeys(a.lane for a in attempts))
    failed = {a.lane for a in attempts if a.first_failure is not None}
    known = {lane.name: lane for it in session.iterations for lane in it.lanes}
    if price is None:
        price = PriceBook.of(lane for name, lane in known.items() if name in failed).cost
    costs = {name: partial(price, lane) for name, lane in known.items()}
    lanes = tuple(_lane(n, [a for a in attempts if a.lane == n], costs.get(n)) for n in names)
    return Story(
        lanes=lanes,
        turns=_turns(session),
        recoveries=recoveries(session),
        velocity=velocity(session),
        races=_races(session, names),
        audit=audit_report(attempts),
    )


def _lane(
    name: str, attempts: Sequence[Attempt], price: Callable[[Tokens], Cost] | None
) -> LaneStory:
    live = [a for a in attempts if a.origin == "live"]
    decided = [a for a in attempts if a.verdict in ("pass", "fail") or a.first_failure]
    costs = [cost for a in live if (cost := failure_cost(a, price)) is not None]
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
        failure_cost=failure_costs(costs),
    )


def _turns(session: Session) -> tuple[Turn, ...]:
    turns = []
    for iteration in session.iterations:
        lanes: dict[str, list[Attempt]] = {}
        for attempt in sorted(iteration.attempts, key=lambda a: a.number):
            lanes.setdefault(attempt.lane, []).append(attempt)
        turns += [_turn(iteration.number, lane, found) for lane, found in lanes.items()]
    return tuple(turns)


def _turn(iteration: int, lane: str, found: Sequence[Attempt]) -> Turn:
    verdicts = [a.verdict for a in found]
    return Turn(
        iteration,
        lane,
        next(verdict for verdict in _WORST_FIRST if verdict in verdicts),
        min((a.ttff_ms for a in found if a.ttff_ms is not None), default=None),
        max((a.total_ms for a in found if a.total_ms is not None), default=None),
        len(found),
        verdicts.count("pass"),
    )


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
