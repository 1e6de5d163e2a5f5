"""Where an instruction of IFEval fails before the answer ends.

Each class fails only where the rule over the whole answer fails on every continuation; what it
cannot see it leaves to the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from workbench.checks.base import Check
from workbench.checks.contains import Contains
from workbench.checks.ifeval_rules import Arguments, forbidden_pattern
from workbench.checks.units import Blocks
from workbench.model.verdict import Decision


class _Early:
    """What these share; the whole answer is judged elsewhere, so the end decides nothing here."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen = 0

    def finish(self) -> Decision:
        """Never the last word."""
        return Decision("pass", self._seen)


class _Letters(_Early):
    """Counts characters that hold true for a test; fails at the one that is too many."""

    __slots__ = ("_left", "_reason", "_test")

    def __init__(self, test: Callable[[str], int], allowed: int, reason: str) -> None:
        super().__init__()
        self._test = test
        self._left = allowed
        self._reason = reason

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        for offset, char in enumerate(text):
            self._left -= self._test(char)
            if self._left < 0:
                at = self._seen + offset
                return Decision("fail", at, self._reason, (at, at + 1))
        self._seen += len(text)
        return None


class _Words(_Early):
    """Counts runs of word characters; fails at the first character of the one too many."""

    __slots__ = ("_inside", "_left")

    _RUN = re.compile(r"\w+")
    _LAST = re.compile(r"\w\Z")

    def __init__(self, allowed: int) -> None:
        super().__init__()
        self._left = allowed
        self._inside = False

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        for run in self._RUN.finditer(text):
            self._left -= not (self._inside and run.start() == 0)
            if self._left < 0:
                at = self._seen + run.start()
                return Decision("fail", at, "too many words", (at, at + 1))
        if text:
            self._inside = self._LAST.search(text) is not None
        self._seen += len(text)
        return None


class _Forbidden(_Early):
    """Looks for forbidden words in a window that is as long as the longest of them."""

    __slots__ = ("_cut", "_keep", "_pattern", "_window")

    def __init__(self, words: list[str]) -> None:
        super().__init__()
        self._pattern = forbidden_pattern(words)
        self._keep = max(map(len, words)) + 1
        self._window = ""
        self._cut = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        window = self._window + text
        self._seen += len(text)
        # One character before what could be a word stays: it decides whether a word begins there.
        start = min(self._cut, 1)
        while (found := self._pattern.search(window, start)) is not None:
            if found.end() < len(window):
                before = self._seen - len(window)
                span = (before + found.start(), before + found.end())
                return Decision("fail", span[1], f"uses {found.group()!r}", span)
            start = found.start() + 1
        cut = max(len(window) - self._keep, 0)
        self._cut += cut
        self._window = window[cut:]
        return None


class _Prefix(_Early):
    """Compares the beginning, white space before it and case apart; gives up beyond ASCII."""

    __slots__ = ("_rest", "_started")

    def __init__(self, text: str) -> None:
        super().__init__()
        self._rest = text
        self._started = False

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        for offset, char in enumerate(text):
            if not self._started and char.isspace():
                continue
            self._started = True
            if not self._rest:
                break
            if not self._rest[0].isascii() or not char.isascii():
                self._rest = ""
                break
            if char.lower() != self._rest[0]:
                at = self._seen + offset
                return Decision("fail", at, f"expected {self._rest[0]!r}", (at, at + 1))
            self._rest = self._rest[1:]
        self._seen += len(text)
        return None


class _Keyword(_Early):
    """Counts a keyword, case apart; fails at the last character of the one that is too many."""

    __slots__ = ("_keep", "_left", "_pattern", "_window")

    def __init__(self, keyword: str, allowed: int) -> None:
        super().__init__()
        self._pattern = re.compile(re.escape(keyword), re.IGNORECASE)
        self._keep = len(keyword) - 1
        self._left = allowed
        self._window = ""

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        window, end = self._window + text, 0
        self._seen += len(text)
        for found in self._pattern.finditer(window):
            end = found.end()
            self._left -= 1
            if self._left < 0:
                before = self._seen - len(window)
                span = (before + found.start(), before + end)
                return Decision("fail", span[1] - 1, f"{found.group()!r} once too often", span)
        self._window = window[max(end, len(window) - self._keep) :]
        return None


class _Sentences(_Early):
    """Counts sentences; fails at the first character of the one that is too many."""

    __slots__ = ("_left", "_units")

    def __init__(self, allowed: int) -> None:
        super().__init__()
        self._units = Blocks(paragraphs=False)
        self._left = allowed

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        for at in self._units.feed(text):
            self._left -= 1
            if self._left < 0:
                return Decision("fail", at, "too many sentences", (at, at + 1))
        return None


class _CapitalWords(_Early):
    """Counts words in capitals; fails at the character behind the one that is too many."""

    __slots__ = ("_left", "_run")

    _RUN = re.compile(r"[\w'-]+|[^\w'-]+")
    _WORD = re.compile(r"\w+(?:[-']\w+)*")

    def __init__(self, allowed: int) -> None:
        super().__init__()
        self._left = allowed
        self._run: list[str] = []

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        for found in self._RUN.finditer(text):
            run = found.group()
            if run[0] in "'-" or run[0].isalnum() or run[0] == "_":
                self._run.append(run)
                continue
            words, self._run = self._WORD.findall("".join(self._run)), []
            self._left -= sum(word.isupper() for word in words)
            if self._left < 0:
                at = self._seen + found.start()
                return Decision("fail", at, "too many words in capitals", (max(at - 1, 0), at))
        self._seen += len(text)
        return None


class _Bullets(_Early):
    """Counts lines that begin with a bullet; fails where the one too many is certain."""

    __slots__ = ("_eaten", "_left", "_state")

    def __init__(self, allowed: int) -> None:
        super().__init__()
        self._left = allowed
        self._state = "start"
        self._eaten = False

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        for offset, char in enumerate(text):
            self._left -= self._step(char)
            if self._left < 0:
                at = self._seen + offset
                return Decision("fail", at, "too many bullets", (at, at + 1))
        self._seen += len(text)
        return None

    def _step(self, char: str) -> bool:
        """Take one character; return whether it makes a bullet certain."""
        state, found = self._state, False
        if state == "star":
            found = char != "*"
            # The line behind a lone star belongs to it: another star there is no bullet.
            self._eaten = found and char == "\n"
        elif char == "\n":
            self._eaten = False
        elif state == "start":
            found = char == "-"
        if char == "\n":
            self._state = "start"
        elif state != "start" or not char.isspace():
            star = state == "start" and char == "*" and not self._eaten
            self._state = "star" if star else "line"
        return found


class _Parts(_Early):
    """Counts parts that are not blank between separators; fails in the one that is too many.

    A separator is *length* times *mark*. Where a part begins with the mark it is not yet counted.
    """

    __slots__ = ("_counted", "_left", "_length", "_mark", "_run")

    def __init__(self, mark: str, length: int, allowed: int) -> None:
        super().__init__()
        self._mark = mark
        self._length = length
        self._left = allowed
        self._run = 0
        self._counted = False

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        for offset, char in enumerate(text):
            if char == self._mark:
                self._run += 1
                if self._run == self._length:
                    self._run, self._counted = 0, False
                continue
            self._run = 0
            if self._counted or char.isspace():
                continue
            self._counted = True
            self._left -= 1
            if self._left < 0:
                at = self._seen + offset
                return Decision("fail", at, "too many parts", (at, at + 1))
        self._seen += len(text)
        return None


def _no_comma(_: Arguments) -> Check:
    return Contains(",", ignore_case=False, wanted=False)


def _below_words(a: Arguments) -> Check | None:
    return _Words(max(a.number("num_words") - 1, 0)) if a.below("relation") else None


def _below_letters(a: Arguments) -> Check | None:
    letter = a.text("letter").strip().lower()
    if not a.below("let_relation") or not letter.isascii():
        return None
    allowed = max(a.number("let_frequency") - 1, 0)
    return _Letters(lambda char: char.lower().count(letter), allowed, f"too many {letter!r}")


def _forbidden(a: Arguments) -> Check:
    return _Forbidden(a.texts("forbidden_words"))


def _repeat(a: Arguments) -> Check:
    return _Prefix(a.text("prompt_to_repeat").strip().lower())


def _quotation(_: Arguments) -> Check:
    return _Prefix('"')


def _lower(_: Arguments) -> Check:
    return _Letters(lambda char: char.isupper() or char.istitle(), 0, "a capital letter")


def _upper(_: Arguments) -> Check:
    return _Letters(lambda char: char.islower() or _title(char), 0, "a lower-case letter")


def _title(char: str) -> bool:
    return char.istitle() and not char.isupper()


def _below_keywords(a: Arguments) -> Check | None:
    keyword, allowed = a.text("keyword").strip(), max(a.number("frequency") - 1, 0)
    return _Keyword(keyword, allowed) if a.below("relation") else None


def _below_sentences(a: Arguments) -> Check | None:
    allowed = max(a.number("num_sentences") - 1, 0)
    return _Sentences(allowed) if a.below("relation") else None


def _below_capitals(a: Arguments) -> Check | None:
    allowed = max(a.number("capital_frequency") - 1, 0)
    return _CapitalWords(allowed) if a.below("capital_relation") else None


def _bullets(a: Arguments) -> Check:
    return _Bullets(a.number("num_bullets"))


def _paragraphs(a: Arguments) -> Check:
    return _Parts("*", 3, a.number("num_paragraphs"))


def _nth_paragraph(a: Arguments) -> Check:
    return _Parts("\n", 2, a.number("num_paragraphs"))


def _two_responses(_: Arguments) -> Check:
    return _Parts("*", 6, 2)


EARLY: Mapping[str, Callable[[Arguments], Check | None]] = {
    "punctuation:no_comma": _no_comma,
    "length_constraints:number_words": _below_words,
    "length_constraints:number_sentences": _below_sentences,
    "length_constraints:number_paragraphs": _paragraphs,
    "length_constraints:nth_paragraph_first_word": _nth_paragraph,
    "keywords:letter_frequency": _below_letters,
    "keywords:frequency": _below_keywords,
    "change_case:capital_word_frequency": _below_capitals,
    "detectable_format:number_bullet_lists": _bullets,
    "combination:two_responses": _two_responses,
    "keywords:forbidden_words": _forbidden,
    "combination:repeat_prompt": _repeat,
    "startend:quotation": _quotation,
    "change_case:english_lowercase": _lower,
    "change_case:english_capital": _upper,
}
