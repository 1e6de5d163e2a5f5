"""What a saved session holds unfinished, because the application ended before it did."""

from __future__ import annotations

from collections.abc import Container

from workbench.model.events import AttemptEnded, Event, IterationEnded
from workbench.model.fold import SessionFold


def interrupted(fold: SessionFold, ours: Container[int]) -> list[Event]:
    """Return the events that end every iteration that runs and is not one of *ours*."""
    found: list[Event] = []
    for number, iteration in fold.iterations.items():
        if number in ours or not iteration.running:
            continue
        last = 0.0
        for attempt in iteration.attempts.values():
            end = max([*attempt.times, *attempt.reasoning_times], default=0.0)
            last = max(last, end)
            if attempt.live:
                found.append(AttemptEnded(attempt.number, "cancelled", end))
        found.append(IterationEnded(number, last))
    return found
