"""The standard streams as a command finds them: closed, full, of an old locale, or with a reader
that leaves early.
"""

from __future__ import annotations

import os
import sys
from typing import Literal, TextIO

from workbench.signs import spell_out


def settle() -> None:
    """Have every stream usable.

    Closed ones become the null device, so that no file of ours takes their number. What an old
    locale cannot write is spelt out.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    sys.stdin = sys.stdin or _opened(0, "r")
    sys.stdout = sys.stdout or _opened(1, "w")
    sys.stderr = sys.stderr or _opened(2, "w")
    for stream in (sys.stdout, sys.stderr):
        if (getattr(stream, "encoding", None) or "utf-8").lower().replace("_", "-") != "utf-8":
            spell_out(stream, escape=True)


def _opened(number: int, mode: Literal["r", "w"]) -> TextIO:
    return os.fdopen(number, mode, encoding="utf-8", closefd=False)


def drop(stream: TextIO) -> None:
    """Let go of what *stream* could not write, and of all that follows."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
