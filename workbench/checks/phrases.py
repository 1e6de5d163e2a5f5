"""``contains_all``, ``contains_any``, ``starts_with`` and ``ends_with``."""

from __future__ import annotations

from collections.abc import Callable

from workbench.checks.arguments import fold, read_list, read_text, shown
from workbench.checks.base import Argument, Check, Definition
from workbench.checks.choices import TRIM
from workbench.checks.contains import IGNORE_CASE, Needle
from workbench.model.verdict import Decision


class ContainsSome:
    """Passes at the last character of the match that suffices, fails at the end.

    *needed* is how many of the texts must be found.
    """

    __slots__ = ("_finders", "_found", "_needed", "_seen")

    def __init__(self, texts: tuple[str, ...], needed: int, *, ignore_case: bool) -> None:
        self._finders = [(text, Needle(text, ignore_case=ignore_case)) for text in texts]
        self._needed = needed
        self._found = 0
        self._seen = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        self._seen += len(text)
        ends = []
        for entry in list(self._finders):
            start = entry[1].feed(text)
            if start is not None:
                ends.append(start + len(entry[0]) - 1)
                self._finders.remove(entry)
        missing = self._needed - self._found
        self._found += len(ends)
        if self._found < self._needed:
            return None
        return Decision("pass", sorted(ends)[missing - 1], f"found {self._needed} of the texts")

    def finish(self) -> Decision:
        """See the protocol."""
        missing = ", ".join(shown(text, 24) for text, _ in self._finders[:6])
        return Decision("fail", self._seen, f"missing: {missing}")


class StartsWith:
    """Fails at the first character off the beginning, passes at its last one."""

    __slots__ = ("_fold", "_rest", "_seen", "_text", "_trim")

    def __init__(self, text: str, *, ignore_case: bool, trim: bool) -> None:
        self._text = text
        self._rest = fold(text) if ignore_case else text
        self._fold = ignore_case
        self._trim = trim
        self._seen = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        self._seen += len(text)
        if self._trim:
            text = text.lstrip()
            self._trim = not text
        folded = fold(text) if self._fold else text
        start = self._seen - len(text)
        for offset, (came, wanted) in enumerate(zip(folded, self._rest, strict=False)):
            if came != wanted:
                at = start + offset
                reason = f"expected to start with {shown(self._text)}"
                return Decision("fail", at, f"{reason}, came {shown(text[offset])}", (at, at + 1))
        if len(folded) >= len(self._rest):
            at = start + len(self._rest) - 1
            return Decision("pass", at, f"starts with {shown(self._text)}")
        self._rest = self._rest[len(folded) :]
        return None

    def finish(self) -> Decision:
        """See the protocol."""
        reason = f"expected to start with {shown(self._text)}, the answer ended before"
        return Decision("fail", self._seen, reason)


class EndsWith:
    """Decides at the end; keeps only as much of the answer as it needs."""

    __slots__ = ("_fold", "_seen", "_tail", "_text", "_trim")

    def __init__(self, text: str, *, ignore_case: bool, trim: bool) -> None:
        self._text = text.rstrip() if trim else text
        self._fold = ignore_case
        self._trim = trim
        self._tail = ""
        self._seen = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        self._seen += len(text)
        if self._trim and text.isspace() and self._tail[-1:].isspace():
            # One white space stands for many behind the last word.
            return None
        tail = self._tail + text
        keep = len(self._text) + 1
        if self._trim:
            body = tail.rstrip()
            self._tail = body[-keep:] + tail[len(body) : len(body) + 1]
        else:
            self._tail = tail[-keep:]
        return None

    def finish(self) -> Decision:
        """See the protocol."""
        tail = self._tail.rstrip() if self._trim else self._tail
        wanted = self._text
        if self._fold:
            tail, wanted = fold(tail), fold(wanted)
        if tail.endswith(wanted):
            return Decision("pass", self._seen, f"ends with {shown(self._text)}")
        return Decision("fail", self._seen, f"expected to end with {shown(self._text)}")


def _parse_all(argument: Argument) -> Callable[[], Check]:
    texts = tuple(dict.fromkeys(read_list(argument)))
    ignore_case = "i" in argument.options
    return lambda: ContainsSome(texts, len(texts), ignore_case=ignore_case)


def _parse_any(argument: Argument) -> Callable[[], Check]:
    texts = read_list(argument)
    ignore_case = "i" in argument.options
    return lambda: ContainsSome(texts, 1, ignore_case=ignore_case)


def _parse_starts(argument: Argument) -> Callable[[], Check]:
    text = read_text(argument)
    ignore_case, trim = "i" in argument.options, "trim" in argument.options
    return lambda: StartsWith(text, ignore_case=ignore_case, trim=trim)


def _parse_ends(argument: Argument) -> Callable[[], Check]:
    text = read_text(argument)
    ignore_case, trim = "i" in argument.options, "trim" in argument.options
    return lambda: EndsWith(text, ignore_case=ignore_case, trim=trim)


CONTAINS_ALL = Definition(
    name="contains_all",
    summary="The answer contains each of these texts.",
    syntax="contains_all[/i]:TEXT, TEXT...",
    example="contains_all/i:name, address",
    when="end",
    cost="a substring search per text still missing",
    parse=_parse_all,
    decides="Passes when the last one was found; fails at the end.",
    options=(IGNORE_CASE,),
)

CONTAINS_ANY = Definition(
    name="contains_any",
    summary="The answer contains at least one of these texts.",
    syntax="contains_any[/i]:TEXT, TEXT...",
    example="contains_any/i:sorry, apologies",
    when="end",
    cost="a substring search per text",
    parse=_parse_any,
    decides="Passes at the last character of the first match; fails at the end.",
    options=(IGNORE_CASE,),
)

STARTS_WITH = Definition(
    name="starts_with",
    summary="The answer begins with a text.",
    syntax="starts_with[/i][/trim]:TEXT",
    example="starts_with/trim:Dear",
    when="earliest",
    cost="one comparison until it is decided",
    parse=_parse_starts,
    decides="Fails at the first character that differs; passes at the last one of the text.",
    options=(IGNORE_CASE, TRIM),
)

ENDS_WITH = Definition(
    name="ends_with",
    summary="The answer ends with a text.",
    syntax="ends_with[/i][/trim]:TEXT",
    example="ends_with/trim:Kind regards",
    when="end",
    cost="a short tail is kept",
    parse=_parse_ends,
    decides="Passes and fails at the end.",
    options=(IGNORE_CASE, TRIM),
)
