"""How late the engine's own loop is: the ± of every time it reports.

A stamp is taken when the loop gets round to the bytes. While the loop is busy with something else
bytes wait, so the length of the loop's busy turns bounds how late a stamp can be. A selector that
notes when it was left and when it was entered again measures exactly that, with no task, no timer
and about a microsecond a turn.

The lengths are counted in classes a sixteenth of a power of two wide, so that the 95th percentile
of any stretch of turns is the difference of two counts, however many turns and attempts there are.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Sequence
from itertools import compress
from operator import sub
from time import monotonic_ns

_UNIT = 10
"""Turns are told apart from a millionth of a second (2**10 nanoseconds) on."""
_STEPS = 4
"""Bits behind the first one that tell classes apart: 16 classes to a power of two."""
_CLASSES = 26 << _STEPS
"""Up to nine minutes; what is longer counts as that."""


class MeteredSelector(selectors.DefaultSelector):
    """A selector that counts the lengths of the loop's busy turns."""

    def __init__(self) -> None:
        super().__init__()
        self._left_ns = monotonic_ns()
        self.counts = [0] * _CLASSES

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait as the base class does; note how long the turn before was."""
        self.counts[_class_of(monotonic_ns() - self._left_ns)] += 1
        ready = super().select(timeout)
        self._left_ns = monotonic_ns()
        return ready


def _class_of(ns: int) -> int:
    """Return the class of a turn: its power of two, and the four bits behind the first."""
    units = ns >> _UNIT
    power = max(0, units.bit_length() - 1 - _STEPS)
    return min((power << _STEPS) + (units >> power), _CLASSES - 1)


def _longest_in(number: int) -> int:
    """Return the length in nanoseconds up to which turns fall into a class."""
    power = max(0, (number >> _STEPS) - 1)
    return ((number - (power << _STEPS) + 1) << (power + _UNIT)) - 1


class LoopClock:
    """Reads a loop's delay. ``None`` everywhere when the loop is not metered."""

    def __init__(self, selector: MeteredSelector | None) -> None:
        self._selector = selector

    @classmethod
    def of_running_loop(cls) -> LoopClock:
        """Return the clock of the running loop."""
        selector = getattr(asyncio.get_running_loop(), "_selector", None)
        return cls(selector if isinstance(selector, MeteredSelector) else None)

    def mark(self) -> Sequence[int]:
        """Return a mark to measure from."""
        return self._selector.counts.copy() if self._selector else ()

    def error_ms(self, since: Sequence[int]) -> float | None:
        """Return the 95th percentile of the loop's busy turns since *since*, in milliseconds.

        It is rounded up: by a sixteenth or a microsecond at most. None when nothing was measured.
        """
        if self._selector is None:
            return None
        turns = list(map(sub, self._selector.counts, since))
        count = sum(turns)
        shorter = int(0.95 * count)
        for number in compress(range(_CLASSES), turns):  # the few that are not empty
            shorter -= turns[number]
            if shorter < 0:
                return round(_longest_in(number) / 1e6, 3)
        return None


def metered_loop() -> asyncio.AbstractEventLoop:
    """Return a new event loop whose delay can be read; a ``loop_factory``."""
    return asyncio.SelectorEventLoop(MeteredSelector())
