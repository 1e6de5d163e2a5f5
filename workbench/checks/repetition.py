"""``no_repetition``: the answer does not go round in circles."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from workbench.checks.arguments import int_option, no_text, shown
from workbench.checks.base import Argument, Check, Definition, Option
from workbench.model.verdict import Decision

MAX_PERIOD = 4_000
"""The longest span that is recognised, in characters."""

_GRAM = 24
"""How many characters are looked up among those before: short enough to cost little."""
_BACK = 2 * MAX_PERIOD
_KEEP = _BACK + MAX_PERIOD

SPAN = Option("span", "how long a repeated span is at least, in characters (20)", value="N")
TIMES = Option("times", "how often it must stand in a row (3)", value="N")


class NoRepetition:
    """Fails when a span stands so many times in a row.

    The last characters are looked up among those before; where they stood is a candidate period,
    which then only has to hold character by character. So the cost is one look-up per character,
    whatever the period. Spans without letters and digits (rulers, blank lines) do not count. A
    span shorter than *span* counts as the smallest multiple of it that is long enough.
    """

    __slots__ = (
        "_gram",
        "_letter",
        "_new",
        "_old",
        "_period",
        "_run",
        "_seen",
        "_span",
        "_text",
        "_times",
    )

    def __init__(self, span: int, times: int) -> None:
        self._span = span
        self._times = times
        self._gram = min(span, _GRAM)
        self._text = ""
        self._letter = 0
        self._seen = 0
        self._period = 0
        self._run = 0
        self._new: dict[str, int] = {}
        self._old: dict[str, int] = {}

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        buffer = self._text + text
        before = self._seen - len(self._text)
        gram, new, old = self._gram, self._new, self._old
        period, run, needed = self._period, self._run, self._needed(self._period)
        for end in range(len(self._text) + 1, len(buffer) + 1):
            char = buffer[end - 1]
            at = before + end
            if char.isalnum():
                self._letter = at
            piece = buffer[end - gram : end] if at >= gram else ""
            if period and char == buffer[end - 1 - period]:
                run += 1
            else:
                period = 0
                last = new.get(piece) or old.get(piece)
                if last and at - last <= MAX_PERIOD:
                    period = at - last
                    run = self._common(buffer, end, period, min(at - period, _BACK))
                    needed = self._needed(period)
            if period and run >= needed and self._letter > at - self._unit(period):
                return self._failed(buffer[:end], at, period)
            if piece:
                new[piece] = at
                if len(new) >= MAX_PERIOD:
                    self._old = old = new
                    self._new = new = {}
        self._period, self._run, self._seen = period, run, before + len(buffer)
        self._text = buffer if len(buffer) <= 2 * _KEEP else buffer[-_KEEP:]
        return None

    def _unit(self, period: int) -> int:
        """Return the smallest multiple of *period* that is long enough."""
        return period * -(-self._span // period)

    def _needed(self, period: int) -> int:
        """Return how many characters must agree with those a *period* before."""
        return self._unit(period) * self._times - period if period else 0

    def _common(self, buffer: str, end: int, period: int, most: int) -> int:
        """Return how many characters before *end*, up to *most*, agree with those a *period*
        before; as many as were looked up are known to.
        """

        def agree(length: int) -> bool:
            return buffer[end - length : end] == buffer[end - length - period : end - period]

        low = self._gram
        if low >= most or not agree(low + 1):
            return low
        return bisect_left(range(most + 1), x=True, lo=low + 1, key=lambda n: not agree(n)) - 1

    def _failed(self, text: str, at: int, period: int) -> Decision:
        unit = self._unit(period)
        reason = f"{shown(text[-unit:])} stands {self._times} times in a row"
        return Decision("fail", at - 1, reason, (max(at - unit * self._times, 0), at))

    def finish(self) -> Decision:
        """See the protocol."""
        return Decision("pass", self._seen, "no repetition")


def _parse(argument: Argument) -> Callable[[], Check]:
    no_text(argument)
    span = int_option(argument, "span", 20, least=2)
    times = int_option(argument, "times", 3, least=2)
    return lambda: NoRepetition(min(span, MAX_PERIOD), min(times, 100))


NO_REPETITION = Definition(
    name="no_repetition",
    summary="No span of the answer stands three times in a row (a model that loops).",
    syntax="no_repetition[/span=N][/times=N]",
    example="no_repetition/span=40",
    when="early",
    cost="one look-up per character; bounded memory",
    parse=_parse,
    decides="Fails at the character that completes the last repetition; passes at the end.",
    options=(SPAN, TIMES),
)
