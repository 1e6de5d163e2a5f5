"""Full-text search over all sessions: an SQLite FTS5 index that can be deleted at any time.

The index is derived from the session files. :meth:`Index.update` reads only what files have grown
by: for each file it remembers the byte where its first unfinished iteration begins and goes on
from there. A damaged index, or one of another layout, is thrown away and made again.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workbench.errors import NotSaved, SessionVersionError
from workbench.files.append import make_folder
from workbench.files.lines import lines_in
from workbench.model.attempt import Attempt
from workbench.model.events import Annotated, IterationStarted, SessionStarted
from workbench.model.fold import LiveIteration, SessionFold
from workbench.model.session import Iteration
from workbench.records import dataclass
from workbench.store.codec import Decoder, Problem
from workbench.store.names import SUFFIX
from workbench.store.search import Found, Query, run_query, sql_text

LAYOUT = 2
"""Changes with the tables; an index of another layout is made again."""

ABANDONED = timedelta(hours=1)
"""An iteration without an end that is older than this was cut off by a crash: it is closed."""

_TRANSIENT = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
)

_TABLES = """
CREATE TABLE files (
    session TEXT PRIMARY KEY, inode INTEGER, size INTEGER, mtime INTEGER, stable INTEGER);
CREATE TABLE docs (
    id INTEGER PRIMARY KEY, session TEXT NOT NULL, iteration INTEGER, attempt INTEGER,
    kind TEXT NOT NULL, lane TEXT, verdict TEXT, utc TEXT NOT NULL);
CREATE INDEX docs_place ON docs (session, iteration);
CREATE TABLE verdicts (
    session TEXT NOT NULL, iteration INTEGER, attempt INTEGER, lane TEXT, verdict TEXT,
    name TEXT, decided TEXT);
CREATE INDEX verdicts_place ON verdicts (session, iteration, attempt);
CREATE INDEX verdicts_lane ON verdicts (lane, verdict);
CREATE INDEX verdicts_verdict ON verdicts (verdict);
CREATE INDEX docs_kind ON docs (kind, id);
CREATE INDEX verdicts_name ON verdicts (name, decided);
CREATE VIRTUAL TABLE texts USING fts5(
    text, tokenize = "unicode61 remove_diacritics 2", prefix = '1 2 3 4 5');
"""


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did: files read (in part or whole), sessions gone, documents written, and the
    sessions that a newer Workbench wrote, which are not searched.
    """

    files: int
    gone: int
    documents: int
    rebuilt: bool = False
    newer: tuple[str, ...] = ()


class Index:
    """The index of the sessions in *folder*, kept in the file *path*.

    One object belongs to one thread; several processes may use the same file.

    Raises:
        NotSaved: the file can be neither opened nor made.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._folder = folder
        self._rebuilt = False
        self._db = self._open()

    def update(self, now: datetime | None = None) -> Updated:
        """Bring the index up to date with the session files."""
        now = now or datetime.now(UTC)
        try:
            return self._update(now)
        except sqlite3.DatabaseError as error:
            if _transient(error):
                raise NotSaved(f"The search index is busy: {error}.", "Try again.") from error
            self.rebuild()
            return self._update(now)

    def waiting(self) -> int:
        """Return how many bytes of session files the next update has to read, at most."""
        try:
            rows = self._db.execute("SELECT session, inode, size, mtime, stable FROM files")
            known = {row[0]: row[1:] for row in rows}
        except sqlite3.DatabaseError:
            known = {}
        size = 0
        for path, status in _session_files(self._folder):
            row = known.get(path.name.removesuffix(SUFFIX))
            if row is None or row[0] != status.st_ino:
                size += status.st_size
            elif row[1:3] != (status.st_size, status.st_mtime_ns):
                size += max(0, status.st_size - row[3])
        return size

    def search(self, query: Query) -> Found:
        """Return what matches, newest first; see :class:`~workbench.store.search.Query`."""
        try:
            return run_query(self._db, query)
        except sqlite3.DatabaseError as error:
            if _transient(error):
                raise NotSaved(f"The search index is busy: {error}.", "Try again.") from error
            self.rebuild()
            self._update(datetime.now(UTC))
            return run_query(self._db, query)

    def rebuild(self) -> None:
        """Throw the index away; the next update makes it again."""
        self._db.close()
        _remove(self._path)
        self._rebuilt = True
        self._db = self._open()

    def close(self) -> None:
        """Close the index file."""
        self._db.close()

    def _open(self) -> sqlite3.Connection:
        try:
            make_folder(self._path.parent)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
            with contextlib.suppress(sqlite3.DatabaseError):
                return self._connect()
            _remove(self._path)
            self._rebuilt = True
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            return self._connect()
        except (OSError, sqlite3.Error) as error:
            raise NotSaved(
                f"The search index {self._path} cannot be opened: {error}.",
                "Remove the file or make its folder writable; it is made again by itself.",
            ) from error

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=5.0, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            layout = db.execute("PRAGMA user_version").fetchone()[0]
            if layout != LAYOUT:
                with _transaction(db):
                    if db.execute("PRAGMA user_version").fetchone()[0] == 0:
                        for statement in filter(str.strip, _TABLES.split(";")):
                            db.execute(statement)
                        db.execute(f"PRAGMA user_version={LAYOUT}")
                    elif db.execute("PRAGMA user_version").fetchone()[0] != LAYOUT:
                        raise sqlite3.DatabaseError("another layout")
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _update(self, now: datetime) -> Updated:
        known = {
            row[0]: row[1:]
            for row in self._db.execute("SELECT session, inode, size, mtime FROM files")
        }
        files = documents = 0
        present, newer = set(), []
        for path, status in _session_files(self._folder):
            session = path.name.removesuffix(SUFFIX)
            present.add(session)
            state = (status.st_ino, status.st_size, status.st_mtime_ns)
            if known.get(session) != state:
                with contextlib.suppress(SessionVersionError), _transaction(self._db):
                    documents += _FileUpdate(self._db, session, now).run(path, state)
                    files += 1
                    continue
                newer.append(session)
        gone = [session for session in known if session not in present]
        for session in gone:
            with _transaction(self._db):
                _forget(self._db, session)
        rebuilt, self._rebuilt = self._rebuilt, False
        return Updated(files, len(gone), documents, rebuilt, tuple(newer))


class _FileUpdate:
    """Brings the documents of one session up to date, within a transaction."""

    def __init__(self, db: sqlite3.Connection, session: str, now: datetime) -> None:
        self._db = db
        self._session = session
        self._abandoned = (now - ABANDONED).isoformat()
        self._documents = 0

    def run(self, path: Path, state: tuple[int, int, int]) -> int:
        """Read what is new in *path* and return how many documents were written."""
        row = self._db.execute(
            "SELECT inode, size, stable FROM files WHERE session=?", (self._session,)
        ).fetchone()
        start = 0
        if row is not None:
            if row[0] == state[0] and row[1] <= state[1]:
                start = row[2]
            else:
                _forget(self._db, self._session)
        try:
            with path.open("rb") as file:
                file.seek(start)
                data = file.read(state[1] - start)
        except OSError:
            return 0
        stable = start + self._read(data)
        self._db.execute("REPLACE INTO files VALUES (?,?,?,?,?)", (self._session, *state, stable))
        return self._documents

    def _read(self, data: bytes) -> int:
        """Index the lines of *data*; return the offset from which the next update reads."""
        decoder, fold = Decoder(), SessionFold()
        begins: dict[int, int] = {}
        end = 0
        for _, offset, line, whole in lines_in((data,)):
            if not whole:
                break
            end = offset + len(line) + 1
            event = decoder.decode(line) if line.strip() else None
            if event is None or isinstance(event, Problem):
                continue
            if isinstance(event, IterationStarted):
                begins.setdefault(event.iteration, offset)
            elif isinstance(event, SessionStarted):
                self._title(event)
            elif isinstance(event, Annotated) and event.iteration not in fold.iterations:
                self._marked_later(event)
            fold.apply(event)
        for iteration in fold.iterations.values():
            self._iteration(iteration.record())
        running = [begins[i.number] for i in fold.iterations.values() if self._open(i)]
        return min(running, default=end)

    def _open(self, iteration: LiveIteration) -> bool:
        return iteration.running and iteration.started.utc >= self._abandoned

    def _iteration(self, it: Iteration) -> None:
        place = (self._session, it.number)
        self._db.execute(
            "DELETE FROM texts WHERE rowid IN "
            "(SELECT id FROM docs WHERE session=? AND iteration=?)",
            place,
        )
        self._db.execute("DELETE FROM docs WHERE session=? AND iteration=?", place)
        self._db.execute("DELETE FROM verdicts WHERE session=? AND iteration=?", place)
        prompt = "\n".join(filter(None, (it.prompt.system, it.prompt.user)))
        for kind, text in (("prompt", prompt), ("name", it.name), ("note", it.note)):
            self._add(kind, it.number, text, it.utc)
        for attempt in it.attempts:
            self._attempt(attempt, attempt.utc or it.utc)

    def _attempt(self, a: Attempt, utc: str) -> None:
        where = (a.number, a.lane, a.verdict)
        self._add("answer", a.iteration, a.text, utc, where)
        self._add("reasoning", a.iteration, a.reasoning or "", utc, where)
        if a.error is not None:
            self._add("error", a.iteration, f"{a.error.message}\n{a.error.body}", utc, where)
        for check in a.checks:
            if check.verdict != "pending":
                self._add("check", a.iteration, f"{check.name} {check.reason}", utc, where)
        decided: list[tuple[str | None, str | None]] = [(c.name, c.verdict) for c in a.checks]
        for name, verdict in decided or [(None, None)]:
            self._db.execute(
                "INSERT INTO verdicts VALUES (?,?,?,?,?,?,?)",
                (self._session, a.iteration, *_clean_all(*where, name, verdict)),
            )

    def _marked_later(self, mark: Annotated) -> None:
        """A name or note for an iteration that was indexed before: it replaces the old one."""
        for kind, text in (("name", mark.name), ("note", mark.note)):
            if text is None:
                continue
            place = (self._session, mark.iteration, kind)
            self._db.execute(
                "DELETE FROM texts WHERE rowid IN"
                " (SELECT id FROM docs WHERE session=? AND iteration=? AND kind=?)",
                place,
            )
            self._db.execute("DELETE FROM docs WHERE session=? AND iteration=? AND kind=?", place)
            self._add(kind, mark.iteration, text, mark.utc)

    def _title(self, head: SessionStarted) -> None:
        self._add("title", None, head.title, head.utc)

    def _add(
        self,
        kind: str,
        iteration: int | None,
        text: str,
        utc: str,
        where: tuple[int | None, str | None, str | None] = (None, None, None),
    ) -> None:
        if not text:
            return
        number, lane, verdict = _clean_all(*where)
        row = (self._session, iteration, number, kind, lane, verdict, sql_text(utc))
        added = self._db.execute(
            "INSERT INTO docs (session, iteration, attempt, kind, lane, verdict, utc)"
            " VALUES (?,?,?,?,?,?,?)",
            row,
        )
        self._db.execute(
            "INSERT INTO texts (rowid, text) VALUES (?,?)", (added.lastrowid, sql_text(text))
        )
        self._documents += 1


def _clean_all(*values: str | int | None) -> tuple[str | int | None, ...]:
    return tuple(sql_text(v) if isinstance(v, str) else v for v in values)


def _session_files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the session files, oldest change first: the newest get the highest row ids."""
    found = []
    for path in folder.glob("*" + SUFFIX):
        with contextlib.suppress(OSError):
            if path.is_file():
                found.append((path, path.stat()))
    return iter(sorted(found, key=lambda item: item[1].st_mtime_ns))


def _forget(db: sqlite3.Connection, session: str) -> None:
    db.execute("DELETE FROM texts WHERE rowid IN (SELECT id FROM docs WHERE session=?)", (session,))
    for table in ("docs", "verdicts", "files"):
        db.execute(f"DELETE FROM {table} WHERE session=?", (session,))  # noqa: S608 - fixed names


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _transient(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in _TRANSIENT


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
