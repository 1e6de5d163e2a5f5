"""Which cases guard a prompt, and the session that keeps what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from workbench.api.journals import open_session
from workbench.api.loading import suite_path
from workbench.config.settings import Settings
from workbench.engine.guard import GuardJob
from workbench.engine.journal import MemoryJournal
from workbench.engine.plan import CASES, OpenSession, RacePlan, StartGuard
from workbench.model.prompt import DataRow, Prompt
from workbench.store.sessions import list_sessions
from workbench.suites.case import Case
from workbench.suites.file import load_suite
from workbench.suites.plan import checks_of


def guard_job(
    settings: Settings, command: StartGuard, session: str, secrets: Iterable[str] = ()
) -> GuardJob:
    """Return what to run for *command* in the session *session* (empty: nothing is saved). Reads
    files: not for an event loop.

    Raises:
        UsageError: there is no such suite, or it cannot be read.
        SessionError: the guard's session cannot be opened.
    """
    name = command.suite
    path = settings.project_file.parent / name if name.endswith(".jsonl") else None
    cases = load_suite(path or suite_path(settings, name)).cases
    rows, left_out = guarding(command.prompt, cases, command.tags, session)
    plan = RacePlan(command.prompt, command.lanes, rows=rows, at_once=command.at_once)
    chosen = plan if rows and command.lanes else None
    if not session:
        return GuardJob(chosen, MemoryJournal(), (), left_out)
    title = CASES + session
    known = next((s.id for s in list_sessions(settings.sessions) if s.title == title), None)
    opened = open_session(settings, OpenSession(id=known, title=title, last=20), secrets)
    earlier = opened.fold.iterations.values() if opened.fold is not None else ()
    return GuardJob(chosen, opened.journal, tuple(earlier), left_out)


def guarding(
    prompt: Prompt, cases: Sequence[Case], tags: Sequence[str], session: str
) -> tuple[tuple[DataRow, ...], int]:
    """Return a data row for each case that guards *prompt*, and how many do not fit it.

    A case fits when it has a value for every variable of the prompt; a prompt without variables is
    guarded by the cases that were made in the same *session*.
    """
    used = prompt.variables()
    rows: list[DataRow] = []
    chosen = [c for c in cases if c.review != "rejected" and (not tags or set(tags) & {*c.tags})]
    for case in chosen:
        ours = case.evidence is not None and case.evidence.session == session
        fits = all(name in case.variables for name in used) if used else ours
        checks = checks_of(case)
        if fits and checks:
            rows.append(DataRow(case.id, {n: case.variables[n] for n in used}, checks))
    return tuple(rows), len(chosen) - len(rows)


def suite_there(settings: Settings, name: str) -> bool:
    """Return whether there is such a suite."""
    beside = settings.project_file.parent / name
    return beside.is_file() or Path(suite_path(settings, name)).is_file()
