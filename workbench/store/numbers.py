"""The numbers of iterations and attempts that lines of a session file have taken."""

from __future__ import annotations

import re
from collections.abc import Iterable

from workbench.files.lines import Line
from workbench.store.codec import Decoder, Problem

_NUMBER = re.compile(
    rb'^\{"v":1,"t":"(?!iteration_end|mark)[a-z]+","(attempt|iteration)":(\d{1,15})\b'
)


def numbers_in(lines: Iterable[Line]) -> tuple[int, int, Line | None]:
    """Return the highest number of an iteration and of an attempt in *lines*, 0 for none, and the
    last line.
    """
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
    return iteration, attempt, last
