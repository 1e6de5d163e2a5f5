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
from pathlib import Path
from typing import Literal

from workbench.errors import NotSaved, SessionError
from workbench.model.events import Event, SessionStarted
from workbench.model.fold import SessionFold
from workbench.model.session import Session
from workbench.store.appendfile import AppendFile
from workbench.store.codec import Decoder, Problem
from workbench.store.names import SUFFIX

MAX_BYTES = 2 << 30
"""A larger file is refused: it is no session."""

_BEGIN = b'{"v":'
_TAIL = 1 << 16
_MAX_TAIL = 1 << 22
_ITERATION = re.compile(
    rb'^\{"v":1,"t":"(?:iteration|iteration_end)","iteration":(\d{1,15})', re.MULTILINE
)
_START = re.compile(rb'^\{"v":1,"t":"iteration",', re.MULTILINE)
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
        said = []
        for d in self.damage:
            if d.kind == "torn":
                said.append(
                    f"Line {d.line} is unfinished ({d.size} bytes): all before it is whole."
                )
            else:
                said.append(f"Line {d.line} (byte {d.offset}, {d.size} bytes) is lost: {d.reason}.")
        for tag, count in self.unknown.items():
            said.append(f"{count} lines of the unknown kind {tag[:40]!r} were passed over.")
        if self.strays:
            said.append(f"{self.strays} events belong to lines that are lost.")
        return tuple(said)


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


def lines_of(data: bytes) -> Iterator[tuple[int, int, bytes, bool]]:
    """Yield number (from 1), byte offset, content and "has its end" of each line in *data*."""
    offset, number = 0, 0
    while offset < len(data):
        end = data.find(b"\n", offset)
        number += 1
        if end < 0:
            yield number, offset, data[offset:], False
            return
        yield number, offset, data[offset:end], True
        offset = end + 1


def load(path: Path, *, last: int | None = None) -> Loaded:
    """Read the session in *path*. Damage never prevents reading: it is reported per line.

    With *last*, only the latest so many iterations (and the head) are read: for the first screen
    of a session with thousands of them. ``earlier`` says how many were passed over; damage in
    them, and marks on them, are not seen.

    Raises:
        SessionError: there is no such file, it cannot be read, or it holds no session at all.
        SessionVersionError: a newer Workbench wrote it.
    """
    data = _read(path)
    starts = [m.start() for m in _START.finditer(data)] if last is not None else []
    with _no_collection():
        if last is None or len(starts) <= last:
            return _parse(path, data)
        begin = starts[-last] if last > 0 else len(data)
        head = data[: data.find(b"\n") + 1]
        found = _parse(path, head + data[begin:])
        skipped = data.count(b"\n", len(head), begin), begin - len(head)
        damage = tuple(
            replace(d, line=d.line + skipped[0], offset=d.offset + skipped[1]) if d.line > 1 else d
            for d in found.damage
        )
        return replace(found, damage=damage, earlier=len(starts) - last)


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


def _parse(path: Path, data: bytes) -> Loaded:
    decoder = Decoder()
    fold = SessionFold()
    events: list[Event] = []
    damage: list[Damage] = []
    unknown: Counter[str] = Counter()
    for number, offset, line, ended in lines_of(data):
        if not line.strip():
            continue
        event = decoder.decode(line)
        if not isinstance(event, Problem):
            events.append(event)
            fold.apply(event)
        elif event.kind == "unknown":
            unknown[event.reason] += 1
        else:
            kind: Literal["torn", "damaged"] = "damaged" if ended else "torn"
            damage.append(Damage(kind, number, offset, len(line), event.reason))
    if not events and damage and data[: len(_BEGIN)] != _BEGIN[: len(data)]:
        raise SessionError(f"{path} is no session file.", damage[0].reason)
    return Loaded(path, tuple(events), fold, tuple(damage), dict(unknown))


def salvage(path: Path, into: Path) -> int:
    """Copy every readable line of *path*, as it stands, to the new file *into*; return how many.

    Lines of unknown tags are kept: a newer Workbench may know them.

    Raises:
        SessionError: *path* cannot be read.
        NotSaved: *into* exists or cannot be written.
    """
    decoder = Decoder()
    kept = []
    for _, _, line, _ in lines_of(_read(path)):
        found = decoder.decode(line) if line.strip() else Problem("damaged", "empty")
        if not isinstance(found, Problem) or found.kind == "unknown":
            kept.append(line)
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


def _read(path: Path) -> bytes:
    try:
        with os.fdopen(_open(path), "rb") as file:
            if os.fstat(file.fileno()).st_size > MAX_BYTES:
                raise SessionError(f"{path} is larger than 2 GB.", "This is no session.")
            return file.read(MAX_BYTES)
    except OSError as error:
        raise SessionError(
            f"{path} cannot be read: {error.strerror or error}.", "See: workbench sessions list"
        ) from error
