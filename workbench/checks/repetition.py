"""``no_repetition``: the answer does not go round in circles."""

from __future__ import annotations

from collections.abc import Callable

from workbench.checks.arguments import int_option, no_text, shown
from workbench.checks.base import Argument, Check, Definition, Option
from workbench.model.verdict import Decision

MAX_PERIOD = 4_000
"""The longest span that is recognised, in characters."""

SPAN = Option("span", "how long a repeated span is at least, in characters (20)", value="N")
TIMES = Option("times", "how often it must stand in a row (3)", value="N")


class NoRepetition:
    """Fails when a span stands so many times in a row.

    The last *span* characters are looked up among those before; where they stood is a candidate
    period, which then only has to hold character by character. So the cost is one look-up per
    character, whatever the period. Spans without letters and digits (rulers, blank lines) do not
    count. A span shorter than *span* counts as the smallest multiple of it that is long enough.
    """

    __slots__ = (
        "_base",
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
        self._text = ""
        self._base = 0
        self._letter = 0
        self._seen = 0
        self._period = 0
        self._run = 0
        self._new: dict[str, int] = {}
        self._old: dict[str, int] = {}

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        self._text += text
        for char in text:
            self._seen += 1
            if char.isalnum():
                self._letter = self._seen
            if self._step():
                return self._failed()
        keep = 2 * MAX_PERIOD
        if len(self._text) > 2 * keep:
            cut = len(self._text) - keep
            self._text = self._text[cut:]
            self._base += cut
        return None

    def _step(self) -> bool:
        """Take the character before ``_seen``; return whether it completed a repetition."""
        end = self._seen - self._base
        if self._period and self._text[end - 1] == self._text[end - 1 - self._period]:
            self._run += 1
        else:
            self._period = self._run = 0
        if end >= self._span:
            gram = self._text[end - self._span : end]
            if not self._period:
                self._candidate(gram)
            self._note(gram)
        if not self._period:
            return False
        unit = self._period * -(-self._span // self._period)
        return self._run >= unit * self._times - self._period and self._letter > self._seen - unit

    def _candidate(self, gram: str) -> None:
        before = self._new.get(gram, self._old.get(gram, 0))
        period = self._seen - before
        if before and period <= MAX_PERIOD:
            self._period, self._run = period, self._span

    def _note(self, gram: str) -> None:
        if len(self._new) >= MAX_PERIOD:
            self._old, self._new = self._new, {}
        self._new[gram] = self._seen

    def _failed(self) -> Decision:
        unit = self._period * -(-self._span // self._period)
        end = self._seen - self._base
        repeated = self._text[end - unit : end]
        start = max(self._seen - unit * self._times, 0)
        reason = f"{shown(repeated)} stands {self._times} times in a row"
        return Decision("fail", self._seen - 1, reason, (start, self._seen))

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
