"""Where in a session's file its latest iterations lie, read from the end.

An iteration's lines begin where it starts, but need not end where the next one does: races run
side by side, a late retry or a mark stands behind newer iterations. So a part of a session is the
bytes from its first start on, of which only what belongs to its iterations is taken.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import field

from workbench.model.events import (
    Annotated,
    AttemptQueued,
    Event,
    IterationEnded,
    IterationStarted,
    SessionStarted,
)
from workbench.records import dataclass

WINDOW = 1 << 18
MOST = 1 << 26
_STEP = 4
_START = b'\n{"v":1,"t":"iteration",'
_NUMBER = re.compile(rb'"iteration":(\d{1,15})\b')
_OF = re.compile(
    rb'^\{"v":1,"t":"[a-z_]+","(attempt|iteration)":(\d{1,15})\b(?:,"iteration":(\d+))?'
)


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes of some iterations: ``head`` is the file's first line, ``body`` begins at byte
    ``offset`` with the first of them and goes to the file's end. ``dense`` bytes of the body are
    mostly theirs, behind it theirs are rare. ``numbers`` are the iterations, ``earlier`` is how
    many stand before them, by their numbers.
    """

    head: bytes
    body: bytes
    offset: int
    dense: int
    numbers: frozenset[int]
    earlier: int


def read_part(fd: int, size: int, last: int, before: int | None = None) -> Part | None:
    """Return the part with the latest *last* iterations, of those numbered below *before* if it is
    given; None when that is the whole file.
    """
    window = WINDOW
    while True:
        start = max(0, size - window)
        data = os.pread(fd, size - start, start)
        starts = [s for s in _starts(data) if before is None or s[1] < before]
        if len(starts) >= last or start == 0:
            break
        if not starts and before is None and window >= MOST:
            return None  # no session of ours: it is read in blocks, and said to be none
        window *= _STEP
    if start == 0 and len(starts) <= last and before is None:
        return None
    chosen = starts[-last:] if last > 0 else []
    passed = starts[-1][1] if starts else 0
    head = data if start == 0 else os.pread(fd, WINDOW, 0)
    begin = chosen[0][0] if chosen else len(data)
    dense = next((at for at, _ in _starts(data, chosen[-1][0] + 1)), len(data)) if chosen else begin
    return Part(
        head[: head.find(b"\n") + 1],
        data[begin:],
        start + begin,
        dense - begin,
        frozenset(number for _, number in chosen),
        chosen[0][1] - 1 if chosen else passed,
    )


def _starts(data: bytes, begin: int = 0) -> list[tuple[int, int]]:
    """Return offset and number of each line in *data* that starts an iteration."""
    found = []
    at = data.find(_START, max(0, begin - 1))
    while at >= 0:
        number = _NUMBER.match(data, at + len(_START))
        if number is not None:
            found.append((at + 1, int(number.group(1))))
        at = data.find(_START, at + 1)
    return found


@dataclass(slots=True)
class Members:
    """Tells what belongs to the iterations of *numbers*, fed in the order of the file."""

    numbers: frozenset[int]
    _attempts: set[int] = field(default_factory=set)

    def takes(self, event: Event) -> bool:
        """Return whether *event* is about one of them (or about the session)."""
        if isinstance(event, IterationStarted | IterationEnded | Annotated):
            return event.iteration in self.numbers
        if isinstance(event, AttemptQueued):
            if event.iteration in self.numbers:
                self._attempts.add(event.attempt)
                return True
            return False
        attempt = getattr(event, "attempt", None)
        return (
            attempt in self._attempts if attempt is not None else isinstance(event, SessionStarted)
        )

    def may_take(self, line: bytes) -> bool:
        """Return False when the beginning of *line* shows that it belongs to none of them."""
        found = _OF.match(line)
        if found is None:
            return True
        kind, number, iteration = found.groups()
        if kind == b"iteration":
            return int(number) in self.numbers
        return int(number) in self._attempts or (
            iteration is not None and int(iteration) in self.numbers
        )


def rare_lines(part: Part, members: Members) -> Iterator[bytes]:
    """Yield the lines behind the dense part that may belong to *members*."""
    for line in part.body[part.dense :].split(b"\n"):
        if line and members.may_take(line):
            yield line
