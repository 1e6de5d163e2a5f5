"""Reading arguments: texts, lists, numbers and options, with the column of what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable

from workbench.checks.base import Argument
from workbench.errors import CheckSyntaxError

QUOTING = 'Put the text in double quotes with JSON escapes, e.g. "a \\"quoted\\" word\\n".'


def _quoted(source: str, start: int) -> tuple[str, int]:
    """Read the JSON string that begins at *start*; return it and the offset behind it."""
    end = start + 1
    while end < len(source) and source[end] != '"':
        end += 2 if source[end] == "\\" else 1
    if end >= len(source):
        raise CheckSyntaxError("The quoted text has no end.", column=start + 1, hint=QUOTING)
    try:
        # Line breaks may stand in quoted text as they are: TOML users write them so.
        value = json.loads(source[start : end + 1], strict=False)
    except ValueError:
        raise CheckSyntaxError(
            "The quoted text has an escape that JSON does not know.", column=start + 1, hint=QUOTING
        ) from None
    return str(value), end + 1


def read_text(argument: Argument, what: str = "text") -> str:
    """Return the argument as a text: as written, or unquoted when it stands in double quotes.

    Raises:
        CheckSyntaxError: there is none, or its quoting is broken.
    """
    source = argument.text
    if not source:
        raise CheckSyntaxError(f"The {what} is missing.", hint=f"Write the {what} after a colon.")
    if not source.startswith('"'):
        return source
    value, end = _quoted(source, 0)
    if end != len(source):
        raise CheckSyntaxError("Something follows the quoted text.", column=end + 1, hint=QUOTING)
    if not value:
        raise CheckSyntaxError(f"The {what} is empty.", hint=f"Write the {what} after a colon.")
    return value


def read_list(argument: Argument, what: str = "text") -> tuple[str, ...]:
    """Return a comma-separated list; items are stripped unless they stand in double quotes.

    Raises:
        CheckSyntaxError: there is none, an item is empty, or its quoting is broken.
    """
    source, items, at = argument.text, [], 0
    if not source.strip():
        raise CheckSyntaxError(
            f"The list of {what}s is missing.", hint="Write them after a colon, with commas."
        )
    while True:
        while at < len(source) and source[at].isspace():
            at += 1
        if source.startswith('"', at):
            item, at = _quoted(source, at)
            stop = _skip_space(source, at)
            if stop < len(source) and source[stop] != ",":
                raise CheckSyntaxError(
                    "A comma must follow the quoted text.", column=stop + 1, hint=QUOTING
                )
        else:
            stop = source.find(",", at)
            stop = len(source) if stop < 0 else stop
            item = source[at:stop].strip()
            if not item:
                raise CheckSyntaxError(
                    f"A {what} is empty.", column=at + 1, hint='For an empty one write "".'
                )
        items.append(item)
        if stop >= len(source):
            return tuple(items)
        at = stop + 1


def _skip_space(source: str, at: int) -> int:
    while at < len(source) and source[at].isspace():
        at += 1
    return at


def to_int(text: str, what: str, *, least: int = 0, column: int = 1) -> int:
    """Return *text* as a whole number of at least *least*.

    Raises:
        CheckSyntaxError: it is not one.
    """
    digits = text.strip().replace("_", "")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 12 or int(digits) < least:
        raise CheckSyntaxError(f"{what} must be a whole number of at least {least}.", column=column)
    return int(digits)


def to_float(text: str, what: str, *, column: int = 1) -> float:
    """Return *text* as a finite number of at least 0.

    Raises:
        CheckSyntaxError: it is not one.
    """
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise CheckSyntaxError(f"{what} must be a number of at least 0.", column=column)
    return value


def int_option(argument: Argument, name: str, default: int, *, least: int = 0) -> int:
    """Return option *name* as a whole number, or *default* when it is not given."""
    value = argument.options.get(name)
    return default if value is None else to_int(value, f"Option /{name}", least=least)


def no_text(argument: Argument) -> None:
    """Refuse an argument where a check takes none.

    Raises:
        CheckSyntaxError: something stands after the colon.
    """
    if argument.text.strip():
        raise CheckSyntaxError("This check takes nothing after a colon.")


_UNITS = (("ms", 1.0), ("s", 1000.0), ("m", 60_000.0))


def to_ms(text: str, *, column: int = 1) -> float:
    """Return a duration such as ``500ms``, ``0.5s`` or ``2m`` in milliseconds.

    Raises:
        CheckSyntaxError: it is not one.
    """
    for unit, factor in _UNITS:
        if text.endswith(unit):
            number = text[: -len(unit)].strip()
            return to_float(number, "A duration", column=column) * factor
    raise CheckSyntaxError(
        "A duration needs a unit.", column=column, hint="Write 500ms, 0.5s or 2m."
    )


def shown(text: str, limit: int = 40) -> str:
    """Return *text* quoted for a reason, cut to *limit* characters."""
    return json.dumps(
        text if len(text) <= limit else text[: limit - 1] + "\u2026", ensure_ascii=False
    )


def compare_split(
    argument: Argument, names: tuple[str, ...], operators: tuple[str, ...], example: str
) -> tuple[str, str, str, int]:
    """Split ``name operator value``; return the three and the value's column. *example* is a whole
    check, for the hint.

    Raises:
        CheckSyntaxError: a name or operator is not among those given.
    """
    source = argument.text
    for operator in sorted(operators, key=len, reverse=True):
        name, found, value = source.partition(operator)
        if found:
            if name.strip() not in names:
                raise CheckSyntaxError(
                    f"{name.strip()!r} is not something this check measures.",
                    hint="Use " + " or ".join(names) + ".",
                )
            column = len(name) + len(operator) + 1
            return name.strip(), operator, value.strip(), column
    raise CheckSyntaxError("A comparison is missing.", hint=f"Write e.g. {example}.")


Simplify = Callable[[str], str]


def fold(text: str) -> str:
    """Return *text* without case, character by character, so that offsets stay the same.

    Simple case folding of Unicode: characters whose full folding is longer (such as the German
    sharp s) fold to themselves, so that no chunk boundary can change the result.
    """
    return text.lower() if text.isascii() else "".join(map(_fold_char, text))


def _fold_char(char: str) -> str:
    folded = char.casefold()
    if len(folded) == 1:
        return folded
    lower = char.lower()
    return lower if len(lower) == 1 else char
