"""Editing a text in the person's own editor."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import UsageError


def command() -> list[str]:
    """Return the editor to call: ``$VISUAL``, else ``$EDITOR``, else ``vi``.

    Raises:
        UsageError: a quotation mark in the variable is never closed.
    """
    for name in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(os.environ.get(name, ""))
        except ValueError as error:
            raise UsageError(f"{name} cannot be read as a command: {error}.") from error
        if words:
            return words
    return ["vi"]


def edit(text: str) -> str:
    """Let the editor change *text* and return what it left. The terminal must be free.

    Raises:
        UsageError: the editor cannot be started, failed, or left something that is not UTF-8;
            the text is then as it was.
    """
    words = command()
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:  # 0700, removed in the end
        path = Path(folder) / "prompt.md"
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        try:
            with _interrupts_are_the_editors():
                done = subprocess.run([*words, str(path)], check=False)
        except OSError as error:
            hint = "Set EDITOR to an editor that is installed."
            raise UsageError(f"{words[0]} cannot be started: {error.strerror}.", hint) from error
        if done.returncode:
            raise UsageError(f"{words[0]} ended with code {done.returncode}: nothing taken.")
        try:
            left = path.read_text(encoding="utf-8", errors="strict")
        except OSError as error:
            raise UsageError(f"{words[0]} left no file: nothing taken.") from error
        except UnicodeDecodeError as error:
            raise UsageError("What the editor left is not UTF-8 text: nothing taken.") from error
    # editors end a file with a line feed; the prompt had none
    return left if text.endswith("\n") else left.removesuffix("\n")


@contextmanager
def _interrupts_are_the_editors() -> Iterator[None]:
    """Leave Ctrl+C to the editor: the terminal signals everybody who shares it, and many leave a
    mode with it. A handler, not SIG_IGN, which the editor would inherit; and the event loop, which
    would hear of the signal once it goes on, is not told.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are not this thread's to change
        return
    told = signal.set_wakeup_fd(-1)
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        signal.set_wakeup_fd(told)
