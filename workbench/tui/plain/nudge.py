"""Wakes a read of the terminal when a signal came in the moment before it began to wait.

Such a signal is noted, but the system call that follows knows nothing of it: Python would run its
handler only when the next key is pressed. The same holds where another thread received it.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
import time
from collections.abc import Iterator
from types import FrameType

HARMLESS = signal.SIGURG
PAUSES_S = (0.05, 0.2, 1.0)
"""When a read that may not have noticed is woken, in seconds after the signal and one another."""


class Nudge:
    """Made once, in the main thread; :meth:`awake` goes around every read."""

    def __init__(self) -> None:
        self._told, self._tell = socket.socketpair()
        self._tell.setblocking(False)
        signal.signal(HARMLESS, _nothing)
        threading.Thread(target=self._watch, name="nudge", daemon=True).start()

    @contextlib.contextmanager
    def awake(self) -> Iterator[None]:
        """Within, no signal waits for a key."""
        before = signal.set_wakeup_fd(self._tell.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)

    def close(self) -> None:
        """Watch no more."""
        self._tell.close()

    def _watch(self) -> None:
        main = threading.main_thread().ident
        with self._told:
            while numbers := self._told.recv(64):
                if main is None or set(numbers) == {HARMLESS}:
                    continue
                for pause in PAUSES_S:
                    time.sleep(pause)
                    signal.pthread_kill(main, HARMLESS)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Run by Python, which then looks at the other signals too."""
