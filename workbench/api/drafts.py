"""What was being written when the screen was left: kept until it is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import msgspec

from workbench.config.prompt_file import PromptFile
from workbench.files.append import make_folder
from workbench.files.replace import replace_file


class DraftFile:
    """The file of the one draft that was not sent; *mask* hides secrets in what is written.

    A draft that cannot be read is no draft, and one that cannot be written is told by
    :meth:`save`: neither may keep anybody from working.
    """

    def __init__(self, path: Path, mask: Callable[[str], str] = str) -> None:
        self._path = path
        self._mask = mask

    def load(self) -> PromptFile | None:
        """Return the draft, or None."""
        try:
            return msgspec.convert(json.loads(self._path.read_bytes()), PromptFile)
        except (OSError, ValueError, RecursionError, msgspec.ValidationError):
            return None

    def save(self, held: PromptFile) -> bool:
        """Keep *held* instead of what was kept before; False when it cannot be written."""
        try:
            make_folder(self._path.parent)
            replace_file(self._path, self._mask(json.dumps(asdict(held))).encode())
        except OSError:
            return False
        return True

    def remove(self) -> None:
        """Forget it: it was sent."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            return
