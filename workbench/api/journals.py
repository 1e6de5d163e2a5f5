"""Which file a session is kept in: made with the first iteration, copied if it is not ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from workbench import __version__
from workbench.config.paths import data_folder
from workbench.config.settings import Settings
from workbench.engine.journal import JournalLike, MemoryJournal
from workbench.engine.plan import OpenSession
from workbench.errors import NotSaved
from workbench.model.events import (
    AttemptQueued,
    Event,
    IterationStarted,
    Notice,
)
from workbench.store.journal import Journal
from workbench.store.names import resolve
from workbench.store.sessions import load
from workbench.text import shorten, visible_line

APP = f"workbench {__version__}"
TITLE_CELLS = 60


def open_session(
    settings: Settings, command: OpenSession, secrets: Iterable[str] = ()
) -> tuple[JournalLike, Sequence[Event]]:
    """Open a session for an engine: an existing one, a new one, or none that is saved.

    A session that can be read but not written (locked, read-only, somebody else's, an example) is
    shown, and goes on in a copy. With ``command.last``, only so many iterations are read.

    Raises:
        SessionError: it cannot be opened.
    """
    if not command.saved:
        return MemoryJournal(), ()
    secrets = tuple(secrets)
    if command.id is None:
        return KeptJournal(settings.sessions, command.title, secrets), ()
    path = resolve(command.id, settings.sessions, data_folder("sessions"))
    loaded = load(path, last=command.last)
    events = list(loaded.events)
    if loaded.earlier:
        events.append(_earlier(path.stem, loaded.earlier))
    kept = KeptJournal(settings.sessions, loaded.session.title, secrets, source=path)
    if path.parent.resolve() == settings.sessions.resolve():
        try:
            kept.go_on_in(Journal.open(settings.sessions, path.stem, secrets=secrets))
        except NotSaved as error:
            events.append(
                Notice("warning", error.message, "What you send is saved in a copy of it.")
            )
    return kept, events


def _earlier(name: str, count: int) -> Notice:
    return Notice(
        "info",
        f"{count} earlier iterations are not shown.",
        f"All of them: workbench sessions show {name}",
    )


class KeptJournal:
    """A session that comes to be with its first iteration: looking around leaves no file.

    With *source* (somebody else's session, an example, one that cannot be written) the new one
    begins as its copy: the original is never written to. When another process keeps the file
    locked, the session parts from it in the same way, and what happens from then on is in the
    copy; when no file can be written at all, numbers are given out and the person is told.
    """

    def __init__(
        self, folder: Path, title: str, secrets: tuple[str, ...] = (), *, source: Path | None = None
    ) -> None:
        self.session_id = ""
        self.on_problem: Callable[[Notice], None] | None = None
        self._folder = folder
        self._title = title
        self._secrets = secrets
        self._source = source
        self._inner: JournalLike | None = None
        self._left: list[Journal] = []

    def go_on_in(self, journal: Journal) -> None:
        """Write to this open journal."""
        self._inner = journal
        self.session_id = journal.session_id

    def begin(self, build: Callable[[int, int], Sequence[Event]]) -> Sequence[Event]:
        """Create the file if need be, then as any journal."""
        if isinstance(inner := self._joined(), Journal):
            try:
                return inner.begin(build)
            except NotSaved as error:
                self._part(inner, error)
        if self._inner is None:
            head = self._create(self._title or _title(build(1, 1)), self._source)
        else:
            head = ()
        return [*head, *self._joined_or_memory().begin(build)]

    def reserve(self, build: Callable[[int], Sequence[Event]]) -> Sequence[Event]:
        """See :class:`~workbench.engine.journal.JournalLike`."""
        if isinstance(inner := self._joined(), Journal):
            try:
                return inner.reserve(build)
            except NotSaved as error:
                self._part(inner, error)
        return self._joined_or_memory().reserve(build)

    def _joined(self) -> JournalLike | None:
        if self._inner is not None:
            self._inner.on_problem = self.on_problem
        return self._inner

    def _joined_or_memory(self) -> JournalLike:
        if self._inner is None:
            self._inner = MemoryJournal(*_next_numbers(self._source))
        self._inner.on_problem = self.on_problem
        return self._inner

    def _part(self, old: Journal, why: NotSaved) -> None:
        """Leave a file that another process keeps: go on in a copy, with what still waits."""
        self._left.append(old)  # it still writes what waits there as soon as it can
        old.flush()
        self._create(self._title or old.session_id, old.path, old.unsaved())
        if self.session_id:
            self._tell(
                Notice(
                    "warning",
                    f"{why.message} It goes on as {self.session_id}, a copy with all so far.",
                    "The race runs and is saved; nothing is missing in either file.",
                )
            )

    def _create(self, title: str, source: Path | None, waiting: bytes = b"") -> Sequence[Event]:
        """Make the file; on failure, say so and go on in memory."""
        try:
            journal = Journal.create(self._folder, title, app=APP, secrets=self._secrets)
            head: Sequence[Event] = () if source is not None else load(journal.path).events
            if source is not None:
                journal = self._copy(source, waiting, journal)
        except (NotSaved, OSError) as error:
            hint = error.hint if isinstance(error, NotSaved) else "Make room; the race goes on."
            said = error.message if isinstance(error, NotSaved) else f"Not saved: {error}."
            self._tell(Notice("error", said, hint))
            self._inner = MemoryJournal(*_next_numbers(source))
            self.session_id = ""
            return ()
        self.go_on_in(journal)
        return head

    def _copy(self, source: Path, waiting: bytes, journal: Journal) -> Journal:
        journal.close()
        lines = source.read_bytes().partition(b"\n")[2]
        if waiting and lines and not lines.endswith(b"\n"):
            lines += b"\n"
        try:
            with journal.path.open("ab") as file:
                file.write(lines + waiting)
        except OSError:
            journal.path.unlink(missing_ok=True)
            raise
        return Journal.open(self._folder, journal.path.stem, secrets=self._secrets)

    def _tell(self, notice: Notice) -> None:
        if self.on_problem is not None:
            self.on_problem(notice)

    def append(self, event: Event) -> None:
        """See :class:`~workbench.engine.journal.JournalLike`."""
        if self._inner is not None:
            self._inner.append(event)

    def learn(self, secrets: Iterable[str]) -> None:
        """See :class:`~workbench.engine.journal.JournalLike`."""
        self._secrets = (*self._secrets, *secrets)
        for journal in (*self._left, self._inner):
            if journal is not None:
                journal.learn(self._secrets)

    def flush(self) -> None:
        """See :class:`~workbench.engine.journal.JournalLike`."""
        for journal in (*self._left, self._inner):
            if journal is not None:
                journal.flush()
                self.session_id = journal.session_id

    async def sync(self) -> None:
        """See :class:`~workbench.engine.journal.JournalLike`."""
        if self._inner is not None:
            await self._inner.sync()

    def close(self) -> None:
        """See :class:`~workbench.engine.journal.JournalLike`."""
        for journal in (*self._left, self._inner):
            if journal is not None:
                with suppress(NotSaved):
                    journal.close()


def _next_numbers(source: Path | None) -> tuple[int, int]:
    """Return the numbers of iteration and attempt that follow those in *source*."""
    iteration = attempt = 0
    for event in load(source).events if source is not None else ():
        if isinstance(event, IterationStarted):
            iteration = max(iteration, event.iteration)
        elif isinstance(event, AttemptQueued):
            attempt = max(attempt, event.attempt)
    return iteration + 1, attempt + 1


def _title(events: Sequence[Event]) -> str:
    """A session nobody named is called after the first line of its first prompt."""
    started = next((e for e in events if isinstance(e, IterationStarted)), None)
    first = started.prompt.user.strip().partition("\n")[0] if started else ""
    return shorten(visible_line(first), TITLE_CELLS)
