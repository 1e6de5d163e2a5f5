"""Units of text that can be counted while it streams: words, lines, sentences, paragraphs...

``feed`` returns the offsets, within the whole text, at which another unit was certain. A unit that
begins with a character is certain at that character; one that a pattern describes is certain at
the character that completes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from workbench.checks.automaton import Automaton, State
from workbench.checks.re2_syntax import parse

_RUNS = re.compile(r"\S+|\s+")
_SENTENCE_END = re.compile(r"""[.!?\u2026\u3002\uff01\uff1f]["'\u201d\u2019)\]*_]*$""")
_ABBREVIATIONS = frozenset(
    (
        *("mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "jr.", "sr.", "vs.", "e.g.", "i.e."),
        *("etc.", "cf.", "no.", "fig.", "approx.", "inc.", "ltd."),
    )
)


class Units(Protocol):
    """Counts one kind of unit in one text."""

    def feed(self, text: str) -> Iterable[int]:
        """Take the next chunk; return the offsets where units became certain."""
        ...


class Words:
    """Runs of characters that are not white space."""

    __slots__ = ("_inside", "_seen")

    def __init__(self) -> None:
        self._seen = 0
        self._inside = False

    def feed(self, text: str) -> Iterable[int]:
        """See the protocol."""
        if not text:
            return ()
        joined = self._inside and not text[0].isspace()
        starts = [found.start() for found in _RUNS.finditer(text) if not found[0][0].isspace()]
        found = [self._seen + start for start in starts[joined:]]
        self._seen += len(text)
        self._inside = not text[-1].isspace()
        return found


class Lines:
    """Lines, separated by line feeds; a line begins with its first character."""

    __slots__ = ("_fresh", "_seen")

    def __init__(self) -> None:
        self._seen = 0
        self._fresh = True

    def feed(self, text: str) -> Iterable[int]:
        """See the protocol."""
        if not text:
            return ()
        found = [self._seen] if self._fresh else []
        at = text.find("\n")
        while 0 <= at < len(text) - 1:
            found.append(self._seen + at + 1)
            at = text.find("\n", at + 1)
        self._fresh = text.endswith("\n")
        self._seen += len(text)
        return found


class Blocks:
    """Sentences or paragraphs: both begin with a word after an end and white space.

    A sentence ends with ``.``, ``!``, ``?`` or their like, closing quotes included, unless the
    word is a usual abbreviation or a single letter. Paragraphs are separated by an empty line.
    """

    __slots__ = ("_breaks", "_ended", "_paragraphs", "_seen", "_space", "_word")

    def __init__(self, *, paragraphs: bool) -> None:
        self._paragraphs = paragraphs
        self._seen = 0
        self._word = ""
        self._space = True
        self._ended = True
        self._breaks = 0

    def feed(self, text: str) -> Iterable[int]:
        """See the protocol."""
        found = []
        for run in _RUNS.finditer(text):
            part = run.group()
            if part[0].isspace():
                self._take_space(part)
                continue
            if self._space and (self._ended or (self._paragraphs and self._breaks > 1)):
                found.append(self._seen + run.start())
            if self._space:
                self._word = ""
            # Only the end of a word decides whether it ends a sentence.
            self._word = (self._word + part)[-24:]
            self._space = self._ended = False
            self._breaks = 0
        self._seen += len(text)
        return found

    def _take_space(self, part: str) -> None:
        if not self._space:
            self._ended = not self._paragraphs and _ends_sentence(self._word)
        self._space = True
        self._breaks += part.count("\n")


def _ends_sentence(word: str) -> bool:
    if not _SENTENCE_END.search(word) or word.lower() in _ABBREVIATIONS:
        return False
    return not (len(word) == 2 and word[0].isupper() and word[0] != "I" and word[1] == ".")


class Occurrences:
    """Places where a search automaton finds its pattern; each search begins anew behind it."""

    __slots__ = ("_automaton", "_seen", "_state")

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._state: State = automaton.start
        self._seen = 0

    def feed(self, text: str) -> Iterable[int]:
        """See the protocol."""
        found = []
        state = self._state
        for offset, char in enumerate(text):
            state = state[char]
            if state.final == "accept":
                found.append(self._seen + offset)
                state = self._automaton.start
        self._state = state
        self._seen += len(text)
        return found


class LineStarts:
    """Lines that begin with what a pattern (a whole-text automaton) describes."""

    __slots__ = ("_automaton", "_seen", "_state")

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._state: State | None = automaton.start
        self._seen = 0

    def feed(self, text: str) -> Iterable[int]:
        """See the protocol."""
        found = []
        for offset, char in enumerate(text):
            if char == "\n":
                self._state = self._automaton.start
            elif self._state is not None:
                self._state = self._state[char]
                if self._state.final == "accept":
                    found.append(self._seen + offset)
                if self._state.final is not None:
                    self._state = None
        self._seen += len(text)
        return found


LINE_PATTERNS = {
    "bullets": r"[ \t]*(?:[-*+\x{2022}]|[0-9]{1,3}[.)])[ \t]+[^ \t\n](?s:.*)",
    "headings": r"#{1,6}[ \t]+[^ \t\n](?s:.*)",
    "quotes": r"[ \t]*>(?s:.*)",
    "fences": r"[ \t]*```(?s:.*)",
}
PLACE_PATTERNS = {
    "placeholders": r"\[[^\[\]\n]+\]",
    "links": r"\]\([^()\s]+\)",
    "questions": r"\?",
    "commas": ",",
}


def line_automaton(unit: str) -> Automaton:
    """Return the automaton of a kind of line; make it once and share it."""
    return Automaton(parse(LINE_PATTERNS[unit]), search=False)


def place_automaton(pattern: str) -> Automaton:
    """Return the automaton of a pattern whose places are to be counted."""
    return Automaton(parse(pattern), search=True)
