"""``equals`` and ``one_of``: the answer is one of some given texts and nothing else."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from workbench.checks.arguments import fold, read_list, read_text, shown
from workbench.checks.base import Argument, Check, Definition, Option
from workbench.checks.contains import IGNORE_CASE
from workbench.model.verdict import Decision

TRIM = Option("trim", "ignore white space before and after the answer")


class Choices:
    """Follows an answer along the texts it may be; fails at the first character off all of them."""

    __slots__ = ("_alive", "_fold", "_lead", "_pos", "_trim", "_wanted", "seen")

    def __init__(self, allowed: tuple[str, ...], *, ignore_case: bool, trim: bool) -> None:
        texts = [text.strip() for text in allowed] if trim else list(allowed)
        self._alive = [fold(text) for text in texts] if ignore_case else texts
        self._wanted = allowed
        self._fold = ignore_case
        self._trim = trim
        self._lead = trim
        self._pos = 0
        self.seen = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        self.seen += len(text)
        if self._lead:
            text = text.lstrip()
            self._lead = not text
        if not text:
            return None
        if self._fold:
            text = fold(text)
        alive = [choice for choice in self._alive if self._fits(choice, text)]
        if alive:
            self._alive = alive
            self._pos += len(text)
            return None
        return self._failed(text)

    def _fits(self, choice: str, text: str) -> bool:
        pos = self._pos
        if choice.startswith(text, pos):
            return True
        rest = len(choice) - pos
        if not self._trim or rest >= len(text):
            return False
        if rest <= 0:
            return text.isspace()
        return (
            choice.endswith(text[:rest]) and choice[pos:] == text[:rest] and text[rest:].isspace()
        )

    def _failed(self, text: str) -> Decision:
        """Say which character of the chunk *text* was the first off every choice."""

        def dead(length: int) -> bool:
            return not any(self._fits(choice, text[:length]) for choice in self._alive)

        length = bisect_left(range(len(text) + 1), x=True, lo=1, key=dead)
        at = self.seen - len(text) + length - 1
        return Decision(
            "fail", at, f"{self._expected()}, came {shown(text[length - 1])}", (at, at + 1)
        )

    def _expected(self) -> str:
        if len(self._wanted) == 1:
            return f"expected {shown(self._wanted[0])}"
        return (
            "expected one of "
            + ", ".join(shown(text, 24) for text in self._wanted[:6])
            + (", \u2026" if len(self._wanted) > 6 else "")
        )

    def finish(self) -> Decision:
        """See the protocol."""
        if any(self._pos >= len(choice) for choice in self._alive):
            return Decision("pass", self.seen, "as expected")
        return Decision("fail", self.seen, f"{self._expected()}, the answer ended before")


def _parse_equals(argument: Argument) -> Callable[[], Check]:
    return _factory((read_text(argument),), argument)


def _parse_one_of(argument: Argument) -> Callable[[], Check]:
    return _factory(read_list(argument, "choice"), argument)


def _factory(allowed: tuple[str, ...], argument: Argument) -> Callable[[], Check]:
    ignore_case, trim = "i" in argument.options, "trim" in argument.options
    return lambda: Choices(allowed, ignore_case=ignore_case, trim=trim)


EQUALS = Definition(
    name="equals",
    summary="The answer is exactly this text.",
    syntax="equals[/i][/trim]:TEXT or @FILE",
    example="equals/trim:42",
    when="earliest",
    cost="one comparison per chunk",
    parse=_parse_equals,
    decides="Fails at the first character that differs; passes at the end.",
    options=(IGNORE_CASE, TRIM),
    files=True,
)

ONE_OF = Definition(
    name="one_of",
    summary="The answer is one of these texts, such as a label.",
    syntax="one_of[/i][/trim]:TEXT, TEXT...",
    example="one_of/i/trim:positive, negative, neutral",
    when="earliest",
    cost="one comparison per chunk and choice that is still possible",
    parse=_parse_one_of,
    decides="Fails at the first character off every choice; passes at the end.",
    options=(IGNORE_CASE, TRIM),
)
