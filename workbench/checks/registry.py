"""The registry of checks: a name and where its definition lives, loaded when first used.

A new check is one file with a :class:`~workbench.checks.base.Definition` and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from workbench.checks.base import Definition
from workbench.errors import UnknownName

CHECKS: Mapping[str, str] = {
    "contains": "workbench.checks.contains:CONTAINS",
    "not_contains": "workbench.checks.contains:NOT_CONTAINS",
    "regex": "workbench.checks.regex:REGEX",
    "not_regex": "workbench.checks.regex:NOT_REGEX",
    "equals": "workbench.checks.choices:EQUALS",
    "one_of": "workbench.checks.choices:ONE_OF",
    "max_chars": "workbench.checks.limits:MAX_CHARS",
    "max_words": "workbench.checks.limits:MAX_WORDS",
    "json": "workbench.checks.json_check:JSON",
    "json_schema": "workbench.checks.json_schema:JSON_SCHEMA",
    "rule": "workbench.checks.rule:RULE",
    "deadline": "workbench.checks.deadline:DEADLINE",
}
"""Name of each check, and ``module:attribute`` of its definition."""


def names() -> tuple[str, ...]:
    """Return the names of all checks, in the order they are listed."""
    return tuple(CHECKS)


def get(name: str) -> Definition:
    """Return the definition of check *name*, importing its module when needed.

    Raises:
        UnknownName: no check has that name; the hint offers the nearest.
    """
    place = CHECKS.get(name)
    if place is None:
        raise UnknownName("check", name, CHECKS)
    module, _, attribute = place.partition(":")
    definition = getattr(import_module(module), attribute)
    if not isinstance(definition, Definition):
        raise TypeError(f"{place} is not the definition of a check")
    return definition


def definitions() -> tuple[Definition, ...]:
    """Return the definitions of all checks; imports every module of theirs."""
    return tuple(get(name) for name in CHECKS)
