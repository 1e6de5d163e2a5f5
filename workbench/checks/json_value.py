"""Values of a JSON text as it streams: built bottom-up, compared as JSON compares."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]

MAX_DIGITS = 4_300
"""Integers with more digits are not read: conversion is quadratic, and Python refuses it."""

MAX_LEVELS = 20_000
"""Checks that remember something of each level of nesting go no deeper: memory stays bounded."""


class TooDeep(Exception):
    """A text nests deeper than :data:`MAX_LEVELS`, from the character at ``at`` on."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class TooLong(Exception):
    """An integer that ends before the character at ``at`` has more digits than are read."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


_SURROGATE = re.compile("[\ud800-\udfff]")
KINDS = {"{": "object", "[": "array", '"': "string", "t": "boolean", "f": "boolean", "n": "null"}


def number(text: str, at: int) -> int | float:
    """Return a JSON number as Python reads it: an int unless it has a point or an exponent.

    Raises:
        TooLong: an integer of more than :data:`MAX_DIGITS` digits, with *at*.
    """
    if any(mark in text for mark in ".eE"):
        return float(text)
    if len(text) - text.startswith("-") > MAX_DIGITS:
        raise TooLong(at)
    return int(text)


def encodable(text: str) -> str:
    """Return *text* with lone surrogates replaced by U+FFFD, as encoders do."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def is_integer(value: JsonValue) -> bool:
    """Return whether *value* counts as an integer: 1.0 does, true does not."""
    if isinstance(value, float):
        return math.isfinite(value) and value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def identity(value: JsonValue) -> str:
    """Return a text that two JSON values share exactly when JSON Schema calls them equal.

    1 and 1.0 are equal, 1 and true are not, the order of keys does not count. Recursion is
    bounded by the depth of *value*; callers bound that.
    """
    match value:
        case bool() | None:
            return repr(value)
        case int() | float():
            if isinstance(value, float) and math.isfinite(value) and value.is_integer():
                value = int(value)
            return hex(value) if isinstance(value, int) else repr(value)
        case str():
            return f"{len(value)}:{value}"
        case list():
            return "[" + ",".join(map(identity, value)) + "]"
        case dict():
            items = sorted((key, identity(item)) for key, item in value.items())
            return "{" + ",".join(f"{identity(key)}={item}" for key, item in items) + "}"


def path_text(path: Sequence[str | int]) -> str:
    """Return a path such as ``$.items[2].price``."""
    parts = ["$"]
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif step.isidentifier():
            parts.append(f".{step}")
        else:
            parts.append(f"[{step!r}]")
    return "".join(parts)
