"""From stamped bytes of a chat completions stream to stamped text and one end.

The end of an answer is what the stream says, never the end of the loop: without a finish reason
or ``[DONE]`` an answer is truncated. Usage may come in every chunk; the last one counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TypeVar

import msgspec

from workbench.errors import ProviderError, StreamBroken
from workbench.model.attempt import Channel, Tokens
from workbench.providers.base import Delta, Final
from workbench.providers.event_body import EventBody
from workbench.providers.failures import from_document
from workbench.providers.openai_wire import (
    RAW_NONE,
    ChatDelta,
    Chunk,
    Part,
    Timings,
    ToolCall,
    Usage,
    decode_chunk,
    plain,
    present,
)
from workbench.providers.sse import MAX_EVENT, ServerEvent
from workbench.records import dataclass

GAVE_UP = ("error", "abort", "insufficient_system_resource")
"""Finish reasons that say the provider failed (OpenRouter's, vLLM's, DeepSeek's): no success."""


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class ChatStream(EventBody):
    """Takes the body of one chat completion; ``done`` is True after ``[DONE]``."""

    __slots__ = (
        "_calls",
        "_chunk_id",
        "_fingerprint",
        "_finish",
        "_held",
        "_logprobs",
        "_model",
        "_refusal",
        "_seen",
        "_tier",
        "_time_info",
        "_timings",
        "_usage",
    )  # fmt: skip

    def __init__(self, *, max_event: int = MAX_EVENT) -> None:
        super().__init__(max_event)
        self._seen = 0
        self._finish: str | None = None
        self._usage: msgspec.Raw | None = None
        self._timings: msgspec.Raw | None = None
        self._time_info: msgspec.Raw | None = None
        self._model: str | None = None
        self._chunk_id: str | None = None
        self._fingerprint: str | None = None
        self._tier: str | None = None
        self._calls: dict[int, _Call] = {}
        self._refusal: list[str] = []
        self._logprobs: list[msgspec.Raw] = []
        self._held: dict[Channel, str] = {}

    @property
    def ended(self) -> bool:
        """True when the protocol's own end has come."""
        return self.done or self._finish is not None

    @property
    def begun(self) -> bool:
        """True when at least one chunk of the protocol has come."""
        return self._seen > 0

    def _take(self, event: ServerEvent, stamp: int, deltas: list[Delta]) -> None:
        data = event.data
        if not data or self.done:
            return
        if event.name:
            if event.name == "ping":
                return
            if event.name == "error":
                raise _error_event(data)
        if data[:6] == b"[DONE]":
            self.done = True
            return
        try:
            chunk = decode_chunk(data)
        except ValueError as error:
            said = data.strip().upper()
            if said in (b"[DONE]", b"NULL"):
                self.done = self.done or said == b"[DONE]"
                return
            raise StreamBroken(
                f"A chunk of the stream is not what the protocol says: {error}.",
                "The server's own words are kept.",
                body=data[:4096].decode("utf-8", "replace"),
            ) from None
        self._seen += 1
        if chunk.object == "error" or _is_error(chunk.error) or _bare_error(chunk):
            raise from_document(plain(msgspec.Raw(data)), data)
        self._take_chunk(chunk, stamp, deltas)

    def _take_chunk(self, chunk: Chunk, stamp: int, deltas: list[Delta]) -> None:
        for choice in chunk.choices or ():
            if choice.index != 0:
                continue
            if choice.error is not RAW_NONE and _is_error(choice.error):
                raise from_document({"error": plain(choice.error)}, bytes(choice.error))
            if choice.delta is not None:
                self._take_delta(choice.delta, stamp, deltas)
            elif choice.text:
                self._say("answer", choice.text, stamp, deltas)
            elif (
                choice.message is not None and not self._allowance.taken
            ):  # else it says it all again
                self._take_delta(choice.message, stamp, deltas)
            if choice.finish_reason and self._finish is None:
                self._end(choice.finish_reason)
            if choice.logprobs is not RAW_NONE and present(choice.logprobs):
                self._logprobs.append(choice.logprobs)
        self._take_rest(chunk)

    def _end(self, reason: str) -> None:
        self._finish = reason
        if reason in GAVE_UP:
            raise ProviderError(
                f"The provider gave the answer up: its finish reason is {reason!r}.",
                "Try again; what had come is kept.",
                kind="server",
            )

    def _take_delta(self, delta: ChatDelta, stamp: int, deltas: list[Delta]) -> None:
        thought = delta.reasoning_content or delta.reasoning
        if thought:
            self._say("reasoning", thought, stamp, deltas)
        if isinstance(delta.content, str):
            if delta.content:
                self._say("answer", delta.content, stamp, deltas)
        elif delta.content:
            self._say_parts(delta.content, stamp, deltas)
        if delta.refusal:
            self._count(delta.refusal, stamp)
            self._refusal.append(delta.refusal)
        for call in delta.tool_calls or ():
            self._take_call(call, stamp)
        if delta.function_call is not None:  # what tool calls were called before
            self._take_call(ToolCall(0, None, delta.function_call), stamp)

    def _take_rest(self, chunk: Chunk) -> None:
        self._model = chunk.model or self._model
        self._chunk_id = chunk.id or self._chunk_id
        self._fingerprint = chunk.system_fingerprint or self._fingerprint
        self._tier = chunk.service_tier or self._tier
        if chunk.usage is not RAW_NONE and present(chunk.usage):
            self._usage = chunk.usage
        if chunk.timings is not RAW_NONE and present(chunk.timings):
            self._timings = chunk.timings
        if chunk.time_info is not RAW_NONE and present(chunk.time_info):
            self._time_info = chunk.time_info
        if chunk.x_groq is not None:
            if present(chunk.x_groq.error):
                raise from_document({"error": plain(chunk.x_groq.error)}, bytes(chunk.x_groq.error))
            if present(chunk.x_groq.usage) and self._usage is None:
                self._usage = chunk.x_groq.usage

    def _say_parts(self, parts: list[Part], stamp: int, deltas: list[Delta]) -> None:
        for part in parts:
            if isinstance(part.thinking, str):
                self._say("reasoning", part.thinking, stamp, deltas)
            for inner in part.thinking if isinstance(part.thinking, list) else ():
                self._say("reasoning", inner.text or "", stamp, deltas)
            if part.text:
                self._say("answer", part.text, stamp, deltas)

    def _say(self, channel: Channel, text: str, stamp: int, deltas: list[Delta]) -> None:
        """Add text. The first half of a surrogate pair waits for the chunk with the second."""
        self._count(text, stamp)
        if self._held:
            text = _join(self._held.pop(channel, ""), text)
        if "\ud800" <= text[-1:] <= "\udbff":
            self._held[channel] = text[-1]
            text = text[:-1]
        if text:
            deltas.append(Delta(stamp, text, channel))

    def _take_call(self, piece: ToolCall, stamp: int) -> None:
        index = piece.index if piece.index is not None else max(len(self._calls) - 1, 0)
        call = self._calls.setdefault(index, _Call())
        call.id = piece.id or call.id
        if piece.function is not None:
            call.name += piece.function.name or ""
            call.arguments.append(piece.function.arguments or "")
            self._count(piece.function.arguments or "", stamp)

    def _count(self, text: str, stamp: int) -> None:
        self.progress_ns = stamp
        self._allowance.take(text)

    def rest(self) -> list[Delta]:
        """Return what was held back, at the end: lone halves of surrogate pairs."""
        held, self._held = self._held, {}
        return [Delta(self._last_ns, text, channel) for channel, text in held.items()]

    def final(self) -> Final:
        """Return the end of the answer. Call it once, when nothing more will come."""
        return Final(
            self._last_ns,
            complete=self.ended,
            finish_reason=self._finish,
            tokens=self.tokens(),
            served_model=self._model,
            request_id=self._chunk_id,
            provider_data=self._data(),
        )

    def tokens(self) -> Tokens:
        """Return the last usage the server sent, or llama.cpp's timings, or unknown."""
        usage = _typed(self._usage, Usage)
        found = Tokens()
        if usage is not None:
            details, prompt = usage.completion_tokens_details, usage.prompt_tokens_details
            cached = prompt.cached_tokens if prompt else None
            output = usage.completion_tokens
            if not output and self._allowance.taken:  # zero for what was seen to come is no count
                output = None
            found = Tokens(
                usage.prompt_tokens or None,
                output,
                details.reasoning_tokens if details else None,
                usage.prompt_cache_hit_tokens if cached is None else cached,
                "unknown" if output is None else "measured",
            )
        if found.output is not None:
            return found
        timings = _typed(self._timings, Timings)
        if timings is not None and timings.predicted_n is not None:
            cached = timings.cache_n
            total = None if timings.prompt_n is None else timings.prompt_n + (cached or 0)
            return Tokens(total, timings.predicted_n, None, cached, "measured")
        return found

    def _data(self) -> Mapping[str, object]:
        found: dict[str, object] = {
            "usage": plain(self._usage) if self._usage else None,
            "timings": plain(self._timings) if self._timings else None,
            "time_info": plain(self._time_info) if self._time_info else None,
            "system_fingerprint": self._fingerprint,
            "service_tier": self._tier,
            "refusal": "".join(self._refusal) or None,
            "tool_calls": [
                {"id": call.id, "name": call.name, "arguments": "".join(call.arguments)}
                for _, call in sorted(self._calls.items())
            ]
            or None,
            "logprobs": self._all_logprobs() or None,
            "done_marker": self.done,
        }
        if not self.ended and self._sse.unfinished:
            found["cut_inside_event"] = True
        return {key: value for key, value in found.items() if value is not None}

    def _all_logprobs(self) -> list[object]:
        tokens: list[object] = []
        for raw in self._logprobs:
            found = plain(raw)
            content = found.get("content") if isinstance(found, dict) else None
            if isinstance(content, list):
                tokens.extend(content)
        return tokens


T = TypeVar("T")


def _typed(raw: msgspec.Raw | None, kind: type[T]) -> T | None:
    """Decode a raw field into a record; None when absent or of another shape."""
    if raw is None:
        return None
    try:
        return msgspec.json.decode(raw, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _join(high: str, text: str) -> str:
    """Join a held first half with the text that starts with its second half."""
    if high and "\udc00" <= text[:1] <= "\udfff":
        code = 0x10000 + ((ord(high) - 0xD800) << 10) + (ord(text[0]) - 0xDC00)
        return chr(code) + text[1:]
    return high + text


def _is_error(raw: msgspec.Raw) -> bool:
    """True for an error, false for the empty ones that some servers put into every chunk."""
    return raw is not RAW_NONE and present(raw) and bool(plain(raw))


def _bare_error(chunk: Chunk) -> bool:
    """An error body in place of a chunk: a message or detail, and nothing of a chunk."""
    return chunk.choices is None and (present(chunk.message) or present(chunk.detail))


def _error_event(data: bytes) -> ProviderError:
    document = plain(msgspec.Raw(data))
    return from_document(
        document if document is not None else data.decode("utf-8", "replace"), data
    )
