"""The language of checks, as the checks editor needs it."""

from __future__ import annotations

from pathlib import Path

from workbench.checks import registry
from workbench.checks.syntax import completions, parse_check
from workbench.errors import CheckSyntaxError, UnknownName, WorkbenchError
from workbench.tui.view.setup import CheckFault, CheckLanguage


def check_language(folder: Path) -> CheckLanguage:
    """Return the checks there are; ``@path`` arguments are looked up in *folder*."""
    return CheckLanguage(
        fault=lambda line: fault(line, folder), completions=completions, meaning=meaning
    )


def fault(line: str, folder: Path | None = None) -> CheckFault | None:
    """Return why *line* cannot be read as a check, with the column in *line* itself."""
    try:
        parse_check(line, folder)
    except CheckSyntaxError as error:
        # an error inside a file that the line names stands where the line names it
        column = error.column if error.text in ("", line) else line.find("@") + 1
        return CheckFault(max(1, column), error.bare, error.hint)
    except UnknownName as error:
        return CheckFault(error.column, error.bare, error.hint)
    except WorkbenchError as error:
        return CheckFault(1, error.message, error.hint)
    return None


def meaning(line: str) -> str:
    """Return how the check of *line* is written and what it asks for; empty if it is none."""
    try:
        definition = parse_check(line).definition
    except WorkbenchError:
        head = line.partition(":")[0].split()
        name = head[-1].partition("/")[0] if head else ""
        if name not in registry.CHECKS:
            return ""
        definition = registry.get(name)
    return f"{definition.syntax}  {definition.summary}"
