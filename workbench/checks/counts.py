"""Counting: ``min_`` and ``max_`` of characters, words, lines and sentences, and ``count``."""

from __future__ import annotations

from collections.abc import Callable

import re2

from workbench.checks.arguments import compare_split, read_text, to_int
from workbench.checks.base import Argument, Check, Definition
from workbench.checks.units import (
    LINE_PATTERNS,
    PLACE_PATTERNS,
    Blocks,
    Lines,
    LineStarts,
    Occurrences,
    Units,
    Words,
    line_automaton,
    place_automaton,
)
from workbench.errors import CheckSyntaxError
from workbench.model.verdict import Decision

MakeUnits = Callable[[], Units]


class Counted:
    """Fails at the unit too many; passes as soon as there are enough and no more can be too many.

    *most* None means: any number.
    """

    __slots__ = ("_count", "_least", "_most", "_noun", "_seen", "_units")

    def __init__(self, units: Units, noun: str, least: int, most: int | None) -> None:
        self._units = units
        self._noun = noun
        self._least = least
        self._most = most
        self._count = 0
        self._seen = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        self._seen += len(text)
        for at in self._units.feed(text):
            self._count += 1
            if self._most is not None and self._count > self._most:
                return Decision("fail", at, f"more than {self._most} {self._noun}", (at, at + 1))
            if self._most is None and self._count >= self._least:
                return Decision("pass", at, f"at least {self._least} {self._noun}")
        return None

    def finish(self) -> Decision:
        """See the protocol."""
        if self._count < self._least:
            reason = f"{self._count} {self._noun}, at least {self._least} wanted"
            return Decision("fail", self._seen, reason)
        return Decision("pass", self._seen, f"{self._count} {self._noun}")


class MinChars:
    """Passes at the last character that is needed."""

    __slots__ = ("_least", "_seen")

    def __init__(self, least: int) -> None:
        self._least = least
        self._seen = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        self._seen += len(text)
        if self._seen < max(self._least, 1):
            return None
        return Decision("pass", max(self._least - 1, 0), f"at least {self._least} characters")

    def finish(self) -> Decision:
        """See the protocol."""
        if self._seen >= self._least:
            return Decision("pass", self._seen, f"{self._seen} characters")
        reason = f"{self._seen} characters, at least {self._least} wanted"
        return Decision("fail", self._seen, reason)


_UNITS: dict[str, MakeUnits] = {
    "words": Words,
    "lines": Lines,
    "sentences": lambda: Blocks(paragraphs=False),
    "paragraphs": lambda: Blocks(paragraphs=True),
}


def _maker(unit: str) -> MakeUnits:
    """Return what makes counters of *unit*; automata are built once and shared."""
    if unit in _UNITS:
        return _UNITS[unit]
    if unit in LINE_PATTERNS:
        lines = line_automaton(unit)
        return lambda: LineStarts(lines)
    places = place_automaton(PLACE_PATTERNS[unit])
    return lambda: Occurrences(places)


def _bounds(operator: str, number: int) -> tuple[int, int | None]:
    if operator in ("=", "=="):
        return number, number
    if operator in ("<", "<="):
        return 0, number - (operator == "<")
    return number + (operator == ">"), None


def _parse_min_chars(argument: Argument) -> Callable[[], Check]:
    least = to_int(argument.text, "The number of characters")
    return lambda: MinChars(least)


def _bounded(unit: str, *, upper: bool) -> Callable[[Argument], Callable[[], Check]]:
    def parse(argument: Argument) -> Callable[[], Check]:
        number = to_int(argument.text, f"The number of {unit}")
        make = _maker(unit)
        least, most = (0, number) if upper else (number, None)
        return lambda: Counted(make(), unit, least, most)

    return parse


COUNTABLE = (*_UNITS, *LINE_PATTERNS, *PLACE_PATTERNS)
_OPERATORS = ("<=", ">=", "==", "=", "<", ">")


def _parse_count(argument: Argument) -> Callable[[], Check]:
    source = argument.text
    if source.startswith('"'):
        end = source.rfind('"') + 1
        noun = read_text(Argument(source[:end], given=True))
        automaton = place_automaton("(?i)" + re2.escape(noun))
        _, operator, value, column = compare_split(
            Argument("text" + source[end:], given=True), ("text",), _OPERATORS, 'count:"yes">=1'
        )
        column += end - len("text")
        noun = f"times {source[:end]}"
        make: MakeUnits = lambda: Occurrences(automaton)  # noqa: E731 - one of two ways to make it
    else:
        noun, operator, value, column = compare_split(
            argument, COUNTABLE, _OPERATORS, "count:words>=3"
        )
        make = _maker(noun)
    number = to_int(value, "The number", column=column)
    least, most = _bounds(operator, number)
    if most is not None and most < 0:
        raise CheckSyntaxError("Nothing can be fewer than 0.", column=column)
    return lambda: Counted(make(), noun, least, most)


_WORD = "runs without white space"
_SENTENCE = "ended by . ! ? or their like, usual abbreviations apart"


def _definition(name: str, unit: str, what: str, example: int) -> Definition:
    upper = name.startswith("max")
    return Definition(
        name=name,
        summary=f"The answer has at {'most' if upper else 'least'} this many {unit} ({what}).",
        syntax=f"{name}:N",
        example=f"{name}:{example}",
        when="earliest" if upper else "end",
        cost="one scan of the chunk",
        parse=_bounded(unit, upper=upper),
        decides=(
            f"Fails at the first character of the first of the {unit} too many; passes at the end."
            if upper
            else "Passes when there are enough; fails at the end."
        ),
    )


MIN_WORDS = _definition("min_words", "words", _WORD, 50)
MIN_LINES = _definition("min_lines", "lines", "separated by line feeds", 3)
MAX_LINES = _definition("max_lines", "lines", "separated by line feeds", 20)
MIN_SENTENCES = _definition("min_sentences", "sentences", _SENTENCE, 2)
MAX_SENTENCES = _definition("max_sentences", "sentences", _SENTENCE, 3)

MIN_CHARS = Definition(
    name="min_chars",
    summary="The answer has at least this many characters (Unicode code points).",
    syntax="min_chars:N",
    example="min_chars:40",
    when="end",
    cost="one addition per chunk",
    parse=_parse_min_chars,
    decides="Passes at the last character needed; fails at the end.",
)

COUNT = Definition(
    name="count",
    summary="How often something stands in the answer: " + ", ".join(COUNTABLE) + ", or a text.",
    syntax='count:WHAT<=N, count:"TEXT">=N (operators <= >= == < >)',
    example="count:bullets==3",
    when="earliest",
    cost="one look-up per character",
    parse=_parse_count,
    decides="Fails at the first one too many, for too few at the end; passes when it is certain.",
)
