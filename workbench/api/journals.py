"""Which file a session is kept in: made with the first iteration, copied if it is not ours."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from workbench import __version__
from workbench.api.loading import session_path
from workbench.config.settings import Settings
from workbench.engine.journal import MemoryJournal, Opened
from workbench.engine.plan import OpenSession
from workbench.errors import NotSaved, SessionLocked
from workbench.model.events import (
    AttemptQueued,
    Earlier,
    Event,
    IterationStarted,
    Notice,
    SessionStarted,
)
from workbench.store.journal import LONG_PATIENCE_S, Journal
from workbench.store.sessions import load
from workbench.text import shorten, visible_line

APP = f"workbench {__version__}"
TITLE_CELLS = 60

log = logging.getLogger(__name__)


def open_session(settings: Settings, command: OpenSession, secrets: Iterable[str] = ()) -> Opened:
    """Open a session for an engine: an existing one, a new one, or none that is saved.

    A session that can be read but not written (locked, read-only, somebody else's, an example) is
    shown, and goes on in a copy. With ``command.last``, only so many iterations are read.

    Raises:
        SessionError: it cannot be opened.
    """
    if not command.saved:
        return Opened(MemoryJournal())
    secrets = tuple(secrets)
    if command.id is None:
        return Opened(KeptJournal(settings.sessions, command.title, secrets))
    path = session_path(settings, command.id)
    loaded = load(path, last=command.last)
    events = list(loaded.events)
    if loaded.earlier:
        events.append(Earlier(loaded.earlier))
    title = loaded.fold.head.title if loaded.fold.head is not None else path.stem
    kept = KeptJournal(settings.sessions, title, secrets, source=path)
    if path.parent.resolve() == settings.sessions.resolve():
        try:
            journal = Journal.open(settings.sessions, path.stem, secrets=secrets, look=False)
            kept.go_on_in(journal)
        except NotSaved as error:
            events.append(
                Notice("warning", error.message, "What you send is saved in a copy of it.")
            )

    def earlier(before: int, count: int) -> Sequence[Event]:
        part = load(path, last=count, before=before)
        said = [e for e in part.events if not isinstance(e, SessionStarted)]
        return [*said, Earlier(part.earlier)]

    return Opened(kept, events, loaded.fold, earlier)


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
        self._inner: Journal | MemoryJournal | None = None
        self._left: list[Journal] = []
        self._lock = asyncio.Lock()

    def go_on_in(self, journal: Journal) -> None:
        """Write to this open journal."""
        self._inner = journal
        self.session_id = journal.session_id

    async def prepare(self) -> None:
        """Read in a thread which numbers have been given out."""
        if isinstance(inner := self._inner, Journal):
            async with self._lock:
                try:
                    inner.know(await asyncio.to_thread(inner.look))
                except OSError as error:
                    log.warning("numbers are looked for again with the first iteration: %s", error)

    async def begin(self, build: Callable[[int, int], Sequence[Event]]) -> Sequence[Event]:
        """Create the file if need be, then as any journal."""
        async with self._lock:
            head: Sequence[Event] = ()
            if self._inner is None:
                head = await self._create(self._title or _title(build(1, 1)), self._source)
            numbered = await self._numbered(
                lambda j, w: j.begin(build, w), lambda m: m.begin(build)
            )
            return [*head, *numbered]

    async def reserve(self, build: Callable[[int], Sequence[Event]]) -> Sequence[Event]:
        """See :class:`~workbench.engine.journal.JournalLike`."""
        async with self._lock:
            return await self._numbered(
                lambda j, w: j.reserve(build, w), lambda m: m.reserve(build)
            )

    async def _numbered(
        self,
        file: Callable[[Journal, float], Sequence[Event]],
        memory: Callable[[MemoryJournal], Awaitable[Sequence[Event]]],
    ) -> Sequence[Event]:
        """Ask the file, with the seconds to wait for its lock; then a copy of it; then memory."""
        if isinstance(inner := self._joined(), Journal):
            journal = inner
            try:
                return await _patiently(lambda: file(journal, 0.0))
            except SessionLocked as error:
                await self._part(journal, error)
        inner = self._joined_or_memory()
        return file(inner, LONG_PATIENCE_S) if isinstance(inner, Journal) else await memory(inner)

    def _joined(self) -> Journal | MemoryJournal | None:
        if self._inner is not None:
            self._inner.on_problem = self.on_problem
        return self._inner

    def _joined_or_memory(self) -> Journal | MemoryJournal:
        if self._inner is None:
            self._inner = MemoryJournal(*_next_numbers(self._source))
        self._inner.on_problem = self.on_problem
        return self._inner

    async def _part(self, old: Journal, why: NotSaved) -> None:
        """Leave a file that another process keeps: go on in a copy, with what still waits."""
        self._left.append(old)  # it still writes what waits there as soon as it can
        old.flush()
        await self._create(self._title or old.session_id, old.path, old.unsaved())
        if self.session_id:
            self._tell(
                Notice(
                    "warning",
                    f"{why.message} It goes on as {self.session_id}, a copy with all so far.",
                    "The race runs and is saved; nothing is missing in either file.",
                )
            )

    async def _create(
        self, title: str, source: Path | None, waiting: bytes = b""
    ) -> Sequence[Event]:
        """Make the file; on failure, say so and go on in memory."""
        try:
            journal = Journal.create(self._folder, title, app=APP, secrets=self._secrets)
            head: Sequence[Event] = () if source is not None else load(journal.path).events
            if source is not None:
                journal = await asyncio.to_thread(self._copy, source, waiting, journal)
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
        self._joined()
        for journal in (*self._left, self._inner):
            if journal is not None:
                with suppress(NotSaved):
                    journal.close()


async def _patiently(ask: Callable[[], Sequence[Event]]) -> Sequence[Event]:
    """Ask a journal that does not wait for its lock until it has it, two seconds at most.

    Between the tries the event loop goes on: other lanes stream while another process writes.

    Raises:
        SessionLocked: another process kept it all the time.
    """
    give_up = time.monotonic() + LONG_PATIENCE_S
    pause = 0.0005
    while True:
        try:
            return ask()
        except SessionLocked:
            if time.monotonic() >= give_up:
                raise
        await asyncio.sleep(pause)
        pause = min(0.02, pause * 2)


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
