"""``contains`` and ``not_contains``: a text somewhere in the answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from workbench.checks.arguments import fold, read_text, shown
from workbench.checks.base import Argument, Check, Definition, Option
from workbench.model.verdict import Decision

IGNORE_CASE = Option("i", "ignore case (simple Unicode case folding)")


class Needle:
    """Finds a text in a stream. Keeps only as much of the past as a match could begin in."""

    __slots__ = ("_ignore_case", "_keep", "_tail", "needle", "seen")

    def __init__(self, needle: str, *, ignore_case: bool = False) -> None:
        self.needle = fold(needle) if ignore_case else needle
        self.seen = 0
        self._ignore_case = ignore_case
        self._keep = len(needle) - 1
        self._tail = ""

    def feed(self, text: str) -> int | None:
        """Take the next chunk; return the offset where the first match begins, if there is one."""
        window = self._tail + (fold(text) if self._ignore_case else text)
        self.seen += len(text)
        at = window.find(self.needle)
        if at >= 0:
            return self.seen - len(window) + at
        keep = self._keep
        self._tail = window[-keep:] if keep else ""
        return None


class Contains:
    """Decides at the last character of the first match, or at the end: a match passes when it is
    *wanted* and fails when it is not.
    """

    __slots__ = ("_finder", "_text", "_wanted")

    def __init__(self, text: str, *, ignore_case: bool, wanted: bool = True) -> None:
        self._text = text
        self._wanted = wanted
        self._finder = Needle(text, ignore_case=ignore_case)

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        start = self._finder.feed(text)
        if start is None:
            return None
        stop = start + len(self._text)
        said = shown(self._text)
        if self._wanted:
            return Decision("pass", stop - 1, f"found {said}", (start, stop))
        return Decision("fail", stop - 1, f"contains {said}", (start, stop))

    def finish(self) -> Decision:
        """See the protocol."""
        if self._wanted:
            return Decision("fail", self._finder.seen, f"{shown(self._text)} is missing")
        return Decision("pass", self._finder.seen, f"no {shown(self._text)}")


def _parse(argument: Argument, *, wanted: bool) -> Callable[[], Check]:
    text, ignore_case = read_text(argument), "i" in argument.options
    return lambda: Contains(text, ignore_case=ignore_case, wanted=wanted)


CONTAINS = Definition(
    name="contains",
    summary="The answer contains a text.",
    syntax="contains[/i]:TEXT",
    example="contains:Kind regards",
    when="end",
    cost="a substring search per chunk",
    parse=partial(_parse, wanted=True),
    decides="Passes at the last character of the first match; fails at the end.",
    options=(IGNORE_CASE,),
)

NOT_CONTAINS = Definition(
    name="not_contains",
    summary="The answer does not contain a text.",
    syntax="not_contains[/i]:TEXT",
    example="not_contains:As an AI",
    when="earliest",
    cost="a substring search per chunk",
    parse=partial(_parse, wanted=False),
    decides="Fails at the last character of the first match; passes at the end.",
    options=(IGNORE_CASE,),
)
