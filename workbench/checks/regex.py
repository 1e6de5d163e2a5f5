"""``regex`` and ``not_regex``: RE2 patterns, decided at the earliest character."""

from __future__ import annotations

import re
from collections.abc import Callable

import re2

from workbench.checks.arguments import read_text, shown
from workbench.checks.automaton import Automaton, Follower
from workbench.checks.base import Argument, Check, Definition, Option
from workbench.checks.python_check import TIMEOUT, PythonCheck, seconds_option
from workbench.checks.re2_syntax import parse, validated
from workbench.errors import CheckSyntaxError
from workbench.model.verdict import Decision

IGNORE_CASE = Option("i", "ignore case, like (?i)")
FULL = Option("full", "the whole answer must match, not just a part of it")
_SURROGATES = dict.fromkeys(range(55296, 57344), "�")


class Regex:
    """Passes or fails when no continuation can change that, else at the end."""

    __slots__ = ("_follower", "_pattern")

    def __init__(self, automaton: Automaton, pattern: str) -> None:
        self._follower = Follower(automaton)
        self._pattern = pattern

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        final = self._follower.feed(text)
        if final is None:
            return None
        word, at = final
        if word == "accept":
            return Decision("pass", at, f"matches {shown(self._pattern)}")
        return Decision("fail", at, f"can no longer match {shown(self._pattern)}", (at, at + 1))

    def finish(self) -> Decision:
        """See the protocol."""
        if self._follower.matches():
            return Decision("pass", self._follower.seen, f"matches {shown(self._pattern)}")
        return Decision("fail", self._follower.seen, f"no match for {shown(self._pattern)}")


class NotRegex:
    """Fails at the character that makes a match certain."""

    __slots__ = ("_follower", "_none", "_parts", "_pattern")

    def __init__(self, automaton: Automaton, pattern: re2._Regexp, none: str = "") -> None:
        self._follower = Follower(automaton)
        self._pattern = pattern
        self._none = none or f"no match for {shown(pattern.pattern)}"
        self._parts: list[str] = []

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        self._parts.append(text)
        final = self._follower.feed(text)
        if final is None:
            return None
        word, at = final
        if word == "dead":
            return Decision("pass", at, "can no longer match")
        return self._failed(at)

    def _failed(self, at: int) -> Decision:
        """Show what matched: RE2 finds it in the text up to the deciding character."""
        text = "".join(self._parts)
        found = self._pattern.search(text[: at + 1].translate(_SURROGATES))
        if found is None or found.start() == found.end():
            return Decision("fail", at, f"matches {shown(self._pattern.pattern)}")
        span = (found.start(), found.end())
        return Decision("fail", at, f"found {shown(text[span[0] : span[1]])}", span)

    def finish(self) -> Decision:
        """See the protocol."""
        if self._follower.matches():
            return self._failed(self._follower.seen)
        return Decision("pass", self._follower.seen, self._none)


def _compile(argument: Argument, *, search: bool) -> tuple[Automaton, re2._Regexp]:
    source = read_text(argument, "pattern")
    prefix = "(?i)" if "i" in argument.options else ""
    try:
        pattern = validated(prefix + source)
        return Automaton(parse(prefix + source), search=search), pattern
    except CheckSyntaxError as error:
        error.column = max(error.column - len(prefix), 1)
        raise


PYTHON = Option("python", "use Python's re (look-around, back-references), at the end")
_PYTHON_SOURCE = """
import re
def check(text):
    found = re.{search}({pattern!r}, text)
    return True if found else "no match"
"""


def _with_python(argument: Argument) -> Callable[[], Check]:
    """Run Python's own ``re`` in a process that can be killed: its patterns can explode."""
    pattern, seconds = read_text(argument, "pattern"), seconds_option(argument)
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        column = (getattr(error, "pos", 0) or 0) + 1
        raise CheckSyntaxError(f"Not a pattern of Python: {error}.", column=column) from None
    search = "fullmatch" if "full" in argument.options else "search"
    prefix = "(?i)" if "i" in argument.options else ""
    source = _PYTHON_SOURCE.format(search=search, pattern=prefix + pattern)
    return lambda: PythonCheck(source, seconds, trusted=True)


def _parse_regex(argument: Argument) -> Callable[[], Check]:
    if "python" in argument.options:
        return _with_python(argument)
    automaton, pattern = _compile(argument, search="full" not in argument.options)
    return lambda: Regex(automaton, pattern.pattern)


def _parse_not_regex(argument: Argument) -> Callable[[], Check]:
    automaton, pattern = _compile(argument, search=True)
    return lambda: NotRegex(automaton, pattern)


_COST = "one dictionary look-up per character; bounded memory; linear for every pattern"

REGEX = Definition(
    name="regex",
    summary="A part of the answer matches an RE2 pattern; with /full the whole answer does.",
    syntax="regex[/full][/i][/python]:PATTERN",
    example="regex/full:[A-Z]{3}-[0-9]{4}",
    when="earliest",
    cost=_COST,
    parse=_parse_regex,
    decides=(
        "Passes when every continuation matches; fails when none does (so /full and patterns "
        "that begin with ^ fail at the first wrong character), else at the end."
    ),
    options=(FULL, IGNORE_CASE, PYTHON, TIMEOUT),
)

NOT_REGEX = Definition(
    name="not_regex",
    summary="No part of the answer matches an RE2 pattern.",
    syntax="not_regex[/i]:PATTERN",
    example=r"not_regex:\bTODO\b",
    when="earliest",
    cost=_COST,
    parse=_parse_not_regex,
    decides="Fails at the character that makes a match certain; passes at the end.",
    options=(IGNORE_CASE,),
)
