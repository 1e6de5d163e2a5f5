"""Cases for users: make them of failed attempts, edit them, export and import suites."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from workbench.api.loading import load_session, suite_path
from workbench.api.tools import tools_folder
from workbench.api.wiring import known_secrets
from workbench.config.settings import Settings
from workbench.errors import UnknownName, UsageError
from workbench.model.attempt import Attempt
from workbench.model.session import Session
from workbench.redact import Redactor
from workbench.suites.case import REVIEWS, Case, Review, case_of
from workbench.suites.exporters.base import Export, write_export
from workbench.suites.exporters.registry import exporter, get_target, prove
from workbench.suites.file import Added, Suite, append_cases, load_suite, rewrite
from workbench.suites.importers.base import Import
from workbench.suites.importers.guess import guess
from workbench.suites.importers.registry import importer
from workbench.suites.proof import Proof, Toolbox

__all__ = [
    "add_cases",
    "edit_cases",
    "export_suite",
    "failed_attempts",
    "import_cases",
    "open_suite",
    "prove_export",
]


def open_suite(settings: Settings, name: str) -> Suite:
    """Return the suite called *name*, or in the file *name*.

    Raises:
        UsageError: there is none, or it cannot be read.
    """
    return load_suite(suite_path(settings, name))


def failed_attempts(
    session: Session, *, lane: str | None = None, check: str | None = None
) -> tuple[Attempt, ...]:
    """Return the attempts that failed a check or a deadline, of one lane or check if given."""
    return tuple(
        a
        for a in session.attempts()
        if a.first_failure is not None
        and a.first_failure.kind != "provider"
        and lane in (None, a.lane)
        and check in (None, a.first_failure.check)
    )


def add_cases(
    settings: Settings,
    suite: str,
    session_name: str,
    attempts: Sequence[int] = (),
    *,
    lane: str | None = None,
    check: str | None = None,
    dress: Callable[[Case], Case] | None = None,
) -> Added:
    """Append cases of failed attempts, by number, or by filter when no number is given.

    *dress* adds expected values, labels, tags or notes to each.

    Raises:
        UnknownName: no such session or attempt.
        UsageError: an attempt did not fail, or none fits the filter.
        NotSaved: the suite cannot be written.
    """
    session = load_session(settings, session_name).session
    chosen = _numbered(session, attempts) if attempts else failed_attempts(
        session, lane=lane, check=check
    )  # fmt: skip
    if not chosen:
        raise UsageError(f"No failed attempt of {session.id} fits.", "Leave the filters out.")
    cases = [case_of(session, attempt) for attempt in chosen]
    if dress is not None:
        cases = [dress(case) for case in cases]
    return append_cases(suite_path(settings, suite), cases, Redactor(known_secrets(settings)))


def _numbered(session: Session, numbers: Iterable[int]) -> tuple[Attempt, ...]:
    known = {a.number: a for a in session.attempts()}
    for number in numbers:
        if number not in known:
            raise UnknownName("attempt", str(number), map(str, known))
    return tuple(known[number] for number in numbers)


def edit_cases(
    settings: Settings,
    suite: str,
    ids: Sequence[str],
    *,
    review: Review | None = None,
    change: Callable[[Case], Case] | None = None,
    remove: bool = False,
) -> Suite:
    """Set the review state of the cases *ids*, change or remove them.

    Raises:
        UnknownName: the suite has no such case.
        UsageError: no such review state.
        NotSaved: the suite cannot be written; it is as it was.
    """
    path = suite_path(settings, suite)
    loaded = load_suite(path)
    for case_id in ids:
        loaded.case(case_id)
    if review is not None and review not in REVIEWS:
        raise UnknownName("review state", review, REVIEWS)
    wanted = set(ids)

    def edit(case: Case) -> Case | None:
        if case.id not in wanted:
            return case
        if remove:
            return None
        made = change(case) if change else case
        return replace(made, review=review) if review else made

    return rewrite(path, edit, Redactor(known_secrets(settings)))


def export_suite(
    settings: Settings, suite: Suite, target: str, folder: Path, ids: Sequence[str] = ()
) -> tuple[Export, tuple[Path, ...]]:
    """Write *suite* (or the cases *ids* of it) for *target* into *folder*; rejected cases stay out.

    Raises:
        UnknownName: no such target or case.
        NotSaved: a file cannot be written.
    """
    export = exporter(target)(suite.name, _exported(suite, ids))
    return export, write_export(export, folder, Redactor(known_secrets(settings)))


def prove_export(suite: Suite, target: str, folder: Path, ids: Sequence[str] = ()) -> Proof:
    """Run the target's own tool on what was exported into *folder*.

    Raises:
        UsageError: there is no such tool, or it is not installed.
        ToolFailed: it did not run to its end.
    """
    get_target(target)
    return prove(target, suite.name, _exported(suite, ids), folder, Toolbox(tools_folder()))


def _exported(suite: Suite, ids: Sequence[str]) -> list[Case]:
    if ids:
        return [suite.case(case_id) for case_id in ids]
    return list(suite.live())


def import_cases(
    settings: Settings, source: str | None, path: Path, suite: str
) -> tuple[Import, Added]:
    """Append what *path* holds in the format *source* (None: told by its shape) to a suite.

    Raises:
        UnknownName: no such format.
        UsageError: the file cannot be read.
        NotSaved: the suite cannot be written.
    """
    read = importer(source or guess(path))(path)
    target = suite_path(settings, suite)
    return read, append_cases(target, read.cases, Redactor(known_secrets(settings)))
