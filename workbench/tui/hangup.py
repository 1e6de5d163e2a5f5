"""Notices that the terminal is gone, also where no SIGHUP tells it: a terminal may close without
being the one that controls this process, and then the screen would paint to nobody for ever.
"""

from __future__ import annotations

import os
import select
import signal
import threading


def watch_terminal(fd: int) -> None:
    """Send this process SIGHUP once the terminal behind *fd* is gone. Costs nothing until then.

    Where the system cannot tell (its ``poll`` knows no terminals) nothing is watched.
    """
    if hasattr(select, "poll"):
        threading.Thread(target=_wait, args=(fd,), name="terminal", daemon=True).start()


def _wait(fd: int) -> None:
    poll = select.poll()
    poll.register(fd, 0)  # a hang-up is told whether it is asked for or not
    try:
        found = poll.poll()
    except OSError:
        return
    if any(event & select.POLLHUP for _, event in found):
        os.kill(os.getpid(), signal.SIGHUP)
