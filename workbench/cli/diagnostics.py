"""Standard error: narration, progress and errors. The only module that writes it.

Where it cannot be written, there is nobody to tell: the command goes on.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

from workbench.cli.streams import drop
from workbench.errors import WorkbenchError
from workbench.text import shorten, visible


def say(text: str) -> None:
    """Write one line of narration."""
    _write(visible(text) + "\n")


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        drop(sys.stderr)


def error(problem: WorkbenchError) -> None:
    """Write an error as one line, with its hint."""
    hint = f" {problem.hint}" if problem.hint else ""
    say(f"workbench: {problem.message}{hint}")


def warn(message: str, hint: str = "") -> None:
    """Write a warning as one line, with its hint."""
    say(f"workbench: {message}{' ' + hint if hint else ''}")


def damage(report: Sequence[str]) -> None:
    """Say what of a session could not be read, a sentence a line."""
    for sentence in report:
        warn(sentence)


def crash(text: str) -> None:
    """Write a defect of ours: its traceback, and what to do with it."""
    for line in text.splitlines():
        say(line)
    say("workbench: this is a defect of Workbench; please report it with the lines above.")


class Live:
    """A block of lines that is redrawn in place while something runs.

    Draws only where standard error is a terminal that can move its cursor.
    """

    def __init__(self) -> None:
        self._drawn = 0
        self.active = can_redraw()

    def draw(self, lines: Sequence[str]) -> None:
        """Replace the block by *lines*, cut to the terminal."""
        if not self.active:
            return
        columns, rows = shutil.get_terminal_size()
        lines = [shorten(text, columns - 1) for text in lines[: rows - 1]]
        up = f"\x1b[{self._drawn}F" if self._drawn else ""
        body = "".join(f"\x1b[2K{text}\n" for text in lines)
        _write(f"{up}{body}\x1b[0J")
        self._drawn = len(lines)

    def clear(self) -> None:
        """Take the block away."""
        if self.active and self._drawn:
            _write(f"\x1b[{self._drawn}F\x1b[0J")
        self._drawn = 0


def can_redraw() -> bool:
    """Return whether standard error is a terminal that can move its cursor."""
    return sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
