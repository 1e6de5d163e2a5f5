"""Earlier runs, read case by case: what a later run, a comparison or a report needs of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType

from workbench.api.loading import session_path
from workbench.config.settings import Settings
from workbench.errors import UsageError
from workbench.model.iterations import iterations_of
from workbench.model.session import Iteration
from workbench.records import dataclass
from workbench.store.sessions import Reading, list_sessions
from workbench.suites.case import Case
from workbench.suites.plan import judged_by, prompt_of
from workbench.suites.results import Truth, UnitResult, last_words, results_of, unit_result

TITLE = "run "
"""How the title of a run's session begins; the suite's name follows."""

_RUNS_READ = 20
"""So many runs at most are read for what each case did last; most suites need one or two."""

Key = tuple[str, str, int]
"""Case, lane and repeat."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a run that goes on takes over: results it need not send for, units that were sent
    without a result (``lost``), whole answers that others will be compared with, and what of the
    file could not be read (``damage``).
    """

    session: str | None = None
    results: Mapping[Key, UnitResult] = field(default_factory=dict)
    lost: frozenset[Key] = frozenset()
    answers: Mapping[Key, str] = field(default_factory=dict)
    damage: tuple[str, ...] = ()


class RunRecord:
    """The record of one run in its session file. Reading holds one iteration at a time.

    ``damage`` says after a reading what could not be read.

    Raises:
        UnknownName: no session is called that.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        self._path = session_path(settings, name)
        self.session = ""
        self.damage: tuple[str, ...] = ()

    def iterations(self) -> Iterator[Iteration]:
        """Yield the iterations as they ended."""
        reading = Reading(self._path)
        self.session = reading.session_id
        yield from iterations_of(reading)
        self.damage = reading.report()

    def results(self, truths: Mapping[str, Truth] = MappingProxyType({})) -> list[UnitResult]:
        """Return one result for each case, lane and repeat; none for what is no run."""
        return results_of(self.iterations(), truths)

    def answers(self, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Return the answers to the *wanted* (case, lane) pairs, of the first repeat of each."""
        return {
            (iteration.name, lane): attempt.text
            for iteration in self.iterations()
            for lane, attempt in last_words(iteration)
            if attempt.repeat == 1 and (iteration.name, lane) in wanted
        }

    def unchanged(self, cases: Iterable[Case], added: tuple[str, ...]) -> dict[str, bool]:
        """Return for each case of this run whether its prompt and checks were what they are now."""
        now = {case.id: (*prompt_of(case), judged_by(case, added)) for case in cases}
        same = {}
        for iteration in self.iterations():
            sent = iteration.prompt, dict(iteration.variables), iteration.checks
            same[iteration.name] = now.get(iteration.name) == sent
        return same

    def to_go_on_with(
        self,
        cases: Sequence[Case],
        truths: Mapping[str, Truth],
        *,
        again: bool,
        compared: Collection[str] = (),
        every: Collection[str] = (),
    ) -> Earlier:
        """Return what a run over *cases* takes over. A case that was changed since counts as new.

        With *again*, what was cut off half-way or stopped by a provider is not taken over.
        *compared* are the lanes whose answers checks will ask for, *every* the ids of the suite's
        cases, where *cases* are a part of them.

        Raises:
            UsageError: the session is no run of this suite.
        """
        now = {case.id: prompt_of(case) for case in cases}
        found: dict[Key, UnitResult] = {}
        answers: dict[Key, str] = {}
        names: set[str] = set()
        for iteration in self.iterations():
            name = iteration.name
            names.add(name)
            if now.get(name) != (iteration.prompt, dict(iteration.variables)):
                continue
            for lane, attempt in last_words(iteration):
                key = name, lane, attempt.repeat
                found[key] = unit_result(name, attempt, lane, truths.get(name, Truth()))
                if lane in compared and attempt.state == "complete":
                    answers[key] = attempt.text
        if names and names.isdisjoint((*now, *every)):
            raise UsageError(
                f"{self.session} is no run of this suite: it holds none of its cases.",
                "Leave --resume out to begin a new run.",
            )
        done = {key: result for key, result in found.items() if _has_result(result, again)}
        lost = frozenset() if again else frozenset(found.keys() - done.keys())
        return Earlier(self.session, done, lost, answers, self.damage)


def _has_result(result: UnitResult, again: bool) -> bool:
    return result.judged or result.state == "aborted" or (result.verdict == "error" and not again)


def last_unchanged(
    settings: Settings, suite: str, cases: Sequence[Case], added: tuple[str, ...]
) -> set[str]:
    """Return the cases that are as they were when they were last run."""
    found: dict[str, bool] = {}
    for run in _newest_first(settings, suite):
        found = run.unchanged(cases, added) | found
        if all(case.id in found for case in cases if case.review != "rejected"):
            break
    return {case_id for case_id, is_same in found.items() if is_same}


def last_results(settings: Settings, suite: str, cases: Sequence[Case]) -> list[UnitResult]:
    """Return the results of each case in the last run that had it."""
    found: dict[str, list[UnitResult]] = {}
    for run in _newest_first(settings, suite):
        held: dict[str, list[UnitResult]] = {}
        for result in run.results():
            held.setdefault(result.case, []).append(result)
        found = held | found
        if all(case.id in found for case in cases if case.review != "rejected"):
            break
    return [result for results in found.values() for result in results]


def _newest_first(settings: Settings, suite: str) -> Iterator[RunRecord]:
    runs = [s for s in list_sessions(settings.sessions) if s.title == TITLE + suite]
    for run in sorted(runs, key=lambda s: s.utc, reverse=True)[:_RUNS_READ]:
        yield RunRecord(settings, run.id)
