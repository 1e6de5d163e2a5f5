"""The ``scripted`` provider: an answer you wrote, at a pace you set, with the faults you want.

For demonstrations, tests of one's own checks, and Workbench's own tests. Nothing is sent anywhere.

Options of the lane (all optional)::

    text = "..."            the answer; or texts = ["first", "second"], used in turn
    reasoning = "..."       sent before the answer
    chunk_chars = 4         characters per chunk; or chunks = ["exactly", " these"]
    ttft_ms = 0             until the first chunk
    tokens_per_s = 0        chunks per second; 0: as fast as possible
    stall_after = 3         a pause after that many chunks ...
    stall_ms = 1000         ... of that length
    fail_after = 5          a provider error after that many chunks ...
    fail_kind = "server"    ... of this kind
    fail_times = 0          ... but only for the first so many requests (0: always)
    truncate = false        the stream stops without its end
    finish_reason = "stop"
    prompt_tokens = 12      reported usage; none is reported when left out
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import fields
from time import monotonic_ns
from typing import cast

from workbench.errors import (
    PROVIDER_FAILURES,
    ConfigError,
    ProviderError,
    ProviderFailure,
    UnknownName,
)
from workbench.model.attempt import Channel, Tokens
from workbench.model.lane import Lane
from workbench.providers.base import Delta, Final, Request, Sent, Services, StreamItem
from workbench.records import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """The options of a scripted lane; see the module's text."""

    text: str = ""
    texts: tuple[str, ...] = ()
    chunks: tuple[str, ...] = ()
    reasoning: str = ""
    chunk_chars: int = 4
    ttft_ms: float = 0.0
    tokens_per_s: float = 0.0
    stall_after: int = -1
    stall_ms: float = 0.0
    fail_after: int = -1
    fail_kind: str = "server"
    fail_times: int = 0
    truncate: bool = False
    finish_reason: str = "stop"
    prompt_tokens: int | None = None

    def pieces(self, turn: int) -> list[tuple[Channel, str]]:
        """Return the chunks of the answer for the *turn*-th request, reasoning first."""
        size = max(1, self.chunk_chars)
        text = self.texts[turn % len(self.texts)] if self.texts else self.text
        cut = self.chunks or tuple(text[i : i + size] for i in range(0, len(text), size))
        thought = [self.reasoning[i : i + size] for i in range(0, len(self.reasoning), size)]
        answer: list[tuple[Channel, str]] = [("answer", piece) for piece in cut]
        return [("reasoning", piece) for piece in thought] + answer


def make(lane: Lane, services: Services) -> ScriptedProvider:
    """Return the adapter of a scripted lane.

    Raises:
        ConfigError: an option has the wrong type or an unknown name.
    """
    del services
    return ScriptedProvider(_script(lane))


def _script(lane: Lane) -> Script:
    known = {f.name: f for f in fields(Script)}
    values: dict[str, object] = {}
    for name, value in lane.options.items():
        if name not in known:
            raise UnknownName(f"option of the scripted lane {lane.name!r}", name, known)
        given = tuple(value) if isinstance(value, list | tuple) else value
        default = known[name].default
        wanted = (int, float) if isinstance(default, float) else type(default)
        if default is not None and not isinstance(given, wanted):
            raise ConfigError(f"lanes.{lane.name}: {name} = {value!r} has the wrong type.")
        values[name] = given
    script = Script(**values)  # type: ignore[arg-type] # each value was compared with its default
    if script.fail_kind not in PROVIDER_FAILURES:
        raise UnknownName("kind of failure", script.fail_kind, PROVIDER_FAILURES)
    return script


class ScriptedProvider:
    """Plays a :class:`Script`."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._turn = 0

    async def prepare(self, status: Callable[[str], None]) -> None:
        """Nothing to make ready."""

    async def stream(self, request: Request) -> AsyncGenerator[Sequence[StreamItem], None]:
        """Yield the script's chunks at its pace."""
        script, turn = self._script, self._turn
        self._turn += 1
        pieces = script.pieces(turn)
        failing = script.fail_after >= 0 and not 0 < script.fail_times <= turn
        if request.params.max_tokens is not None:
            pieces = pieces[: request.params.max_tokens]
        start = monotonic_ns()
        due = script.ttft_ms
        yield [Sent(start)]
        for index, (channel, text) in enumerate(pieces):
            if failing and index == script.fail_after:
                raise _failure(script.fail_kind)
            if index == script.stall_after:
                due += script.stall_ms
            await _until(start, due)
            yield [Delta(monotonic_ns(), text, channel)]
            if script.tokens_per_s > 0:
                due += 1000 / script.tokens_per_s
        if failing and len(pieces) <= script.fail_after:
            raise _failure(script.fail_kind)
        yield [_final(script, len(pieces))]

    async def close(self) -> None:
        """Nothing to release."""


def _failure(kind: str) -> ProviderError:
    return ProviderError(
        "The script says that the provider fails here.",
        "Remove fail_after from the lane's options.",
        kind=cast("ProviderFailure", kind),
    )


def _final(script: Script, count: int) -> Final:
    known = script.prompt_tokens is not None
    tokens = Tokens(script.prompt_tokens, count, source="measured") if known else Tokens()
    reason = None if script.truncate else script.finish_reason
    return Final(monotonic_ns(), not script.truncate, reason, tokens)


async def _until(start_ns: int, due_ms: float) -> None:
    """Sleep until *due_ms* after *start_ns*; always let others run once."""
    await asyncio.sleep(max(0.0, due_ms / 1000 - (monotonic_ns() - start_ns) / 1e9))
