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
    "contains_all": "workbench.checks.phrases:CONTAINS_ALL",
    "contains_any": "workbench.checks.phrases:CONTAINS_ANY",
    "starts_with": "workbench.checks.phrases:STARTS_WITH",
    "ends_with": "workbench.checks.phrases:ENDS_WITH",
    "equals": "workbench.checks.choices:EQUALS",
    "one_of": "workbench.checks.choices:ONE_OF",
    "regex": "workbench.checks.regex:REGEX",
    "not_regex": "workbench.checks.regex:NOT_REGEX",
    "min_chars": "workbench.checks.counts:MIN_CHARS",
    "max_chars": "workbench.checks.limits:MAX_CHARS",
    "min_words": "workbench.checks.counts:MIN_WORDS",
    "max_words": "workbench.checks.limits:MAX_WORDS",
    "min_lines": "workbench.checks.counts:MIN_LINES",
    "max_lines": "workbench.checks.counts:MAX_LINES",
    "min_sentences": "workbench.checks.counts:MIN_SENTENCES",
    "max_sentences": "workbench.checks.counts:MAX_SENTENCES",
    "count": "workbench.checks.counts:COUNT",
    "json": "workbench.checks.json_check:JSON",
    "json_schema": "workbench.checks.json_schema:JSON_SCHEMA",
    "rule": "workbench.checks.rule:RULE",
    "no_repetition": "workbench.checks.repetition:NO_REPETITION",
    "no_refusal": "workbench.checks.refusal:NO_REFUSAL",
    "language": "workbench.checks.languages:LANGUAGE",
    "ifeval": "workbench.checks.ifeval:IFEVAL",
    "markdown": "workbench.checks.shape:MARKDOWN",
    "no_markdown": "workbench.checks.shape:NO_MARKDOWN",
    "code": "workbench.checks.shape:CODE",
    "python_syntax": "workbench.checks.source:PYTHON_SYNTAX",
    "sql": "workbench.checks.source:SQL",
    "all": "workbench.checks.groups:ALL",
    "any": "workbench.checks.groups:ANY",
    "at_least": "workbench.checks.groups:AT_LEAST",
    "deadline": "workbench.checks.deadline:DEADLINE",
    "min_tokens": "workbench.checks.budget:MIN_TOKENS",
    "max_tokens": "workbench.checks.budget:MAX_TOKENS",
    "min_tokens_per_s": "workbench.checks.budget:MIN_TOKENS_PER_S",
    "max_cost": "workbench.checks.budget:MAX_COST",
    "judge": "workbench.checks.judge:JUDGE",
    "agree": "workbench.checks.judge:AGREE",
    "confidence": "workbench.checks.judge:CONFIDENCE",
    "python": "workbench.checks.python_check:PYTHON",
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
