"""``deadline``: the first token or the whole answer in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from workbench.checks.arguments import compare_split, to_ms
from workbench.checks.base import Argument, Check, Definition, Progress
from workbench.model.verdict import Decision

Measure = Literal["ttft", "total"]


class Deadline:
    """Fails the moment the limit is reached, with or without a token."""

    __slots__ = ("_limit", "_measure", "_seen")

    def __init__(self, measure: Measure, limit_ms: float) -> None:
        self._measure = measure
        self._limit = limit_ms
        self._seen = 0

    def due_ms(self) -> float | None:
        """See the protocol."""
        return self._limit

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        self._seen += len(text)
        return None

    def tick(self, progress: Progress) -> Decision | None:
        """See the protocol."""
        if self._measure == "ttft" and progress.ttft_ms is not None:
            reached = progress.ttft_ms
            verdict: Literal["pass", "fail"] = "pass" if reached < self._limit else "fail"
            return Decision(verdict, self._seen, f"first token after {reached / 1000:.3g} s")
        if progress.ms >= self._limit:
            what = "no token" if self._measure == "ttft" else "no end"
            return Decision("fail", self._seen, f"{what} within {self._limit / 1000:g} s")
        return None

    def finish(self) -> Decision:
        """See the protocol."""
        if self._measure == "ttft":
            return Decision("fail", self._seen, "the answer ended without a token")
        return Decision("pass", self._seen, f"ended within {self._limit / 1000:g} s")


def _parse(argument: Argument) -> Callable[[], Check]:
    name, _, value, column = compare_split(
        argument, ("ttft", "total"), ("<",), "deadline:ttft<800ms"
    )
    limit = to_ms(value, column=column)
    measure: Measure = "ttft" if name == "ttft" else "total"
    return lambda: Deadline(measure, limit)


DEADLINE = Definition(
    name="deadline",
    summary="The first token (ttft) or the whole answer (total) comes in time.",
    syntax="deadline:ttft<DURATION or deadline:total<DURATION",
    example="deadline:ttft<0.5s",
    when="timer",
    cost="one comparison per chunk",
    parse=_parse,
    decides="Fails when the time is up, token or not; ttft passes with the first token.",
)
