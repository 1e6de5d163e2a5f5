"""``max_chars`` and ``max_words``: how long an answer may get."""

from __future__ import annotations

import re
from collections.abc import Callable

from workbench.checks.arguments import to_int
from workbench.checks.base import Argument, Check, Definition
from workbench.model.verdict import Decision
from workbench.text import plural

_WORD_START = re.compile(r"(?<!\S)\S")


class MaxChars:
    """Fails at the character after the last one allowed."""

    __slots__ = ("_limit", "_seen")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._seen = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        self._seen += len(text)
        if self._seen <= self._limit:
            return None
        return Decision("fail", self._limit, f"longer than {plural(self._limit, 'character')}")

    def finish(self) -> Decision:
        """See the protocol."""
        return Decision("pass", self._seen, plural(self._seen, "character"))


class MaxWords:
    """Fails at the first character of the first word too many.

    A word is a run of characters that are not white space, as ``str.split`` sees it.
    """

    __slots__ = ("_inside", "_limit", "_seen", "_words")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._seen = 0
        self._words = 0
        self._inside = False

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        if not text:
            return None
        new = len(text.split())
        joined = self._inside and not text[0].isspace()
        words = self._words + new - joined
        if words > self._limit:
            return self._failed(text, joined)
        self._words = words
        self._seen += len(text)
        self._inside = not text[-1].isspace()
        return None

    def _failed(self, text: str, joined: bool) -> Decision:
        excess = self._limit - self._words + joined
        for number, start in enumerate(_WORD_START.finditer(text)):
            if number == excess:
                at = self._seen + start.start()
                return Decision(
                    "fail", at, f"more than {plural(self._limit, 'word')}", (at, at + 1)
                )
        raise AssertionError("the chunk holds the word that was counted in it")

    def finish(self) -> Decision:
        """See the protocol."""
        return Decision("pass", self._seen, plural(self._words, "word"))


def _parse_chars(argument: Argument) -> Callable[[], Check]:
    limit = to_int(argument.text, "The number of characters")
    return lambda: MaxChars(limit)


def _parse_words(argument: Argument) -> Callable[[], Check]:
    limit = to_int(argument.text, "The number of words")
    return lambda: MaxWords(limit)


MAX_CHARS = Definition(
    name="max_chars",
    summary="The answer has at most this many characters (Unicode code points).",
    syntax="max_chars:N",
    example="max_chars:280",
    when="earliest",
    cost="one addition per chunk",
    parse=_parse_chars,
    decides="Fails at the first character too many; passes at the end.",
)

MAX_WORDS = Definition(
    name="max_words",
    summary="The answer has at most this many words (runs without white space).",
    syntax="max_words:N",
    example="max_words:100",
    when="earliest",
    cost="one split per chunk",
    parse=_parse_words,
    decides="Fails at the first character of the first word too many; passes at the end.",
)
