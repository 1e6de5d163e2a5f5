"""What surrounds every command: usable streams, a folder to stand in, and every error as one line
and a hint. It does without the command line's parser, which a bare start of the screen never needs.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

from workbench.cli import diagnostics, output
from workbench.cli.streams import settle
from workbench.errors import NotSaved, UsageError, WorkbenchError

INTERRUPTED = 130
_OF_THE_SYSTEM = (
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EACCES
)  # fmt: skip


def guarded(act: Callable[[], int]) -> int:
    """Do something and return its exit code; every error becomes one line and a hint.

    A defect of ours says where it is, and no secret.
    """
    settle()
    try:
        return _finished(_told(act))
    except Exception as problem:  # noqa: BLE001 - the boundary: everything is told
        from workbench.api.crash import crash_text

        diagnostics.crash(crash_text(problem))
        return 1


def _finished(code: int) -> int:
    try:
        output.finish()
    except NotSaved as problem:
        diagnostics.error(problem)
        return code or problem.exit_code
    return code


def _told(act: Callable[[], int]) -> int:
    try:
        return act()
    except WorkbenchError as problem:
        diagnostics.error(problem)
        return problem.exit_code
    except KeyboardInterrupt:
        return interrupted()
    except OSError as problem:
        if problem.errno not in _OF_THE_SYSTEM:
            raise
        where = f" ({problem.filename})" if problem.filename else ""
        diagnostics.say(f"workbench: The system refuses: {problem.strerror}{where}.")
        return NotSaved.exit_code


def interrupted() -> int:
    """Say that a command was, and return the exit code."""
    diagnostics.say("workbench: interrupted.")
    return INTERRUPTED


def need_folder() -> None:
    """Make sure that there is a current folder.

    Raises:
        UsageError: it was removed, or may not be read.
    """
    try:
        Path.cwd()
    except OSError as error:
        raise UsageError(
            f"The current folder cannot be used: {error.strerror}.", "Change to another one."
        ) from error
