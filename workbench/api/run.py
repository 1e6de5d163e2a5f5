"""Runs: a suite sent through lanes without a screen, journalled as a session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.api.loading import load_session, suite_path
from workbench.api.run_work import RunWork
from workbench.api.wiring import fallbacks_of, make_tools
from workbench.checks.judge import lane_asked
from workbench.checks.syntax import for_lane, parse_checks
from workbench.config.settings import Settings
from workbench.engine.clock import metered_loop
from workbench.engine.core import Tools
from workbench.engine.plan import OpenSession
from workbench.errors import UsageError
from workbench.measure.fields import Wanted
from workbench.model.attempt import Attempt, Tokens
from workbench.model.events import (
    Notice,
)
from workbench.model.lane import Lane
from workbench.model.session import Session
from workbench.store.sessions import list_sessions
from workbench.suites.case import Case
from workbench.suites.file import load_suite
from workbench.suites.plan import judged_by, plan_units, prompt_of, select
from workbench.suites.results import UnitResult, last_words, results_of
from workbench.suites.run import RunPlan, Stop
from workbench.suites.tasks import json_wanted

_TITLE = "run "


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What came of a run. ``interrupted`` are units an earlier run had sent without an answer on
    record: they are not sent again unless asked for. ``wall_s`` is this run's own time.
    """

    suite: str
    session: str | None
    results: tuple[UnitResult, ...]
    planned: int
    sent: int
    stopped: Stop
    wall_s: float
    interrupted: tuple[tuple[str, str, int], ...] = ()
    notices: tuple[Notice, ...] = ()
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def run_suite(
    settings: Settings, plan: RunPlan, seen: Callable[[UnitResult, int], None] | None = None
) -> RunOutcome:
    """Run a suite. *seen* is called with each result and the number of units planned.

    SIGINT and SIGTERM cancel what runs; what arrived is kept, saved and returned.

    Raises:
        UnknownName: no such lane, session or case.
        UsageError: no such suite, a check that cannot be read, a budget over an unknown price.
    """
    suite = load_suite(suite_path(settings, plan.suite))
    return run_cases(
        settings, plan, suite.name, _selected(settings, plan, suite.cases, suite.name), seen
    )


def run_cases(
    settings: Settings,
    plan: RunPlan,
    suite: str,
    cases: Sequence[Case],
    seen: Callable[[UnitResult, int], None] | None = None,
) -> RunOutcome:
    """Run *cases* under the name *suite*; what :func:`run_suite` does once it has read them.

    Raises:
        UnknownName: no such lane or session.
        UsageError: a check that cannot be read, a budget over an unknown price.
    """
    lanes = {name: settings.lane(name) for name in dict.fromkeys(plan.lanes)}
    before = load_session(settings, plan.resume).session if plan.resume else None
    done, lost = _done(before, cases, again=plan.again)
    units = list(plan_units(cases, list(lanes), plan.repeat, checks=plan.checks, done=done | lost))
    fallbacks = {lane.name: lane for lane in fallbacks_of(lanes.values(), settings)}
    judges = _judges(settings, {unit.checks for unit in units}, lanes, fallbacks)
    asked = {**judges, **fallbacks, **lanes}
    tools = make_tools(
        settings, sum(lane.provider == "local" for lane in asked.values()), cached=plan.cached
    )
    _check_prices(plan, asked, tools)
    known, right = {case.id: case for case in cases}, json_wanted(cases)
    earlier, recorded = _earlier(before, done, right), _answers(before)
    name = before.id if before else None
    before = None  # a long run's record is large; what is needed of it is taken
    opened = OpenSession(id=name, title=_TITLE + suite, saved=plan.saved)
    work = RunWork(tools, opened, lanes, known, plan, units, fallbacks, recorded, right)
    with asyncio.Runner(loop_factory=metered_loop) as runner:
        stopped, wall_s = runner.run(work.run(seen))
    order = {name: place for place, name in enumerate(lanes)}
    results = sorted((*earlier, *work.results), key=lambda r: order.get(r.lane, len(order)))
    return RunOutcome(
        suite=suite,
        session=work.session_id or None,
        results=tuple(results),
        planned=len(units) + len(earlier),
        sent=work.sent,
        stopped=stopped,
        wall_s=wall_s,
        interrupted=tuple(sorted(lost)),
        notices=tuple(work.notices),
        labels={case.id: case.labels for case in cases if case.labels},
    )


def last_run(settings: Settings, suite: str) -> Session | None:
    """Return the newest run of a suite, None when there is none."""
    wanted = _TITLE + suite
    found = [s for s in list_sessions(settings.sessions) if s.title == wanted]
    newest = max(found, key=lambda s: s.utc, default=None)
    return load_session(settings, newest.id).session if newest else None


def run_session(settings: Settings, name: str) -> list[UnitResult]:
    """Return the results of a run by its session's name.

    Raises:
        UsageError: the session is not that of a run.
    """
    found = results_of(load_session(settings, name).session)
    if not found:
        raise UsageError(f"{name} is not the session of a run.", "`workbench run` names its own.")
    return found


def _selected(
    settings: Settings, plan: RunPlan, cases: Sequence[Case], suite: str
) -> Sequence[Case]:
    if plan.only is None:
        return cases
    before = last_run(settings, suite)
    last = results_of(before) if before else []
    changed = before and plan.only == "changed"
    same = _unchanged(before, cases, plan.checks) if before and changed else set()
    return select(cases, plan.only, last, same)


def _unchanged(before: Session, cases: Sequence[Case], added: tuple[str, ...]) -> set[str]:
    """Return the cases that an earlier run sent with the prompt and checks they have now."""
    sent = {i.name: (i.prompt, dict(i.variables), i.checks) for i in before.iterations}
    return {
        case.id for case in cases if sent.get(case.id) == (*prompt_of(case), judged_by(case, added))
    }


Keys = set[tuple[str, str, int]]


def _done(before: Session | None, cases: Sequence[Case], *, again: bool) -> tuple[Keys, Keys]:
    """Return the units an earlier run has results of, and those it sent without one.

    A case that was changed since then counts as new.
    """
    if before is None:
        return set(), set()
    now = {case.id: prompt_of(case) for case in cases}
    last: dict[tuple[str, str, int], Attempt] = {}
    for iteration in before.iterations:
        if now.get(iteration.name) == (iteration.prompt, dict(iteration.variables)):
            for lane, attempt in last_words(iteration):
                last[iteration.name, lane, attempt.repeat] = attempt
    done = {
        key
        for key, attempt in last.items()
        if attempt.verdict in ("pass", "fail")
        or attempt.state == "aborted"
        or (attempt.verdict == "error" and not again)
    }
    return done, set() if again else set(last) - done


def _answers(before: Session | None) -> dict[tuple[str, str, int], str | None]:
    """Return the whole answers of an earlier run, for checks that compare lanes."""
    return {
        (iteration.name, lane, attempt.repeat): attempt.text
        for iteration in (before.iterations if before else ())
        for lane, attempt in last_words(iteration)
        if attempt.state == "complete"
    }


def _judges(
    settings: Settings,
    sets: set[tuple[str, ...]],
    lanes: Mapping[str, Lane],
    fallbacks: Mapping[str, Lane],
) -> dict[str, Lane]:
    """Read every check before anything is sent; return the lanes that will judge.

    Raises:
        CheckSyntaxError: one cannot be read.
        UnknownName: a judge is no lane.
        UsageError: answers are to be compared with those of a lane that does not run.
    """
    judges: dict[str, Lane] = {}
    for lane in (*lanes.values(), *fallbacks.values()):
        for texts in {(*checks, *lane.checks) for checks in sets}:
            for spec in for_lane(parse_checks(texts), lane.name):
                name = lane_asked(spec.name, spec.argument)
                if name is None:
                    continue
                if spec.name == "judge":
                    judges[name] = settings.lane(name)
                elif name not in lanes:
                    raise UsageError(
                        f"The check {spec.label} compares with the lane {name}, "
                        "which is not part of this run.",
                        f"Add --lane {name}.",
                    )
    return judges


def _earlier(before: Session | None, done: Keys, right: Mapping[str, Wanted]) -> list[UnitResult]:
    found = results_of(before, right) if before else []
    return [r for r in found if (r.case, r.lane, r.repeat) in done]


def _check_prices(plan: RunPlan, lanes: Mapping[str, Lane], tools: Tools) -> None:
    if plan.limits.budget is None:
        return
    for lane in lanes.values():
        if tools.price(lane, Tokens(1, 1, source="measured")).usd is None:
            raise UsageError(
                f"The price of the lane {lane.name} is not known, so no budget can be kept.",
                "Give it prices in the configuration, or leave --budget out.",
            )
