"""The ``replay`` provider: a recorded answer, streamed again with its original timing.

The lane's options hold the recording: ``chunks`` (``[[ms, text], ...]``), ``reasoning_chunks``,
``end_ms``, ``complete``, ``finish_reason``, and ``speed`` (1 is real time, 0 is at once;
nothing between: deadlines run in real time). The
facade fills them from a saved attempt; nothing is sent anywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from time import monotonic_ns

import msgspec

from workbench.errors import ConfigError
from workbench.model.attempt import Channel, Tokens
from workbench.model.lane import Lane
from workbench.providers.base import Delta, Final, Request, Sent, Services, StreamItem


class Recording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A recorded stream. Times are milliseconds on the attempt's clock."""

    chunks: tuple[tuple[float, str], ...] = ()
    reasoning_chunks: tuple[tuple[float, str], ...] = ()
    end_ms: float | None = None
    complete: bool = True
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    speed: float = 1.0

    def timeline(self) -> list[tuple[float, Channel, str]]:
        """Return every chunk in order of its time."""
        items: list[tuple[float, Channel, str]] = [
            *((ms, "reasoning", text) for ms, text in self.reasoning_chunks),
            *((ms, "answer", text) for ms, text in self.chunks),
        ]
        return sorted(items, key=lambda item: item[0])


def make(lane: Lane, services: Services) -> ReplayProvider:
    """Return the adapter of a replay lane.

    Raises:
        ConfigError: the recording cannot be read.
    """
    del services
    try:
        recording = msgspec.convert(dict(lane.options), type=Recording)
    except msgspec.ValidationError as error:
        raise ConfigError(f"lanes.{lane.name}: the recording cannot be read: {error}") from error
    if recording.speed != 0 and recording.speed < 1:
        raise ConfigError(
            f"lanes.{lane.name}: speed = {recording.speed} is too slow to be judged live.",
            "Use 0 (at once) or 1 and more; a slower look is what `workbench replay` is for.",
        )
    return ReplayProvider(recording)


class ReplayProvider:
    """Plays a :class:`Recording`; stamps are the recorded ones, so a replay measures the same."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    async def prepare(self, status: Callable[[str], None]) -> None:
        """Nothing to make ready."""

    async def stream(self, request: Request) -> AsyncGenerator[Sequence[StreamItem], None]:
        """Yield the recorded chunks when they are due."""
        del request
        recording = self._recording
        start = monotonic_ns()
        yield [Sent(start, origin="replay")]
        last = 0.0
        for ms, channel, text in recording.timeline():
            await self._until(start, ms)
            last = ms
            yield [Delta(start + round(ms * 1e6), text, channel)]
        end = last if recording.end_ms is None else recording.end_ms
        await self._until(start, end)
        counted = recording.output_tokens is not None
        tokens = Tokens(
            recording.prompt_tokens,
            recording.output_tokens,
            source="measured" if counted else "unknown",
        )
        stamp = start + round(end * 1e6)
        yield [Final(stamp, recording.complete, recording.finish_reason, tokens)]

    async def _until(self, start_ns: int, ms: float) -> None:
        speed = self._recording.speed
        wait = 0.0 if speed <= 0 else ms / 1000 / speed - (monotonic_ns() - start_ns) / 1e9
        await asyncio.sleep(max(0.0, wait))

    async def close(self) -> None:
        """Nothing to release."""
