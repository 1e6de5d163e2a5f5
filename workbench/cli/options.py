"""Options that several commands share, and what they mean."""

from __future__ import annotations

import math
import sys

import click

from workbench.errors import PromptError, UsageError
from workbench.files import texts as files
from workbench.files.home import from_home


def read_text(argument: str, what: str = "prompt") -> str:
    """Return a text given as itself, as ``-`` (standard input) or as ``@file``.

    A text that begins with ``@`` is written ``@@``.

    Raises:
        PromptError: the file or standard input cannot be read as UTF-8 text.
    """
    if argument.startswith("@@"):
        return argument[1:]
    if argument == "-":
        return _standard_input(what)
    if not argument.startswith("@"):
        return argument
    try:
        return files.read_text(from_home(argument[1:]), kind=PromptError)
    except PromptError as error:
        hint = error.hint or f"To begin the {what} itself with @, write @@."
        raise PromptError(f"The {what}: {error.message}", hint) from error


def _standard_input(what: str) -> str:
    try:
        data = sys.stdin.buffer.read(files.MOST_BYTES + 1)
        if len(data) > files.MOST_BYTES:
            raise PromptError(f"The {what} is larger than {files.MOST_BYTES >> 20} MB.")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise PromptError(f"The {what} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise PromptError(
            f"The {what} is not UTF-8 text (byte {error.start}).", "Convert it, e.g. with iconv."
        ) from error


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
