"""Prompt files in and out of the draft."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.config.prompt_file import PromptFile, load_prompt, save_prompt
from workbench.errors import UsageError
from workbench.files.home import from_home
from workbench.records import dataclass
from workbench.tui.view.draft import Draft

Stamp = tuple[int, int]
"""What changes when a file does."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as it was when it was read or written; without a ``stamp`` it was not there."""

    path: Path
    stamp: Stamp | None


def read_prompt(name: str) -> PromptFile:
    """Return what is in a prompt file.

    Raises:
        UsageError: it cannot be read, or is no file.
    """
    path = from_home(name)
    if is_something_else(path):  # a pipe would be waited for
        raise UsageError(f"{name} is not a file.")
    return load_prompt(path)


def write_prompt(draft: Draft, name: str) -> None:
    """Write a draft to a file, with the values that its prompt uses.

    Raises:
        PromptError: it cannot be written.
    """
    values = {n: draft.variables[n] for n in draft.prompt.variables() if n in draft.variables}
    save_prompt(from_home(name), PromptFile(draft.prompt, draft.checks, values, draft.rows))


def known_as(name: str) -> KnownFile:
    """Return a file as it is now. What is no file has no stamp: writing it will tell."""
    path = from_home(name)
    return KnownFile(path, None if is_something_else(path) else stamp_of(path))


def is_something_else(path: Path) -> bool:
    """Return whether *path* is there and no file. Names too long for one are told when opened."""
    return os.path.exists(path) and not os.path.isfile(path)  # noqa: PTH110, PTH113 - never raise


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a file; None where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size
