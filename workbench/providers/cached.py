"""Answers that were given before: a provider in front of a provider.

A hit is streamed at once, with the stamps it was recorded with, so checks and deadlines come out
as they did; it is marked as cached and never enters statistics of time. Only whole answers are
kept. The lane behind is made ready only when it is needed: a run that hits everywhere loads no
model and opens no connection.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import field
from datetime import UTC, datetime
from time import monotonic_ns
from typing import Protocol

from workbench.model.attempt import Channel, Tokens
from workbench.model.lane import Lane
from workbench.providers.base import Delta, Final, Provider, Request, Sent, StreamItem
from workbench.records import dataclass

MOST_CHARS = 4_000_000
"""Longer answers are not kept."""


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """A whole answer as it once arrived: pieces are ``(ms, text, channel)``."""

    pieces: tuple[tuple[float, str, Channel], ...]
    finish_reason: str | None = None
    tokens: Tokens = Tokens()
    served_model: str | None = None
    recorded: str = ""
    total_ms: float = 0.0
    provider_data: Mapping[str, object] = field(default_factory=dict)


class AnswerCache(Protocol):
    """Where answers are kept. Neither method raises: what cannot be read is not there."""

    async def find(self, lane: Lane, request: Request) -> CachedAnswer | None:
        """Return the answer kept for a request, or None."""
        ...

    async def keep(self, lane: Lane, request: Request, answer: CachedAnswer) -> None:
        """Keep the answer of a request, if there is room."""
        ...


class CachedProvider:
    """Asks the cache first, and the provider of the lane only where it knows nothing."""

    def __init__(self, lane: Lane, cache: AnswerCache, inner: Provider) -> None:
        self._lane = lane
        self._cache = cache
        self._inner = inner
        self._status: Callable[[str], None] = lambda _: None

    async def prepare(self, status: Callable[[str], None]) -> None:
        """Nothing yet: perhaps the lane is never needed."""
        self._status = status

    async def stream(self, request: Request) -> AsyncGenerator[Sequence[StreamItem], None]:
        """Yield the kept answer, or the lane's own, which is kept when it is whole."""
        answer = await self._cache.find(self._lane, request)
        if answer is not None:
            for items in _again(answer):
                yield items
            return  # nothing was sent, and the lane behind was never made ready
        await self._inner.prepare(self._status)
        taken = _Taken()
        async with aclosing(self._inner.stream(request)) as stream:
            async for items in stream:
                taken.take(items)
                yield items
        whole = taken.answer()
        if whole is not None:
            await self._cache.keep(self._lane, request, whole)

    async def close(self) -> None:
        """Release the lane behind."""
        await self._inner.close()


def _again(answer: CachedAnswer) -> list[Sequence[StreamItem]]:
    start = monotonic_ns()
    deltas = [Delta(start + round(ms * 1e6), text, channel) for ms, text, channel in answer.pieces]
    final = Final(
        start + round(answer.total_ms * 1e6),
        complete=True,
        finish_reason=answer.finish_reason,
        tokens=answer.tokens,
        served_model=answer.served_model,
        provider_data={**answer.provider_data, "cached_from": answer.recorded},
    )
    return [[Sent(start, origin="cache")], [*deltas], [final]]


class _Taken:
    """Collects a stream on its way through."""

    def __init__(self) -> None:
        self._start = 0
        self._pieces: list[tuple[float, str, Channel]] = []
        self._chars = 0
        self._final: Final | None = None

    def take(self, items: Sequence[StreamItem]) -> None:
        for item in items:
            if isinstance(item, Delta):
                self._chars += len(item.text)
                if self._chars <= MOST_CHARS:
                    self._pieces.append((self._ms(item.stamp_ns), item.text, item.channel))
            elif isinstance(item, Sent):
                self._start = item.stamp_ns
            else:
                self._final = item

    def answer(self) -> CachedAnswer | None:
        final = self._final
        if final is None or not final.complete or self._chars > MOST_CHARS:
            return None
        return CachedAnswer(
            tuple(self._pieces),
            final.finish_reason,
            final.tokens,
            final.served_model,
            datetime.now(UTC).isoformat(timespec="seconds"),
            self._ms(final.stamp_ns),
            dict(final.provider_data),
        )

    def _ms(self, stamp_ns: int) -> float:
        return round((stamp_ns - self._start) / 1e6, 3)
