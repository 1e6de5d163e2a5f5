"""The numbers of iterations and attempts that lines of a session file have taken."""

from __future__ import annotations

import re
from collections.abc import Iterable

from workbench.files.lines import Line
from workbench.records import dataclass
from workbench.store.codec import Decoder, Problem

_NUMBER = re.compile(rb'\{"v":1,"t":"[a-z_]+","(attempt|iteration)":(\d{1,15})\b')


@dataclass(frozen=True, slots=True)
class Given:
    """The highest numbers of an iteration and of an attempt, 0 for none; the byte up to which they
    were looked for, and whether a line without its end stands there.
    """

    iteration: int = 0
    attempt: int = 0
    seen: int = 0
    partial: bool = False


def given_in(lines: Iterable[Line], start: int = 0) -> Given:
    """Return what numbers *lines*, the first of which stands at byte *start*, have taken."""
    decoder = Decoder()
    iteration = attempt = 0
    last = None
    for last in lines:
        line = last.data
        found = _NUMBER.match(line)
        if found:
            number = int(found.group(2))
            if found.group(1) == b"attempt":
                attempt = max(attempt, number)
            else:
                iteration = max(iteration, number)
        elif line.strip():
            event = decoder.decode(line)
            if not isinstance(event, Problem):
                attempt = max(attempt, getattr(event, "attempt", None) or 0)
                iteration = max(iteration, getattr(event, "iteration", 0))
    if last is None:
        return Given(seen=start)
    return Given(iteration, attempt, last.offset + len(last.data) + last.ended, not last.ended)
