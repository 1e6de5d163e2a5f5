"""Judging a stream: which check decided what, at which character, token and moment.

The same class judges a live stream and a recorded one, so that a check asked of an old stream
gives the verdict and the TTFF it would have had live: every moment is the arrival of the chunk or
the time of the deadline itself, never the moment our code got round to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterable
from time import monotonic_ns
from typing import NamedTuple, TypeVar

from workbench.checks.base import Progress
from workbench.checks.pipeline import Pipeline
from workbench.model.attempt import Channel
from workbench.model.events import FailedFirst, VerdictReached
from workbench.model.verdict import Decision, FailureKind

T = TypeVar("T")


class Judgement(NamedTuple):
    """What one step decided: verdicts in order, and the attempt's first failure if it is new."""

    verdicts: tuple[VerdictReached, ...]
    failed: FailedFirst | None


NOTHING = Judgement((), None)

SLICE = 1024
"""How many characters are fed to the checks at once; how a text is cut never matters to them."""

TURN_NS = 4_000_000
"""How long judging may hold the event loop before others get their turn."""


async def by_turns(judging: Generator[None, None, T]) -> T:
    """Run *judging* to its end and return its result; where it yields, others get a turn."""
    turn_ns = monotonic_ns()
    while True:
        try:
            next(judging)
        except StopIteration as done:
            result: T = done.value
            return result
        if monotonic_ns() - turn_ns > TURN_NS:
            await asyncio.sleep(0)
            turn_ns = monotonic_ns()


class StreamJudge:
    """Feeds one attempt's stream to its checks. Times are milliseconds on the attempt's clock."""

    def __init__(
        self,
        attempt: int,
        pipeline: Pipeline,
        *,
        cost_so_far: Callable[[int], float | None] | None = None,
    ) -> None:
        self._attempt = attempt
        self._pipeline = pipeline
        self._kinds = pipeline.kinds
        self._cost = cost_so_far
        self.tokens = 0
        self.ttft_ms: float | None = None
        self.failed = False

    @property
    def due_ms(self) -> float | None:
        """When the checks want to look at the clock next, chunk or no chunk."""
        return self._pipeline.next_due_ms()

    def chunk(self, ms: float, text: str, channel: Channel = "answer") -> Judgement:
        """Take a chunk that arrived at *ms*; deadlines that passed before it come first."""
        if len(text) <= SLICE and not self._pipeline.watching:
            return self._short(ms, text, channel)
        judging = self.slices(ms, text, channel)
        while True:
            try:
                next(judging)
            except StopIteration as done:
                found: Judgement = done.value
                return found

    def _short(self, ms: float, text: str, channel: Channel) -> Judgement:
        """Take a chunk as most are: one slice, and no check that looks at the clock."""
        self.tokens += 1
        if channel != "answer" or not text:
            return NOTHING
        if self.ttft_ms is None:
            self.ttft_ms = ms
        decided = self._pipeline.take(text)
        if not decided:
            return NOTHING
        decided.sort(key=lambda found: found[1].at_char)
        return self._judge(self._verdicts(decided, ms))

    def slices(
        self, ms: float, text: str, channel: Channel = "answer"
    ) -> Generator[None, None, Judgement]:
        """Judge like :meth:`chunk`, and yield between slices of a long text, so that the caller
        can let others go on. All of it counts as arrived at *ms*.
        """
        watching = self._pipeline.watching
        verdicts = self._timers(ms) if watching else []
        self.tokens += 1
        if channel == "answer" and text:
            if self.ttft_ms is None:
                self.ttft_ms = ms
            decided = self._pipeline.take(text[:SLICE])
            for start in range(SLICE, len(text), SLICE):
                yield
                decided += self._pipeline.take(text[start : start + SLICE])
            if len(decided) > 1:
                decided.sort(key=lambda found: found[1].at_char)
            if watching:
                decided += self._pipeline.tick(self._progress(ms))
            if decided:
                verdicts += self._verdicts(decided, ms)
        return self._judge(verdicts) if verdicts else NOTHING

    @property
    def heavy(self) -> bool:
        """True when :meth:`end` may take so long that others should not wait for it."""
        return self._pipeline.heavy

    def timer(self, ms: float) -> Judgement:
        """Look at the clock at *ms*."""
        return self._judge(self._timers(ms))

    def graded(self, decided: Iterable[tuple[int, Decision]], ms: float) -> Judgement:
        """Take the word of the graded checks, which came at *ms*."""
        return self._judge(self._verdicts(decided, ms))

    def end(self, ms: float) -> Judgement:
        """The answer is complete: every check decides."""
        verdicts = self._timers(ms)
        verdicts += self._verdicts(self._pipeline.finish(self._progress(ms, ended=True)), ms)
        return self._judge(verdicts)

    def provider_failed(self, ms: float, reason: str) -> Judgement:
        """The provider failed at *ms*; deadlines that passed before it come first."""
        verdicts = self._timers(ms)
        judged = self._judge(verdicts)
        if self.failed:
            return judged
        self.failed = True
        failed = FailedFirst(self._attempt, "provider", None, None, self.tokens, ms, reason)
        return Judgement(judged.verdicts, failed)

    def _timers(self, ms: float) -> list[VerdictReached]:
        verdicts: list[VerdictReached] = []
        due = self._pipeline.next_due_ms()
        while due is not None and due <= ms:
            verdicts += self._verdicts(self._pipeline.tick(self._progress(due)), due)
            following = self._pipeline.next_due_ms()
            if following == due:
                break
            due = following
        return verdicts

    def _progress(self, ms: float, *, ended: bool = False) -> Progress:
        usd = self._cost(self.tokens) if self._cost and self._pipeline.watching else None
        return Progress(ms, self.ttft_ms, self.tokens, usd, ended)

    def _verdicts(self, decided: Iterable[tuple[int, Decision]], ms: float) -> list[VerdictReached]:
        return [
            VerdictReached(
                self._attempt,
                index,
                self._pipeline.names[index],
                d.verdict,
                d.at_char,
                self.tokens,
                ms,
                d.reason,
                d.span,
                self._pipeline.severities[index],
            )
            for index, d in decided
        ]

    def _judge(self, verdicts: list[VerdictReached]) -> Judgement:
        if not verdicts:
            return NOTHING
        first = next((v for v in verdicts if v.verdict == "fail" and v.severity == "fail"), None)
        if first is None or self.failed:
            return Judgement(tuple(verdicts), None)
        self.failed = True
        kind: FailureKind = "deadline" if self._kinds[first.index] == "deadline" else "check"
        return Judgement(
            tuple(verdicts),
            FailedFirst(
                self._attempt,
                kind,
                first.name,
                first.at_char,
                first.at_token,
                first.ms,
                first.reason,
            ),
        )
