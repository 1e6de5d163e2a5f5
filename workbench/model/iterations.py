"""Iterations one by one: what a long session holds, without holding all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workbench.model.events import Event, IterationEnded, Notice
from workbench.model.fold import SessionFold
from workbench.model.session import Iteration


def iterations_of(events: Iterable[Event]) -> Iterator[Iteration]:
    """Yield each iteration as it ends, and behind them those that never did.

    Memory holds the iterations under way alone; a mark set after an iteration's end is not seen.
    """
    fold = SessionFold()
    for event in events:
        if isinstance(event, Notice):
            continue
        fold.apply(event)
        if isinstance(event, IterationEnded):
            ended = fold.iterations.pop(event.iteration, None)
            if ended is not None:
                for number in ended.attempts:
                    del fold.attempts[number]
                yield ended.record()
    for iteration in fold.iterations.values():
        yield iteration.record()
