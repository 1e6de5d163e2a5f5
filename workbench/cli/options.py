"""Options that several commands share, and what they mean."""

from __future__ import annotations

import math
import sys

import click

from workbench.errors import PromptError, UsageError
from workbench.files.home import from_home


def read_text(argument: str, what: str = "prompt") -> str:
    """Return a text given as itself, as ``-`` (standard input) or as ``@file``.

    A text that begins with ``@`` is written ``@@``.

    Raises:
        PromptError: the file or standard input cannot be read as UTF-8 text.
    """
    if argument.startswith("@@"):
        return argument[1:]
    try:
        if argument == "-":
            return sys.stdin.buffer.read().decode("utf-8")
        if argument.startswith("@"):
            return from_home(argument[1:]).read_text("utf-8")
    except OSError as error:
        raise PromptError(
            f"The {what} file {argument[1:]!r} cannot be read: {error.strerror or error}.",
            f"To begin the {what} itself with @, write @@.",
        ) from error
    except UnicodeDecodeError as error:
        raise PromptError(f"The {what} is not UTF-8 text: {error}.") from error
    return argument


def variables(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return ``NAME=VALUE`` pairs as a table; a value may be ``@file``.

    Raises:
        UsageError: a pair has no ``=`` or no name.
    """
    table: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"--var {pair!r} is not NAME=VALUE.", "Write --var city=Paris.")
        table[name] = read_text(value, "variable") if value.startswith("@") else value
    return table


def positive(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Let a number pass that is more than nothing.

    Raises:
        BadParameter: it is zero, negative, or no finite number.
    """
    if value is not None and not 0 < value < math.inf:
        raise click.BadParameter(f"{value:g} is not more than 0.")
    return value


def together(given: object, option: str, needed: object, other: str) -> None:
    """Refuse an option that says nothing without another.

    Raises:
        UsageError: *option* is given, and what it needs is not.
    """
    if given and not needed:
        raise UsageError(
            f"{option} says nothing without {other}.", f"Add {other}, or leave it out."
        )
