"""How late the engine's own loop is: the ± of every time it reports.

A stamp is taken when the loop gets round to the bytes. While the loop is busy with something else
bytes wait, so the length of the loop's busy turns bounds how late a stamp can be. A selector that
notes when it was left and when it was entered again measures exactly that, with no task, no timer
and about a microsecond a turn.
"""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from time import monotonic_ns

_KEPT = 4096


class MeteredSelector(selectors.DefaultSelector):
    """A selector that keeps the lengths of the loop's latest busy turns."""

    def __init__(self) -> None:
        super().__init__()
        self._left_ns = monotonic_ns()
        self.turns = 0
        self.busy_ns: deque[int] = deque(maxlen=_KEPT)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait as the base class does; note how long the turn before was."""
        self.busy_ns.append(monotonic_ns() - self._left_ns)
        self.turns += 1
        ready = super().select(timeout)
        self._left_ns = monotonic_ns()
        return ready


class LoopClock:
    """Reads a loop's delay. ``None`` everywhere when the loop is not metered."""

    def __init__(self, selector: MeteredSelector | None) -> None:
        self._selector = selector

    @classmethod
    def of_running_loop(cls) -> LoopClock:
        """Return the clock of the running loop."""
        selector = getattr(asyncio.get_running_loop(), "_selector", None)
        return cls(selector if isinstance(selector, MeteredSelector) else None)

    def mark(self) -> int:
        """Return a mark to measure from: the number of turns so far."""
        return self._selector.turns if self._selector else 0

    def error_ms(self, since: int) -> float | None:
        """Return the 95th percentile of the loop's busy turns since *since*, in milliseconds.

        Only the latest 4,096 turns are remembered. None when nothing was measured.
        """
        if self._selector is None:
            return None
        count = min(self._selector.turns - since, len(self._selector.busy_ns))
        if count <= 0:
            return None
        turns = sorted(list(self._selector.busy_ns)[-count:])
        return round(turns[min(count - 1, int(0.95 * count))] / 1e6, 3)


def metered_loop() -> asyncio.AbstractEventLoop:
    """Return a new event loop whose delay can be read; a ``loop_factory``."""
    return asyncio.SelectorEventLoop(MeteredSelector())
