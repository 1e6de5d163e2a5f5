"""The journal: appends the events of one session to its file as they happen.

What ``begin``, ``reserve``, ``flush`` and ``sync`` have returned from survives the death of the
process (``kill -9`` included); after ``sync`` also a loss of power. In between, events wait in
memory 200 ms at most: :attr:`Journal.due` says when the next ``flush`` is due.

Two processes may append to one session: numbers of iterations and attempts are given out under
the file's lock, after reading what the other one appended.

When the disk is full or the folder read-only, nothing is thrown away: the person is told once,
lines wait in memory, every flush tries again, and they are told when saving works again.
"""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from workbench.errors import NotSaved, SessionError, SessionLocked
from workbench.files.append import AppendFile, Busy, NotRegular, make_folder
from workbench.model.events import (
    AttemptEnded,
    AttemptQueued,
    Chunks,
    Event,
    IterationStarted,
    Notice,
    SessionStarted,
)
from workbench.redact import Redactor
from workbench.store.names import new_ids, path_of, slug
from workbench.store.numbers import Given, given_in
from workbench.store.waiting import Waiting

FLUSH_S = 0.2
"""Events wait this long at most, in seconds."""

FLUSH_BYTES = 1 << 16
_PATIENCE_S = 0.002
LONG_PATIENCE_S = 2.0
"""Another process that holds the lock is waited for so long, in seconds."""


class Journal:
    """Appends to one session file. Not for several threads, but for several processes.

    ``on_problem`` is told once when saving stops and once when it works again.
    """

    def __init__(
        self,
        file: AppendFile,
        session_id: str,
        secrets: Iterable[str] = (),
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.session_id = session_id
        self.on_problem: Callable[[Notice], None] | None = None
        self.due: float | None = None
        self._file = file
        self._secrets = set(secrets)
        self._waiting = Waiting(Redactor(self._secrets))
        self._clock = clock
        self._seen = 0
        self._partial = False
        self._iterations = 0
        self._attempts = 0
        self._promised: tuple[int, int] | None = None
        self._written = 0
        self._synced = 0
        self._sync_lock = asyncio.Lock()
        self._failing: str | None = None
        self._closed = False

    @classmethod
    def create(
        cls,
        folder: Path,
        title: str,
        *,
        app: str = "",
        secrets: Iterable[str] = (),
        now: datetime | None = None,
    ) -> Journal:
        """Start a new session in *folder* and write its head.

        Raises:
            NotSaved: the folder or the file cannot be made or written.
        """
        now = now or datetime.now(UTC)
        title = Redactor(secrets)(title)
        try:
            make_folder(folder)
            for session_id in new_ids(title, now):
                try:
                    file = AppendFile(path_of(folder, session_id), create=True)
                except FileExistsError:
                    continue
                break
            else:
                raise FileExistsError(errno.EEXIST, "every name for it is taken", str(folder))
            journal = cls(file, session_id, secrets)
            utc = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            journal._waiting.event(SessionStarted(session_id, title, utc, app))
            with file.locked(LONG_PATIENCE_S):
                journal._write()
        except OSError as error:
            raise _not_saved(error, folder) from error
        return journal

    @classmethod
    def open(
        cls, folder: Path, session_id: str, *, secrets: Iterable[str] = (), look: bool = True
    ) -> Journal:
        """Go on in an existing session of *folder*. Without *look* the numbers it has given out
        are looked for later, by :meth:`look` or the first :meth:`begin`.

        Raises:
            SessionError: there is none, or its name is none.
            SessionVersionError: a newer Workbench has written to it.
            NotSaved: it cannot be opened for writing.
        """
        path = path_of(folder, session_id)
        try:
            file = AppendFile(path, create=False)
            journal = cls(file, session_id, secrets)
            if look:
                with file.locked(LONG_PATIENCE_S):
                    journal._catch_up()
        except FileNotFoundError as error:
            raise SessionError(
                f"There is no session {session_id!r} in {folder}.", "See: workbench sessions list"
            ) from error
        except NotRegular as error:
            raise SessionError(f"{path} is {error.strerror}.", "Name a session file.") from error
        except OSError as error:
            raise _not_saved(error, path) from error
        return journal

    def look(self) -> Given:
        """Read which numbers have been given out. Meant for a thread: it has a file of its own,
        for a lock is held by an open file, not by a thread.

        Raises:
            SessionVersionError: a newer Workbench has written to it.
            OSError: it cannot be read, or another process keeps it locked.
        """
        file = AppendFile(self._file.path, create=False)
        try:
            with file.locked(LONG_PATIENCE_S):
                return given_in(file.lines(0))
        finally:
            file.close()

    def know(self, given: Given) -> None:
        """Take what :meth:`look` found, unless it is known by now."""
        if not self._seen and given.seen <= self._file.size():
            self._take(given)

    @property
    def path(self) -> Path:
        """The file that is written to; changes if somebody took the first one away."""
        return self._file.path

    def begin(
        self, build: Callable[[int, int], Sequence[Event]], patience: float | None = None
    ) -> Sequence[Event]:
        """Start an iteration: *build* gets the next numbers of iteration and attempt.

        What it returns is on file (safe from the death of this process) when this returns it.
        When it cannot be written, ``on_problem`` is told and the lines wait in memory.

        Raises:
            SessionLocked: another process kept the file locked for *patience* seconds (two if not
                given); no number was taken.
        """
        return self._numbered(lambda: build(self._iterations + 1, self._attempts + 1), patience)

    def reserve(
        self, build: Callable[[int], Sequence[Event]], patience: float | None = None
    ) -> Sequence[Event]:
        """Add one attempt to an iteration (a retry, a fallback); otherwise like :meth:`begin`."""
        return self._numbered(lambda: build(self._attempts + 1), patience)

    def append(self, event: Event) -> None:
        """Take an event. It is written by the next flush; the end of an attempt at once."""
        if self.due is None:
            self.due = self._clock() + FLUSH_S
        if type(event) is Chunks:
            self._waiting.chunk(event)
        else:
            self._waiting.event(event)
        pressing = type(event) is AttemptEnded or self._waiting.bytes > FLUSH_BYTES
        if self._clock() >= self.due or (pressing and self._failing is None):
            self.flush()

    def flush(self) -> None:
        """Hand everything that waits to the operating system. Never raises on a failing disk."""
        self._flush(_PATIENCE_S)

    async def sync(self) -> None:
        """Flush, and bring the file to the disk, off the event loop.

        Several callers at once share one ``fsync``.
        """
        self.flush()
        target = self._written
        async with self._sync_lock:
            if self._synced >= target or self._closed:
                return
            written = self._written
            try:
                await asyncio.to_thread(self._file.sync, self._file.handle())
            except OSError as error:
                self._failed(error)
            else:
                self._synced = written

    def close(self) -> None:
        """Write what waits, held-back text included, and close. May be called twice.

        Raises:
            NotSaved: something could not be written; ``unsaved`` still holds it.
        """
        if self._closed:
            return
        self._waiting.collect(end=True)
        self._flush(LONG_PATIENCE_S)
        self._closed = True
        self._file.close()
        if self._waiting:
            said = f"The end of session {self.session_id} could not be saved: {self._failing}."
            raise NotSaved(said, "Make room or choose another folder.")

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask these values too from now on."""
        self._secrets.update(secrets)
        self._waiting.mask(Redactor(self._secrets))

    def unsaved(self) -> bytes:
        """Return the lines that wait in memory because they could not be written."""
        return self._waiting.lines()

    def _numbered(
        self, build: Callable[[], Sequence[Event]], patience: float | None
    ) -> Sequence[Event]:
        try:
            with self._file.locked(LONG_PATIENCE_S if patience is None else patience):
                if self._promised is None:
                    self._catch_up()
                before = self._iterations, self._attempts
                events = self._build(build)
                self._waiting.collect()
                if self._failing is None or self._clock() >= (self.due or 0.0):
                    self._try_write()  # all that waits: not for each iteration while it fails
                if self._waiting and self._promised is None:
                    self._promised = before
        except Busy as error:
            said = f"Another process keeps session {self.session_id} locked."
            hint = "Nothing was sent. End the other process, or work in a new session."
            raise SessionLocked(said, hint) from error
        return events

    def _build(self, build: Callable[[], Sequence[Event]]) -> Sequence[Event]:
        events = build()
        for event in events:
            self._waiting.event(event)
            if isinstance(event, IterationStarted):
                self._iterations = max(self._iterations, event.iteration)
            elif isinstance(event, AttemptQueued):
                self._attempts = max(self._attempts, event.attempt)
        return events

    def _flush(self, patience: float) -> None:
        self._waiting.collect()
        self.due = None
        if not self._waiting or self._closed:
            return
        try:
            with self._file.locked(patience):
                self._try_write()
        except Busy as error:
            self.due = self._clock() + FLUSH_S
            if patience >= LONG_PATIENCE_S:
                self._failed(error)

    def _try_write(self) -> None:
        try:
            self._rescue_if_orphaned()
            self._part_if_numbers_are_taken()
            self._write()
            self._promised = None
        except OSError as error:
            self._failed(error)
        else:
            self._worked()

    def _write(self) -> None:
        """Write all lines, under the lock."""
        data = self._waiting.lines()
        if not data:
            return
        before = self._file.write(data)
        if before == self._seen and not self._partial:
            self._seen = before + len(data)
        self._written += len(data)
        self._waiting.written()

    def _catch_up(self) -> None:
        """Learn the numbers other processes have given out since the last look."""
        size = self._file.size()
        if size == self._seen:
            return
        if size < self._seen:
            self._seen = 0  # somebody cut the file: look at all of it again
        self._take(given_in(self._file.lines(self._seen), self._seen))

    def _take(self, given: Given) -> None:
        self._iterations = max(self._iterations, given.iteration)
        self._attempts = max(self._attempts, given.attempt)
        self._seen, self._partial = given.seen, given.partial

    def _rescue_if_orphaned(self) -> None:
        """Somebody deleted or replaced the file: save all of it again, under a free name."""
        if not self._file.orphaned():
            return
        self._move()
        self._tell(
            "warning", f"The session's file was taken away; it is saved again as {self._file.path}."
        )

    def _part_if_numbers_are_taken(self) -> None:
        """Numbers were given out that could not be written, and meanwhile another process has
        written the same: leave the file to it and go on in a copy of what was there before.
        """
        if self._promised is None:
            return
        given = given_in(self._file.lines(self._seen), self._seen)
        if given.iteration <= self._promised[0] and given.attempt <= self._promised[1]:
            return
        self._move(self._seen)
        self._partial = False
        self._tell(
            "warning",
            "Another process wrote to the session while this one could not; "
            f"this one goes on as {self._file.path}.",
        )

    def _move(self, upto: int | None = None) -> None:
        old = self._file.path
        make_folder(old.parent)
        stem = slug(old.stem.removesuffix("-rescued"), limit=80)
        names = [old, *(old.with_name(f"{stem}-rescued-{n}.jsonl") for n in range(1, 100))]
        for path in names:
            try:
                self._file.move_to(path, upto)
            except FileExistsError:
                continue
            self.session_id = path.stem
            break

    def _tell(self, level: Literal["info", "warning", "error"], text: str, hint: str = "") -> None:
        if self.on_problem is not None:
            self.on_problem(Notice(level, text, hint))

    def _failed(self, error: OSError) -> None:
        self.due = self._clock() + FLUSH_S
        why = error.strerror or str(error)
        if self._failing is None:
            self._tell(
                "error",
                f"Not saved: {why} ({self._file.path}). The answers are in memory.",
                "Make room or restore write access; saving resumes by itself.",
            )
        self._failing = why

    def _worked(self) -> None:
        if self._failing is not None:
            self._failing = None
            self._tell("info", "Saving works again; nothing is missing.")


def _not_saved(error: OSError, where: Path) -> NotSaved:
    if isinstance(error, Busy):
        return NotSaved(f"Another process is writing to {where}.", "Try again when it is done.")
    return NotSaved(
        f"The session cannot be saved in {where}: {error.strerror or error}.",
        "Choose another folder or make it writable; nothing was written.",
    )
