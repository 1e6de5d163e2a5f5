"""Runs: a suite sent through lanes without a screen, journalled as a session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.api.loading import load_session, suite_path
from workbench.api.run_work import RunWork
from workbench.api.wiring import make_tools
from workbench.config.settings import Settings
from workbench.engine.clock import metered_loop
from workbench.engine.core import Tools
from workbench.engine.plan import OpenSession
from workbench.errors import UsageError
from workbench.model.attempt import Tokens
from workbench.model.events import (
    Notice,
)
from workbench.model.lane import Lane
from workbench.model.session import Session
from workbench.store.sessions import list_sessions
from workbench.suites.case import Case
from workbench.suites.file import load_suite
from workbench.suites.plan import plan_units, prompt_of, select
from workbench.suites.results import UnitResult, results_of
from workbench.suites.run import RunPlan, Stop

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
    tools = make_tools(
        settings, sum(lane.provider == "local" for lane in lanes.values()), cached=plan.cached
    )
    _check_prices(plan, lanes, tools)
    for checks in {unit.checks for unit in units}:
        for lane in lanes.values():
            tools.pipeline((*checks, *lane.checks), lane)
    name = before.id if before else None
    opened = OpenSession(id=name, title=_TITLE + suite, saved=plan.saved)
    work = RunWork(tools, opened, lanes, {case.id: case for case in cases}, plan, units)
    with asyncio.Runner(loop_factory=metered_loop) as runner:
        stopped, wall_s = runner.run(work.run(seen))
    earlier = _earlier(before, done)
    return RunOutcome(
        suite=suite,
        session=work.session_id or None,
        results=(*earlier, *work.results),
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
    same = _unchanged(before, cases) if before and plan.only == "changed" else set()
    return select(cases, plan.only, last, same)


def _unchanged(before: Session, cases: Sequence[Case]) -> set[str]:
    """Return the cases that an earlier run sent with the prompt and checks they have now."""
    sent = {i.name: (i.prompt, dict(i.variables), i.checks) for i in before.iterations}
    return {case.id for case in cases if sent.get(case.id) == (*prompt_of(case), case.checks)}


Keys = set[tuple[str, str, int]]


def _done(before: Session | None, cases: Sequence[Case], *, again: bool) -> tuple[Keys, Keys]:
    """Return the units an earlier run has results of, and those it sent without one.

    A case that was changed since then counts as new.
    """
    done: Keys = set()
    lost: Keys = set()
    if before is None:
        return done, lost
    now = {case.id: prompt_of(case) for case in cases}
    for iteration in before.iterations:
        if now.get(iteration.name) != (iteration.prompt, dict(iteration.variables)):
            continue
        for attempt in iteration.attempts:
            key = (iteration.name, attempt.lane, attempt.repeat)
            failed = attempt.verdict == "error" and not again
            if attempt.verdict in ("pass", "fail") or attempt.state == "aborted" or failed:
                done.add(key)
            elif not again:
                lost.add(key)
    return done, lost - done


def _earlier(before: Session | None, done: Keys) -> list[UnitResult]:
    found = {(r.case, r.lane, r.repeat): r for r in results_of(before)} if before else {}
    return [result for key, result in found.items() if key in done]


def _check_prices(plan: RunPlan, lanes: Mapping[str, Lane], tools: Tools) -> None:
    if plan.limits.budget is None:
        return
    for lane in lanes.values():
        if tools.price(lane, Tokens(1, 1, source="measured")).usd is None:
            raise UsageError(
                f"The price of the lane {lane.name} is not known, so no budget can be kept.",
                "Give it prices in the configuration, or leave --budget out.",
            )
