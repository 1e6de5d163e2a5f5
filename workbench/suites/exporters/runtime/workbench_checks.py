"""Judges an answer by the rules of an exported case. Needs the standard library alone.

Made by Workbench; it goes with the files beside it and may be edited. ``broken(rule, answer)``
returns why the answer breaks the rule, or an empty text.
"""

import json
import re
from collections.abc import Iterable
from typing import NoReturn, TypedDict


class Rule(TypedDict):
    """One rule: what must hold of an answer, or must not when ``negated``."""

    kind: str
    values: list[str]
    number: int
    ignore_case: bool
    trim: bool
    negated: bool
    check: str


def failures(rules: Iterable[Rule], answer: str) -> list[str]:
    """Return why *answer* breaks any of *rules*, one text each."""
    return [reason for rule in rules if (reason := broken(rule, answer))]


def broken(rule: Rule, answer: str) -> str:
    """Return why *answer* breaks *rule*, empty if it does not."""
    holds = _holds(rule, answer)
    if holds != rule["negated"]:
        return ""
    name = rule["check"] or "expected: " + " or ".join(rule["values"])
    return name + (" (but it does)" if holds else " (but it does not)")


def _holds(rule: Rule, answer: str) -> bool:
    if rule["kind"] == "json":
        return _is_json(answer)
    if rule["kind"].startswith(("max_", "min_")):
        return _counts(rule, answer)
    return _matches(rule, answer)


def _counts(rule: Rule, answer: str) -> bool:
    limit, _, unit = rule["kind"].partition("_")
    size = len(answer) if unit == "chars" else len(answer.split())
    return size <= rule["number"] if limit == "max" else size >= rule["number"]


def _matches(rule: Rule, answer: str) -> bool:
    kind, values = rule["kind"], rule["values"]
    if rule["ignore_case"]:
        answer, values = _fold(answer), [_fold(value) for value in values]
    if rule["trim"]:
        answer, values = answer.strip(), [value.strip() for value in values]
    found = {
        "equals": lambda value: answer == value,
        "starts_with": answer.startswith,
        "ends_with": answer.endswith,
        "regex": lambda value: re.search(value, answer, re.ASCII) is not None,
    }.get(kind, answer.__contains__)
    return all(map(found, values)) if kind == "contains_all" else any(map(found, values))


def _fold(text: str) -> str:
    return "".join(c.casefold() if len(c.casefold()) == 1 else c for c in text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text.strip(" \t\n\r"), parse_constant=_no_constant, parse_int=str)
    except (ValueError, RecursionError):
        return False
    return True


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name + " is not JSON")
