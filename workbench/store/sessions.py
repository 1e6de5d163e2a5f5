"""Reading sessions: list them fast, load one, say what is damaged, save what can be saved."""

from __future__ import annotations

import gc
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Literal

from workbench.errors import NotSaved, SessionError
from workbench.files.append import AppendFile
from workbench.files.lines import Line, blocks_of, lines_in
from workbench.model.events import Event, SessionStarted
from workbench.model.fold import SessionFold
from workbench.model.session import Session
from workbench.store.codec import Decoder, Problem
from workbench.store.names import SUFFIX
from workbench.store.part import Members, Part, rare_lines, read_part

MAX_BYTES = 2 << 30
"""A larger file is refused: it is no session."""

_BEGIN = b'{"v":'
_EMPTY = Problem("damaged", "empty")
_TAIL = 1 << 16
_MAX_TAIL = 1 << 22
_ITERATION = re.compile(
    rb'^\{"v":1,"t":"(?:iteration|iteration_end)","iteration":(\d{1,15})', re.MULTILINE
)
_ATTEMPT = re.compile(rb'^\{"v":1,"t":"(?!notice)[a-z_]+","attempt":(\d{1,15})', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Damage:
    """One line that could not be read. ``line`` counts from 1, ``offset`` and ``size`` are bytes.

    ``torn`` is a last line without its end: a crash in the middle of a write, or a write that is
    going on right now.
    """

    kind: Literal["torn", "damaged"]
    line: int
    offset: int
    size: int
    reason: str


@dataclass(frozen=True)
class Loaded:
    """A session read from its file, with what was wrong.

    ``fold`` has taken all ``events`` and can go on from there; ``session`` is its record, made
    when first asked for. ``unknown`` counts lines of tags this version does not know,
    ``earlier`` the iterations that were not read because only the last were asked for.
    """

    path: Path
    events: tuple[Event, ...]
    fold: SessionFold
    damage: tuple[Damage, ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)
    earlier: int = 0

    @cached_property
    def session(self) -> Session:
        """The record of the whole session, known by its file's name."""
        session_id = self.path.name.removesuffix(SUFFIX)
        return replace(self.fold.session({"title": session_id}), id=session_id)

    @property
    def strays(self) -> int:
        """Events about an iteration or attempt whose own line is missing."""
        return self.fold.strays

    @property
    def whole(self) -> bool:
        """True when nothing was wrong with the file."""
        return not (self.damage or self.unknown or self.strays)

    def report(self) -> tuple[str, ...]:
        """Return one sentence for each thing that was wrong."""
        strays = f"{self.strays} events belong to lines that are lost."
        return (*_report(self.damage, self.unknown), *((strays,) if self.strays else ()))


def _report(damage: Iterable[Damage], unknown: Mapping[str, int]) -> Iterator[str]:
    for d in damage:
        if d.kind == "torn":
            yield f"Line {d.line} is unfinished ({d.size} bytes): all before it is whole."
        else:
            yield f"Line {d.line} (byte {d.offset}, {d.size} bytes) is lost: {d.reason}."
    for tag, count in unknown.items():
        yield f"{count} lines of the unknown kind {tag[:40]!r} were passed over."


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """What a list shows of a session without reading all of it.

    ``iterations`` and ``attempts`` are the highest numbers near the end of the file; None when
    the end does not tell. ``modified`` is UTC.
    """

    id: str
    path: Path
    title: str
    utc: str
    size: int
    modified: datetime
    iterations: int | None
    attempts: int | None


def load(path: Path, *, last: int | None = None, before: int | None = None) -> Loaded:
    """Read the session in *path*. Damage never prevents reading: it is reported per line.

    With *last*, only the latest so many iterations (and the head) are read, from the file's end:
    for the first screen of a session with thousands of them. With *before* as well, only those
    whose numbers are below it. ``earlier`` says how many were passed over; damage among them is
    not seen.

    Raises:
        SessionError: there is no such file, it cannot be read, or it holds no session at all.
        SessionVersionError: a newer Workbench wrote it.
    """
    reading = Reading(path, last=last, before=before)
    fold, events = SessionFold(), []
    with _no_collection():
        for event in reading:
            events.append(event)
            fold.apply(event)
    unknown = dict(reading.unknown)
    return Loaded(path, tuple(events), fold, tuple(reading.damage), unknown, reading.earlier)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the cyclic collector: it would visit a hundred thousand new records many times over,
    none of them garbage, and double the time of reading.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Reading:
    """Reads a session file event by event, as :func:`load` does but without keeping them.

    ``damage``, ``unknown`` and ``earlier`` (see :class:`Loaded`) are complete when the iteration
    is. Reading it raises what :func:`load` raises.
    """

    def __init__(self, path: Path, *, last: int | None = None, before: int | None = None) -> None:
        self.path = path
        self.damage: list[Damage] = []
        self.unknown: Counter[str] = Counter()
        self.earlier = 0
        self._last = last
        self._before = before

    @property
    def session_id(self) -> str:
        """The session's id: its file's name."""
        return self.path.name.removesuffix(SUFFIX)

    def report(self) -> tuple[str, ...]:
        """Return one sentence for each thing that was wrong with what was read."""
        return tuple(_report(self.damage, self.unknown))

    def __iter__(self) -> Iterator[Event]:
        """Yield the events in order."""
        with _reading(self.path) as fd:
            part = None
            if self._last is not None:
                part = read_part(fd, os.fstat(fd).st_size, self._last, self._before)
            if part is None:
                yield from self._events(lines_in(blocks_of(fd)))
            else:
                yield from self._part(fd, part)

    def _part(self, fd: int, part: Part) -> Iterator[Event]:
        """Yield the head and what belongs to the iterations of *part*."""
        self.earlier = part.earlier
        members = Members(part.numbers)
        head, dense = lines_in((part.head,)), lines_in((part.body[: part.dense],), 1, part.offset)
        rare = (Line(0, 0, line, True) for line in rare_lines(part, members))
        for event in self._events(chain(head, dense, rare)):
            if members.takes(event):
                yield event
        self.damage = [d for d in self.damage if d.line]  # rare lines are nobody's for sure
        if self.damage:
            lines = sum(block.count(b"\n") for block in blocks_of(fd, 0, part.offset))
            self.damage = [replace(d, line=d.line + lines * bool(d.offset)) for d in self.damage]

    def _events(self, lines: Iterable[Line]) -> Iterator[Event]:
        decoder = Decoder()
        found, first = False, None
        for line in lines:
            if not line.data.strip():
                continue
            first = line.data[: len(_BEGIN)] if first is None else first
            event = decoder.decode(line.data)
            if not isinstance(event, Problem):
                found = True
                yield event
            elif event.kind == "unknown":
                self.unknown[event.reason] += 1
            else:
                self._lost(line, event.reason)
        if not found and self.damage and first != _BEGIN[: len(first or b"")]:
            raise SessionError(f"{self.path} is no session file.", self.damage[0].reason)

    def _lost(self, line: Line, reason: str) -> None:
        kind: Literal["torn", "damaged"] = "damaged" if line.ended else "torn"
        self.damage.append(Damage(kind, line.number, line.offset, len(line.data), reason))


def salvage(path: Path, into: Path) -> int:
    """Copy every readable line of *path*, as it stands, to the new file *into*; return how many.

    Lines of unknown tags are kept: a newer Workbench may know them.

    Raises:
        SessionError: *path* cannot be read.
        NotSaved: *into* exists or cannot be written.
    """
    decoder = Decoder()
    kept = []
    with _reading(path) as fd:
        for line in lines_in(blocks_of(fd)):
            found = decoder.decode(line.data) if line.data.strip() else _EMPTY
            if not isinstance(found, Problem) or found.kind == "unknown":
                kept.append(line.data)
    try:
        file = AppendFile(into, create=True)
        file.write(b"".join(line + b"\n" for line in kept))
        file.close()
    except OSError as error:
        raise NotSaved(
            f"{into} cannot be written: {error.strerror}.", "Name a file that does not exist yet."
        ) from error
    return len(kept)


def list_sessions(folder: Path) -> tuple[SessionInfo, ...]:
    """Return the sessions of *folder*, last changed first, reading only their ends."""
    infos = [info for path in folder.glob("*" + SUFFIX) if (info := glance(path)) is not None]
    return tuple(sorted(infos, key=lambda info: (info.modified, info.id), reverse=True))


def glance(path: Path) -> SessionInfo | None:
    """Return what the two ends of a session file tell; None when it cannot be read."""
    try:
        fd = _open(path)
    except (OSError, SessionError):
        return None
    try:
        status = os.fstat(fd)
        first = Decoder().decode(os.pread(fd, _TAIL, 0).split(b"\n", 1)[0])
        iterations, attempts = _last_numbers(fd, status.st_size)
    except (OSError, SessionError):
        return None
    finally:
        os.close(fd)
    session_id = path.name.removesuffix(SUFFIX)
    head = first if isinstance(first, SessionStarted) else None
    return SessionInfo(
        id=session_id,
        path=path,
        title=head.title if head else session_id,
        utc=head.utc if head else "",
        size=status.st_size,
        modified=datetime.fromtimestamp(status.st_mtime, UTC),
        iterations=iterations,
        attempts=attempts,
    )


def _last_numbers(fd: int, size: int) -> tuple[int | None, int | None]:
    """Look for the last iteration's number from the end, in growing steps."""
    window = _TAIL
    while True:
        start = max(0, size - window)
        tail = os.pread(fd, size - start, start)
        iterations = _highest(_ITERATION.finditer(tail))
        attempts = _highest(_ATTEMPT.finditer(tail))
        if iterations is not None or start == 0:
            return iterations or 0, attempts or 0
        if window >= _MAX_TAIL:
            return None, attempts
        window *= 8


def _highest(found: Iterable[re.Match[bytes]]) -> int | None:
    return max((int(m.group(1)) for m in found), default=None)


def _open(path: Path) -> int:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise SessionError(f"{path} is not a regular file.", "Name a session file.")
    return fd


@contextmanager
def _reading(path: Path) -> Iterator[int]:
    """Open a session file to be read.

    Raises:
        SessionError: it cannot be read, or is too large to be one.
    """
    fd = None
    try:
        fd = _open(path)
        if os.fstat(fd).st_size > MAX_BYTES:
            raise SessionError(f"{path} is larger than 2 GB.", "This is no session.")
        yield fd
    except OSError as error:
        raise SessionError(
            f"{path} cannot be read: {error.strerror or error}.", "See: workbench sessions list"
        ) from error
    finally:
        if fd is not None:
            os.close(fd)
