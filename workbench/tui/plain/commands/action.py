"""What a command is, and how what was typed is understood: leniently."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from workbench.errors import UnknownName, UsageError
from workbench.records import dataclass
from workbench.text import plural
from workbench.tui.plain.talk import Talk


@dataclass(frozen=True, slots=True)
class Action:
    """One command. ``short`` says what it does, ``usage`` each way to call it and what that does;
    ``run`` takes what stands behind the word. ``quiet`` commands leave what was said before as it
    is, so that it can be said again.
    """

    word: str
    short: str
    run: Callable[[Talk, str], Awaitable[None]]
    usage: tuple[tuple[str, str], ...] = ()
    others: tuple[str, ...] = ()
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Commands about one subject."""

    title: str
    actions: tuple[Action, ...]


def named(what: str, text: str, known: Iterable[str]) -> str:
    """Return the name that *text* means: itself, in any case, or the only one it begins.

    Raises:
        UnknownName: none is called so.
        UsageError: it begins several.
    """
    names = list(known)
    if text in names:
        return text
    folded = text.casefold()
    found = [name for name in names if name.casefold() == folded]
    found = found or [name for name in names if folded and name.casefold().startswith(folded)]
    if len(found) == 1:
        return found[0]
    if found:
        several = f"{', '.join(found[:-1])} or {found[-1]}"
        raise UsageError(f"{text} can be {several}.", "Type one letter more.")
    raise UnknownName(what, text, names)


def count_of(text: str) -> int | None:
    """Read a number that is written in digits, nine at most; None: it is no such number."""
    return int(text) if text.isdecimal() and len(text) < 10 else None


def number_of(text: str, most: int, what: str) -> int:
    """Read a number from 1 to *most*.

    Raises:
        UsageError: it is none.
    """
    number = count_of(text.strip())
    if number and number <= most:
        return number
    there = f"There {'is' if most == 1 else 'are'} {plural(most, what)}." if most else ""
    if not text.strip():
        raise UsageError(f"Which {what}?", there)
    raise UsageError(f"{text.strip()} is no {what} there is.", there)
