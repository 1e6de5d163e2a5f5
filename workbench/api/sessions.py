"""Sessions for users: list, load, search, annotate, go back to an earlier iteration."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from workbench.api.loading import examples_folder
from workbench.api.wiring import known_secrets
from workbench.config.paths import cache_dir
from workbench.config.settings import Settings
from workbench.engine.plan import RacePlan
from workbench.errors import SessionError, UnknownName
from workbench.measure.story import Story, story
from workbench.model.events import Annotated
from workbench.model.session import Iteration, Session, in_tree_order
from workbench.records import dataclass
from workbench.store.index import Index
from workbench.store.journal import Journal
from workbench.store.names import SUFFIX, resolve
from workbench.store.search import Found, Hit, Query
from workbench.store.sessions import Damage, Loaded, SessionInfo, list_sessions, load, salvage

__all__ = [
    "Branch",
    "Damage",
    "Found",
    "Hit",
    "Loaded",
    "Query",
    "SessionInfo",
    "Sessions",
    "Story",
    "ancestry",
    "load",
    "restore",
    "salvage",
    "story",
    "tree",
]


TAKES_A_WHILE = 8_000_000
"""Bytes of session files that take about a second to index."""


class Sessions:
    """The sessions in one folder, with the search index that belongs to them.

    *examples* is the folder of recorded sessions that ship with Workbench, reached as
    ``examples/NAME``. Values in *secrets* are masked in whatever is written.
    """

    def __init__(
        self,
        folder: Path,
        index: Path,
        examples: Path | None = None,
        secrets: Iterable[str] = (),
    ) -> None:
        self.folder = folder
        self.examples = examples
        self._index = index
        self._secrets = tuple(secrets)

    @classmethod
    def of(cls, settings: Settings) -> Sessions:
        """Return the sessions the settings name."""
        # One index for each folder: projects keep their sessions apart.
        name = hashlib.sha256(os.fsencode(settings.sessions.resolve())).hexdigest()[:16]
        index = cache_dir() / "search" / f"{name}.sqlite"
        return cls(settings.sessions, index, examples_folder(), known_secrets(settings))

    def list(self) -> tuple[SessionInfo, ...]:
        """Return the sessions, last changed first."""
        return list_sessions(self.folder)

    def list_examples(self) -> tuple[SessionInfo, ...]:
        """Return the recorded sessions that ship with Workbench."""
        return list_sessions(self.examples) if self.examples is not None else ()

    def path(self, name: str) -> Path:
        """Return the file *name* means: an id, its unique beginning, a path, ``examples/NAME``.

        Raises:
            UnknownName: no session is called that.
            SessionError: several begin with it.
        """
        return resolve(name, self.folder, self.examples)

    def load(self, name: str) -> Loaded:
        """Read the session *name*; damage is reported, never fatal.

        Raises:
            SessionError: it cannot be read.
            SessionVersionError: a newer Workbench wrote it.
        """
        return load(self.path(name))

    def search(self, query: Query, tell: Callable[[str], None] | None = None) -> Found:
        """Search all sessions, newest first; the index is brought up to date before.

        *tell* hears a sentence when that takes a while, and which sessions cannot be searched.

        Raises:
            NotSaved: the index can be neither used nor made again.
        """
        index = Index(self._index, self.folder)
        try:
            size = index.waiting()
            if tell is not None and size > TAKES_A_WHILE:
                tell(f"Reading {size / 1e6:.0f} MB of sessions into the search index, once ...")
            newer = index.update().newer
            if tell is not None and newer:
                tell(f"Not searched, for a newer Workbench wrote them: {', '.join(newer)}.")
            return index.search(query)
        finally:
            index.close()

    def annotate(
        self,
        name: str,
        iteration: int,
        *,
        label: str | None = None,
        star: bool | None = None,
        note: str | None = None,
        now: datetime | None = None,
    ) -> None:
        """Name, star or annotate an iteration; None leaves a field as it is, an empty text
        takes it away.

        Raises:
            SessionError: the session ships with Workbench and is not changed.
            UnknownName: it has no such iteration.
            NotSaved: the file cannot be written.
        """
        path = self.path(name)
        if self.examples is not None and path.parent == self.examples:
            raise SessionError(
                f"{name} is a recorded example and is not changed.",
                f"Copy {path} into {self.folder} first.",
            )
        find(load(path).session, iteration)
        utc = (now or datetime.now(UTC)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        journal = Journal.open(path.parent, path.name.removesuffix(SUFFIX), secrets=self._secrets)
        try:
            journal.append(Annotated(iteration, utc, label, star, note))
        finally:
            journal.close()


def find(session: Session, number: int) -> Iteration:
    """Return an iteration by its number.

    Raises:
        UnknownName: the session has none with that number.
    """
    iteration = session.iteration(number)
    if iteration is None:
        raise UnknownName("iteration", str(number), (str(i.number) for i in session.iterations))
    return iteration


@dataclass(frozen=True, slots=True)
class Branch:
    """An iteration in the tree: ``depth`` counts the branchings above it, not the iterations.

    An only child continues its parent's line at the same depth.
    """

    iteration: Iteration
    depth: int


def tree(session: Session) -> tuple[Branch, ...]:
    """Return the iterations in order of the tree: each line of work together, branches behind."""
    found = {i.number: i for i in session.iterations}
    ordered = in_tree_order({i.number: i.parent for i in session.iterations})
    return tuple(Branch(found[number], depth) for number, depth in ordered)


def ancestry(session: Session, number: int) -> tuple[Iteration, ...]:
    """Return the line of work that led to an iteration: from its root to itself.

    An iteration that says nothing of where it came from follows all before it.

    Raises:
        UnknownName: the session has no such iteration.
    """
    line = [find(session, number)]
    if line[0].parent is None:
        return tuple(i for i in session.iterations if i.number <= number)
    while (parent := line[-1].parent) is not None and parent < line[-1].number:
        above = session.iteration(parent)
        if above is None:
            break
        line.append(above)
    return tuple(reversed(line))


def restore(session: Session, number: int) -> RacePlan:
    """Return what was sent in an iteration as the plan of a new one that branches from it.

    Lanes come as they were recorded. An engine of :func:`~workbench.api.wiring.make_tools` sends
    nothing to an address that the user's own configuration does not name.

    Raises:
        UnknownName: the session has no such iteration.
    """
    it = find(session, number)
    return RacePlan(
        prompt=it.prompt,
        lanes=it.lanes,
        checks=it.checks,
        variables=dict(it.variables),
        abort=it.abort,
        abort_on=it.abort_on,
        repeat=it.repeat,
        sequential=it.sequential,
        parent=it.number,
        rows=it.rows,
        at_once=it.at_once,
    )
