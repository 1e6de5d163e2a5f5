"""Words for the reasons that a schema check gives: what was expected and what came."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.checks.arguments import shown
from workbench.checks.json_value import JsonValue


def common(choice: str, start: int, text: str) -> int:
    """Return how many characters of *text* agree with *choice* from *start* on."""
    count = 0
    for char in text:
        if start + count >= len(choice) or choice[start + count] != char:
            break
        count += 1
    return count


def within(word: str, value: float, bound: float) -> bool:
    """Return whether *value* keeps to the bound that keyword *word* sets."""
    if word == "minimum":
        return value >= bound
    if word == "maximum":
        return value <= bound
    return value > bound if word == "exclusiveMinimum" else value < bound


BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}


def kind_of(value: JsonValue) -> str:
    """Return the JSON type of *value*."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "number"


def article(kind: str) -> str:
    """Return ``a string``, ``an object``, ``null``."""
    if kind == "null":
        return kind
    return ("an " if kind[0] in "aeiou" else "a ") + kind


def keys(allowed: Iterable[str]) -> str:
    """Return a phrase for the keys that may stand in an object."""
    names = sorted(allowed)
    if not names:
        return "no key"
    return (
        "a key out of " + ", ".join(map(shown, names[:8])) + (", \u2026" if len(names) > 8 else "")
    )


def listed(choices: list[JsonValue] | None) -> str:
    """Return a phrase for the values of ``enum`` or ``const``."""
    choices = choices or []
    text = ", ".join(map(brief, choices[:6])) + (", \u2026" if len(choices) > 6 else "")
    return text if len(choices) == 1 else f"one of {text}"


def brief(value: JsonValue) -> str:
    """Return a value as a reason shows it."""
    match value:
        case str():
            return shown(value)
        case dict() | list():
            return "this " + kind_of(value)
        case bool() | None:
            return str(value).lower() if value is not None else "null"
        case int():
            return hex(value)[:20] + "\u2026" if abs(value) >= 10**30 else str(value)
        case _:
            return str(value)
