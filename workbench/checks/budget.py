"""Budgets: ``max_tokens``, ``min_tokens``, ``min_tokens_per_s`` and ``max_cost``."""

from __future__ import annotations

from collections.abc import Callable

from workbench.checks.arguments import int_option, to_float, to_int
from workbench.checks.base import Argument, Check, Definition, Option, Progress
from workbench.model.verdict import Decision

WARM_UP = Option("after", "tokens to wait for before the rate is judged (20)", value="N")


class Budget:
    """What the timed checks here share: they look at counters, not at the text."""

    __slots__ = ("_limit", "_progress", "_seen")

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._seen = 0
        self._progress = Progress(0.0, None, 0)

    def due_ms(self) -> float | None:
        """See the protocol."""
        return None

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        self._seen += len(text)
        return None

    def tick(self, progress: Progress) -> Decision | None:
        """See the protocol."""
        self._progress = progress
        reason = self._broken(progress)
        return None if reason is None else Decision("fail", self._seen, reason)

    def finish(self) -> Decision:
        """See the protocol."""
        return Decision("pass", self._seen, self._kept(self._progress))

    def _broken(self, progress: Progress) -> str | None:
        """Say why the budget is broken now; None, also where nothing can break it early."""
        del progress
        return None

    def _kept(self, progress: Progress) -> str:
        """Say how the budget was kept at the end."""
        return f"{progress.tokens} tokens"


class MaxTokens(Budget):
    """Fails when more output tokens came than allowed."""

    __slots__ = ()

    def _broken(self, progress: Progress) -> str | None:
        if progress.tokens <= self._limit:
            return None
        return f"more than {self._limit:g} tokens"


class MinTokens(Budget):
    """Passes when enough output tokens came, fails at the end."""

    __slots__ = ()

    def tick(self, progress: Progress) -> Decision | None:
        """See the protocol."""
        self._progress = progress
        if progress.tokens < self._limit:
            return None
        return Decision("pass", self._seen, f"at least {self._limit:g} tokens")

    def finish(self) -> Decision:
        """See the protocol."""
        came = self._progress.tokens
        verdict = Decision("fail", self._seen, f"{came} tokens, at least {self._limit:g} wanted")
        return verdict if came < self._limit else Decision("pass", self._seen, f"{came} tokens")


class MinRate(Budget):
    """Fails when the mean rate since the first token falls below the limit, stalls included."""

    __slots__ = ("_after",)

    def __init__(self, limit: float, after: int) -> None:
        super().__init__(limit)
        self._after = after

    def due_ms(self) -> float | None:
        """When the rate will be too low if no further token comes."""
        progress = self._progress
        if progress.ttft_ms is None or progress.tokens < self._after or self._limit == 0:
            return None
        return progress.ttft_ms + progress.tokens / self._limit * 1000 + 1

    def _broken(self, progress: Progress) -> str | None:
        if progress.ttft_ms is None or progress.tokens < self._after:
            return None
        seconds = (progress.ms - progress.ttft_ms) / 1000
        if seconds <= 0 or progress.tokens / seconds >= self._limit:
            return None
        return f"{progress.tokens / seconds:.3g} tokens/s, at least {self._limit:g} wanted"

    def _kept(self, progress: Progress) -> str:
        return f"{self._limit:g} tokens/s or more"


class MaxCost(Budget):
    """Fails when the estimated cost exceeds the limit; an unknown price is an error at the end."""

    __slots__ = ()

    def _broken(self, progress: Progress) -> str | None:
        if progress.usd is None or progress.usd <= self._limit:
            return None
        return f"${progress.usd:.6f} spent, at most ${self._limit:g} allowed"

    def finish(self) -> Decision:
        """See the protocol."""
        if self._progress.usd is None:
            return Decision("error", self._seen, "the lane's price is unknown")
        return Decision("pass", self._seen, f"${self._progress.usd:.6f} spent")


def _parse_max_tokens(argument: Argument) -> Callable[[], Check]:
    limit = to_int(argument.text, "The number of tokens")
    return lambda: MaxTokens(limit)


def _parse_min_tokens(argument: Argument) -> Callable[[], Check]:
    limit = to_int(argument.text, "The number of tokens")
    return lambda: MinTokens(limit)


def _parse_rate(argument: Argument) -> Callable[[], Check]:
    limit = to_float(argument.text, "The rate")
    after = int_option(argument, "after", 20, least=1)
    return lambda: MinRate(limit, after)


def _parse_cost(argument: Argument) -> Callable[[], Check]:
    limit = to_float(argument.text.strip().removeprefix("$"), "The cost in US dollars")
    return lambda: MaxCost(limit)


_COST = "one comparison per chunk"

MAX_TOKENS = Definition(
    name="max_tokens",
    summary="The answer takes at most this many output tokens.",
    syntax="max_tokens:N",
    example="max_tokens:200",
    when="timer",
    cost=_COST,
    parse=_parse_max_tokens,
    decides="Fails when one token too many was received; passes at the end.",
)
MIN_TOKENS = Definition(
    name="min_tokens",
    summary="The answer takes at least this many output tokens.",
    syntax="min_tokens:N",
    example="min_tokens:20",
    when="timer",
    cost=_COST,
    parse=_parse_min_tokens,
    decides="Passes when enough tokens were received; fails at the end.",
)
MIN_TOKENS_PER_S = Definition(
    name="min_tokens_per_s",
    summary="The answer streams at least this fast, in output tokens per second.",
    syntax="min_tokens_per_s[/after=N]:RATE",
    example="min_tokens_per_s:20",
    when="timer",
    cost=_COST,
    parse=_parse_rate,
    decides=(
        "Fails when the mean rate since the first token falls below the limit, by a timer when "
        "the stream stalls; passes at the end."
    ),
    options=(WARM_UP,),
)
MAX_COST = Definition(
    name="max_cost",
    summary="The answer costs at most this much, in US dollars.",
    syntax="max_cost:USD",
    example="max_cost:0.002",
    when="timer",
    cost=_COST,
    parse=_parse_cost,
    decides=(
        "Fails when the estimated cost exceeds the limit; passes at the end. When the price is "
        "unknown it is an error of the check."
    ),
)
