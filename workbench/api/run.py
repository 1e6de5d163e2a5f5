"""Runs: a suite sent through lanes without a screen, journalled as a session."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace

from workbench.api.earlier import TITLE, Earlier, RunRecord, last_results, last_unchanged
from workbench.api.loading import suite_path
from workbench.api.run_work import RunWork, Seen
from workbench.api.wiring import fallbacks_of, local_models, make_tools
from workbench.checks.asking import lane_asked
from workbench.checks.syntax import CheckSpec, for_lane, parse_checks
from workbench.config.settings import Settings
from workbench.engine.clock import metered_loop
from workbench.engine.core import Tools
from workbench.engine.plan import OpenSession
from workbench.errors import UsageError
from workbench.model.attempt import Tokens
from workbench.model.events import Notice
from workbench.model.lane import Lane
from workbench.records import dataclass
from workbench.suites.case import Case
from workbench.suites.file import load_suite
from workbench.suites.plan import judged_by, plan_units, select
from workbench.suites.results import UnitResult
from workbench.suites.run import RunPlan, Stop
from workbench.suites.tasks import truths_of


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What came of a run. ``interrupted`` are units an earlier run had sent without an answer on
    record: they are not sent again unless asked for. ``wall_s`` is this run's own time, ``unread``
    how many lines of the suite are no case: nobody knows how those would have come out.
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
    unread: int = 0


def run_suite(settings: Settings, plan: RunPlan, seen: Seen | None = None) -> RunOutcome:
    """Run a suite. *seen* is called with each result and the number of units planned, and with None
    several times a second, so that it can show that time passes.

    SIGINT, SIGTERM and SIGHUP cancel what runs; what arrived is kept, saved and returned.

    Raises:
        UnknownName: no such lane, session or case.
        UsageError: no such suite, or one without a case to run; a check that cannot be read, a
            budget over an unknown price.
    """
    suite = load_suite(suite_path(settings, plan.suite))
    cases = suite.live()
    chosen = _selected(settings, plan, cases, suite.name)
    notices = [Notice("warning", said) for said in suite.report()]
    if not chosen:
        notices.append(Notice("warning", f"--only {plan.only}: no case, so nothing was sent."))
    every = [case.id for case in suite.cases]
    outcome = run_cases(settings, plan, suite.name, chosen, seen, every)
    return replace(outcome, notices=(*notices, *outcome.notices), unread=len(suite.damage))


def run_cases(
    settings: Settings,
    plan: RunPlan,
    suite: str,
    cases: Sequence[Case],
    seen: Seen | None = None,
    every: Collection[str] = (),
) -> RunOutcome:
    """Run *cases* under the name *suite*; what :func:`run_suite` does once it has read them.
    *every* are the ids of the suite's cases, where *cases* are a part of them.

    Raises:
        UnknownName: no such lane or session.
        UsageError: a check that cannot be read, a budget over an unknown price.
    """
    lanes = {name: settings.lane(name) for name in dict.fromkeys(plan.lanes)}
    truths = truths_of(cases, plan.checks)
    earlier = Earlier()
    if plan.resume:
        earlier = RunRecord(settings, plan.resume).to_go_on_with(
            cases, truths, again=plan.again, compared=_compared(cases, plan, lanes), every=every
        )
    done = earlier.results.keys() | earlier.lost
    units = list(plan_units(cases, list(lanes), plan.repeat, checks=plan.checks, done=done))
    fallbacks = {lane.name: lane for lane in fallbacks_of(lanes.values(), settings)}
    judges = judges_of(settings, {unit.checks for unit in units}, lanes, fallbacks)
    asked = {**judges, **fallbacks, **lanes}
    tools = make_tools(settings, local_models(asked.values()), cached=plan.cached)
    _check_prices(plan, asked, tools)
    opened = OpenSession(id=earlier.session, title=TITLE + suite, saved=plan.saved, last=0)
    known = {case.id: case for case in cases}
    work = RunWork(
        tools, opened, lanes, known, plan, units, tuple(fallbacks.values()), earlier.answers, truths
    )
    with asyncio.Runner(loop_factory=metered_loop) as runner:
        stopped, wall_s = runner.run(work.run(seen))
    order = {name: place for place, name in enumerate(lanes)}
    results = sorted(
        (*earlier.results.values(), *work.results), key=lambda r: order.get(r.lane, len(order))
    )
    return RunOutcome(
        suite=suite,
        session=work.session_id or None,
        results=tuple(results),
        planned=len(units) + len(earlier.results),
        sent=work.sent,
        stopped=stopped,
        wall_s=wall_s,
        interrupted=tuple(sorted(earlier.lost)),
        notices=(*(Notice("warning", said) for said in earlier.damage), *work.notices),
        labels={case.id: case.labels for case in cases if case.labels},
    )


def _selected(
    settings: Settings, plan: RunPlan, cases: Sequence[Case], suite: str
) -> Sequence[Case]:
    if plan.only is None:
        return cases
    if plan.only == "changed":
        return select(cases, plan.only, (), last_unchanged(settings, suite, cases, plan.checks))
    failing = plan.only == "failing"
    return select(cases, plan.only, last_results(settings, suite, cases) if failing else ())


def _compared(cases: Sequence[Case], plan: RunPlan, lanes: Mapping[str, Lane]) -> set[str]:
    """Return the lanes whose answers checks compare with."""
    sets = {judged_by(case, plan.checks) for case in cases}
    asked = (_lanes_asked(sets, lane) for lane in lanes.values())
    return {name for found in asked for spec, name in found if spec.name != "judge"}


def _lanes_asked(sets: set[tuple[str, ...]], lane: Lane) -> Iterator[tuple[CheckSpec, str]]:
    """Yield the checks of *lane* that ask another lane, with its name."""
    for texts in {(*checks, *lane.checks) for checks in sets}:
        for whole in for_lane(parse_checks(texts), lane.name):
            for spec in whole.parts():
                name = lane_asked(spec.name, spec.argument)
                if name is not None:
                    yield spec, name


def judges_of(
    settings: Settings,
    sets: set[tuple[str, ...]],
    lanes: Mapping[str, Lane],
    fallbacks: Mapping[str, Lane],
) -> dict[str, Lane]:
    """Read every check before anything is sent; return the lanes that will judge, by name.

    Raises:
        CheckSyntaxError: one cannot be read.
        UnknownName: a judge is no lane.
        UsageError: answers are to be compared with those of a lane that does not run.
    """
    judges: dict[str, Lane] = {}
    for lane in (*lanes.values(), *fallbacks.values()):
        for spec, name in _lanes_asked(sets, lane):
            if spec.name == "judge":
                judges[name] = settings.lane(name)
            elif name not in lanes:
                raise UsageError(
                    f"The check {spec.label} compares with the lane {name}, "
                    "which is not part of this run.",
                    f"Add --lane {name}.",
                )
    return judges


def _check_prices(plan: RunPlan, lanes: Mapping[str, Lane], tools: Tools) -> None:
    if plan.limits.budget is None:
        return
    for lane in lanes.values():
        if tools.price(lane, Tokens(1, 1, source="measured")).usd is None:
            raise UsageError(
                f"The price of the lane {lane.name} is not known, so no budget can be kept.",
                "Give it prices in the configuration, or leave --budget out.",
            )
