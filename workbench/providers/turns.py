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

AT_ONCE = 2
"""Readers woken in one turn of the loop."""


class Turns:
    """Wakes the readers of one engine."""

    def __init__(self) -> None:
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
        left = AT_ONCE
        while left and self._waiting:
            entry = self._waiting.popleft()
            if not isinstance(entry, asyncio.Future):
                asyncio.get_running_loop().call_soon(entry)
            elif not entry.done():
                entry.set_result(None)
                left -= 1
        # Also when nobody is left: whoever comes within this turn of the loop goes on in the next.
        self._ringing = left < AT_ONCE
        if self._ringing:
            asyncio.get_running_loop().call_soon(self._turn)
