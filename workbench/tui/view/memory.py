"""What the screen holds of a long session: the latest iterations. The others are in its file, and
are read again when somebody goes back to them; so memory stays flat however long it is open.
"""

from __future__ import annotations

from workbench.model.fold import LiveIteration, SessionFold
from workbench.tui.view.setup import MOST

MOST_CHUNKS = 400_000
"""Chunks of answers held at most; about 50 MB. The latest few iterations stay in any case."""

FEW = 10


def forget_old(fold: SessionFold, wanted: int | None) -> list[int]:
    """Drop the oldest iterations beyond what is held, up to *wanted* or one that runs. Returns the
    numbers of those dropped: they count as earlier ones that can be loaded.
    """
    numbers = sorted(fold.iterations)
    held = {number: _chunks(fold.iterations[number]) for number in numbers}
    total = sum(held.values())
    dropped: list[int] = []
    for place, number in enumerate(numbers[:-FEW]):
        enough = len(numbers) - place <= MOST and total <= MOST_CHUNKS
        if enough or number == wanted or fold.iterations[number].running:
            break
        fold.forget(number)
        total -= held[number]
        dropped.append(number)
    return dropped


def _chunks(iteration: LiveIteration) -> int:
    return sum(len(a.times) + len(a.reasoning_times) for a in iteration.attempts.values())
