"""The numbers of iterations and attempts that lines of a session file have taken."""

from __future__ import annotations

import re

from workbench.store.codec import Decoder, Problem

_NUMBER = re.compile(
    rb'^\{"v":1,"t":"(?!iteration_end|mark)[a-z]+","(attempt|iteration)":(\d{1,15})\b'
)


def numbers_in(data: bytes) -> tuple[int, int]:
    """Return the highest number of an iteration and of an attempt in *data*; 0 for none."""
    decoder = Decoder()
    iteration = attempt = 0
    for line in data.split(b"\n"):
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
    return iteration, attempt
