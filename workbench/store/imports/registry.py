"""The formats conversations can be imported from. A new one is a module and a line here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path

from workbench.errors import UnknownName, UsageError
from workbench.model.events import AttemptQueued, IterationStarted
from workbench.records import dataclass
from workbench.store.imports.base import Importer, begin, end, iterations, rest
from workbench.store.journal import Journal

IMPORTERS: Mapping[str, tuple[str, str]] = {
    "promptfoo": ("promptfoo:read", "results of promptfoo eval -o results.json"),
    "inspect": ("inspect:read", "logs of Inspect AI, .eval or .json"),
    "llm": ("llm_db:read", "the logs database of llm (llm logs path)"),
    "openai": ("openai_jsonl:read", "OpenAI-style JSON Lines: chats, batches, request logs"),
}


def importer(name: str) -> Importer:
    """Return the importer of a format.

    Raises:
        UnknownName: there is none of that name.
    """
    if name not in IMPORTERS:
        raise UnknownName("format", name, IMPORTERS)
    module, attribute = IMPORTERS[name][0].split(":")
    found: Importer = getattr(import_module(f"workbench.store.imports.{module}"), attribute)
    return found


def guess(path: Path) -> str:
    """Return the format a file looks like.

    Raises:
        UnknownName: it looks like none.
        UsageError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    if head.startswith(b"SQLite format 3\x00"):
        return "llm"
    if path.suffix == ".eval" or head.startswith(b"PK"):
        return "inspect"
    if path.suffix == ".jsonl":
        return "openai"
    if path.suffix == ".json":
        return "inspect" if b'"eval"' in head and b'"results"' not in head[:200] else "promptfoo"
    raise UnknownName("format of", path.name, IMPORTERS)


@dataclass(frozen=True, slots=True)
class Report:
    """What an import made: a session, and sentences about what had no place in it."""

    session: str
    iterations: int
    attempts: int
    unmapped: tuple[str, ...]


def import_file(
    path: Path, kind: str | None, folder: Path, *, app: str, secrets: Iterable[str] = ()
) -> Report:
    """Read *path* and save what it holds as a new session in *folder*.

    Raises:
        UnknownName: the format is unknown, or cannot be guessed.
        UsageError: the file cannot be read as that format, or holds no conversation.
        NotSaved: the session cannot be written.
    """
    imported = importer(kind or guess(path))(path)
    if not imported.exchanges:
        raise UsageError(f"{path} holds no conversation.", "; ".join(imported.unmapped))
    journal = Journal.create(folder, imported.title, app=app, secrets=secrets)
    made = attempts = 0
    try:
        for group in iterations(imported.exchanges):
            started, *queued = journal.begin(partial(begin, group))
            for one, attempt in zip(group, queued, strict=True):
                if isinstance(attempt, AttemptQueued):
                    for event in rest(one, attempt.attempt):
                        journal.append(event)
            if isinstance(started, IterationStarted):
                journal.append(end(group, started.iteration))
            made, attempts = made + 1, attempts + len(group)
    finally:
        journal.close()
    untimed = sum(one.total_ms is None for one in imported.exchanges)
    without = (f"{untimed} × duration of an answer (not recorded, shown as 0)",) if untimed else ()
    return Report(journal.session_id, made, attempts, imported.unmapped + without)
