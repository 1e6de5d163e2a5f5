"""What a crash may say: where it happened, and no secret.

A traceback shows no values, but the message of an exception can hold anything. Every known secret
is masked in it, and so is the value of every variable of the environment that is named like one.
"""

from __future__ import annotations

import logging
import os
import re
import traceback
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from workbench.api.setup import settings_for
from workbench.errors import WorkbenchError
from workbench.redact import Redactor

_NAME = re.compile(r"(?i)(key|token|secret|password|credentials?)$")


def redactor_of(
    folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> Redactor:
    """Return what masks every secret that can be known in a project folder (the current one by
    default). Never raises: it is used while something else has gone wrong.
    """
    from workbench.api.keys import Keys  # not at the start of a screen: it knows every provider

    environment = os.environ if environment is None else environment
    found = [value.strip() for name, value in environment.items() if _NAME.search(name)]
    with suppress(WorkbenchError, OSError):  # broken settings: the environment is all there is
        found += Keys(settings_for(folder), environment).values()
    return Redactor(found)


def crash_text(error: BaseException, folder: Path | None = None) -> str:
    """Return the traceback of *error*, without values and with every secret masked."""
    return redactor_of(folder)("".join(traceback.format_exception(error)))


class _Masked(logging.Formatter):
    """Formats records as they come, secrets masked."""

    def __init__(self, folder: Path | None) -> None:
        super().__init__("%(message)s")
        self._folder = folder

    def format(self, record: logging.LogRecord) -> str:
        return _redactor(self._folder)(super().format(record))


@lru_cache(maxsize=4)
def _redactor(folder: Path | None) -> Redactor:
    return redactor_of(folder)


def mask_logs(folder: Path | None = None) -> None:
    """Mask secrets in what Python logs to standard error when nobody has set up logging (an
    exception that nobody awaited, say).
    """
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(_Masked(folder))
