"""Readers take turns: a few in each turn of the loop, in the order their bytes came.

When answers for hundreds of requests arrive at once, waking every reader in the same turn of the
loop makes all of them go on in lockstep: nothing that arrives meanwhile is stamped, and the next
requests leave only when the last reader has caught up. Woken a few at a time, the first answer is
finished and the next request sent while the others wait, and the loop looks at the sockets in
between. Bytes are stamped when they arrive in either case: only reading them waits.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import thread_time_ns

TURN_NS = 5_000_000
"""How much CPU a turn of the loop should take, about: the sockets are looked at so often."""
MOST = 32
"""Readers woken in one turn of the loop, at most; fewer when they take their time."""


class Turns:
    """Wakes the readers of one engine. *clock* gives nanoseconds of CPU: time that other processes
    take would only make the turns shorter.
    """

    def __init__(self, clock: Callable[[], int] = thread_time_ns) -> None:
        self._clock = clock
        self._at_once = MOST // 4
        self._began_ns = 0
        self._waiting: deque[asyncio.Future[None] | Callable[[], object]] = deque()
        self._ringing = False

    def wake(self, reader: asyncio.Future[None]) -> None:
        """Let *reader* go on when its turn comes: at once if nobody is before it."""
        self._waiting.append(reader)
        if not self._ringing:
            self._turn()

    def after(self, call: Callable[[], object]) -> None:
        """Call *call* in a later turn of the loop than all readers that were woken before."""
        self._waiting.append(call)
        if not self._ringing:
            self._ringing = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._adapt()
        left = most = self._at_once
        while left and self._waiting:
            entry = self._waiting.popleft()
            if not isinstance(entry, asyncio.Future):
                asyncio.get_running_loop().call_soon(entry)
            elif not entry.done():
                entry.set_result(None)
                left -= 1
        # Also when nobody is left: whoever comes within this turn of the loop goes on in the next.
        self._ringing = left < most
        if self._ringing:
            asyncio.get_running_loop().call_soon(self._turn)

    def _adapt(self) -> None:
        """Wake more at once when the turn before was short, fewer when it was long."""
        now = self._clock()
        took, self._began_ns = now - self._began_ns, now
        if not self._ringing:
            return  # the loop slept since
        if took > TURN_NS:
            self._at_once = max(1, self._at_once // 2)
        elif took < TURN_NS // 2:
            self._at_once = min(MOST, self._at_once * 2)
