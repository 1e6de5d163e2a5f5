"""The chat completions wire format as typed records, decoded by msgspec.

Fields after https://platform.openai.com/docs/api-reference/chat-streaming, with what compatible
servers add: ``reasoning_content`` (DeepSeek, vLLM, llama.cpp), ``reasoning`` (Groq, OpenRouter,
Cerebras), ``timings`` (llama.cpp), ``time_info`` (Cerebras), ``x_groq`` (Groq), errors in place of
a chunk (llama.cpp, vLLM, OpenRouter). What is not needed while streaming stays raw bytes.
"""

from __future__ import annotations

import json
from typing import Annotated

import msgspec

RAW_NONE = msgspec.Raw(b"")
Count = Annotated[int, msgspec.Meta(ge=0)]
"""A number of tokens: a negative one is none."""


class Function(msgspec.Struct, gc=False):
    """The function of a tool call, in pieces."""

    name: str | None = None
    arguments: str | None = None


class ToolCall(msgspec.Struct, gc=False):
    """A piece of a tool call."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None


class Part(msgspec.Struct, gc=False):
    """A piece of content where content is a list (Mistral): text, or thinking made of parts."""

    type: str = "text"
    text: str | None = None
    thinking: str | list[Part] | None = None


class ChatDelta(msgspec.Struct, gc=False):
    """What a chunk adds."""

    content: str | list[Part] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: Function | None = None


class Choice(msgspec.Struct, gc=False):
    """One choice of a chunk. Some servers end with the whole ``message``, or send ``text``."""

    index: int = 0
    delta: ChatDelta | None = None
    message: ChatDelta | None = None
    text: str | None = None
    finish_reason: str | None = None
    logprobs: msgspec.Raw = RAW_NONE
    error: msgspec.Raw = RAW_NONE


class XGroq(msgspec.Struct, gc=False):
    """Groq's own field: usage and errors of the stream."""

    id: str | None = None
    usage: msgspec.Raw = RAW_NONE
    error: msgspec.Raw = RAW_NONE


class Chunk(msgspec.Struct, gc=False):
    """One ``data:`` line."""

    choices: list[Choice] | None = None
    usage: msgspec.Raw = RAW_NONE
    error: msgspec.Raw = RAW_NONE
    timings: msgspec.Raw = RAW_NONE
    time_info: msgspec.Raw = RAW_NONE
    id: str | None = None
    model: str | None = None
    object: str | None = None
    message: msgspec.Raw = RAW_NONE
    detail: msgspec.Raw = RAW_NONE
    x_groq: XGroq | None = None
    system_fingerprint: str | None = None
    service_tier: str | None = None


class PromptDetails(msgspec.Struct, gc=False):
    """Details of prompt tokens."""

    cached_tokens: Count | None = None


class OutputDetails(msgspec.Struct, gc=False):
    """Details of output tokens."""

    reasoning_tokens: Count | None = None


class Usage(msgspec.Struct, gc=False):
    """Token counts; DeepSeek says ``prompt_cache_hit_tokens`` for cached ones."""

    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: OutputDetails | None = None
    prompt_cache_hit_tokens: Count | None = None


class Timings(msgspec.Struct, gc=False):
    """Token counts of llama.cpp's ``timings``; prompt tokens may come from its cache."""

    prompt_n: Count | None = None
    predicted_n: Count | None = None
    cache_n: Count | None = None


_CHUNK = msgspec.json.Decoder(Chunk)


def decode_chunk(data: bytes) -> Chunk:
    """Decode one ``data:`` line.

    Lone surrogates and bytes that are not UTF-8, which msgspec refuses, go through the standard
    library (the bytes become U+FFFD, as the event stream rules want).

    Raises:
        ValueError: not a JSON object, or a field of a type the format does not have.
    """
    try:
        return _CHUNK.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        found: object = json.loads(data.decode("utf-8", "replace"), parse_constant=_no_number)
        return _convert(found)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def _convert(found: object) -> Chunk:
    """Convert what the standard library decoded; raw fields are encoded again.

    A field beside the text that has another type than the format says is dropped, so that a
    number for an id does not cost an answer.
    """
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - callers see one kind of error
    _encode_fields(found, ("usage", "error", "timings", "time_info", "message", "detail"))
    for key in ("id", "model", "object", "system_fingerprint", "service_tier"):
        if not isinstance(found.get(key), str):
            found.pop(key, None)
    choices = found.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        _encode_fields(choice, ("logprobs", "error"))
        if isinstance(choice, dict):
            for part in (choice.get("delta"), choice.get("message")):
                _tidy_delta(part)
            if not isinstance(choice.get("index"), int):
                choice.pop("index", None)
    if isinstance(found.get("x_groq"), dict):
        _encode_fields(found["x_groq"], ("usage", "error"))
    else:
        found.pop("x_groq", None)
    return msgspec.convert(found, Chunk)


def _tidy_delta(delta: object) -> None:
    """Drop what has another type than text, and make tool calls readable that carry their arguments
    as an object.
    """
    if not isinstance(delta, dict):
        return
    for key in ("reasoning", "reasoning_content", "refusal"):
        if not isinstance(delta.get(key), str):
            delta.pop(key, None)
    if not isinstance(delta.get("function_call"), dict):
        delta.pop("function_call", None)
    if "tool_calls" not in delta:
        return
    calls = []
    for call in delta["tool_calls"] if isinstance(delta["tool_calls"], list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            arguments = function.get("arguments")
            text = arguments if isinstance(arguments, str) else json.dumps(arguments)
            name = function.get("name")
            calls.append(
                {
                    "index": call.get("index") if isinstance(call.get("index"), int) else None,
                    "id": str(call["id"]) if call.get("id") is not None else None,
                    "function": {
                        "name": name if isinstance(name, str) else None,
                        "arguments": text if arguments is not None else None,
                    },
                }
            )
    delta["tool_calls"] = calls


def _encode_fields(place: object, keys: tuple[str, ...]) -> None:
    if isinstance(place, dict):
        for key in keys:
            if key in place:
                place[key] = _raw(place[key])


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode("ascii"))


def _no_number(_name: str) -> object:
    """NaN and infinities, which JSON does not have: servers write them for log probabilities."""
    return None


def present(raw: msgspec.Raw) -> bool:
    """Return True when a raw field was there and not null."""
    return len(raw) > 0 and bytes(raw) != b"null"


def plain(raw: msgspec.Raw) -> object:
    """Decode a raw field into plain Python; None when absent or beyond what JSON allows."""
    if not present(raw):
        return None
    try:
        found: object = json.loads(bytes(raw))
    except (ValueError, RecursionError):
        return None
    return found
