"""OpenAI's Responses stream: typed events instead of chunks.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec

from workbench.errors import ConfigError, StreamBroken
from workbench.model.attempt import Channel, Tokens
from workbench.model.lane import Params
from workbench.providers.base import Delta, Final
from workbench.providers.event_body import EventBody
from workbench.providers.failures import from_document
from workbench.providers.request_body import response_format
from workbench.providers.sse import ServerEvent


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    delta: str | None = None
    response: dict[str, object] | None = None
    item: dict[str, object] | None = None
    logprobs: list[dict[str, object]] | None = None


_EVENT = msgspec.json.Decoder(_Event)

_CHANNELS: Mapping[str, Channel] = {
    "response.output_text.delta": "answer",
    "response.reasoning_text.delta": "reasoning",
    "response.reasoning_summary_text.delta": "reasoning",
}


class ResponsesStream(EventBody):
    """Takes the body of one answer of the Responses interface."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = False
        self._refusal: list[str] = []
        self._calls: list[object] = []
        self._logprobs: list[object] = []
        self._response: dict[str, object] = {}

    @property
    def ended(self) -> bool:
        """True when the protocol's own end has come."""
        return self.done

    def rest(self) -> list[Delta]:
        """Nothing is held back here: events carry whole characters."""
        return []

    def _take(self, event: ServerEvent, stamp: int, deltas: list[Delta]) -> None:
        data = event.data
        if not data or self.done or data[:6] == b"[DONE]":
            return
        found = _decode(data)
        self.begun = True
        if found.delta:
            self.progress_ns = stamp
            self._allowance.take(found.delta)
        channel = _CHANNELS.get(found.type)
        if channel is not None and found.delta:
            deltas.append(Delta(stamp, found.delta, channel))
            self._logprobs += found.logprobs or ()
        elif found.type == "response.refusal.delta":
            self._refusal.append(found.delta or "")
        elif found.type == "response.output_item.done" and found.item is not None:
            if found.item.get("type") == "function_call":
                call = {key: found.item.get(key) for key in ("name", "arguments")}
                self._calls.append({"id": found.item.get("call_id"), **call})
        elif found.type in ("response.completed", "response.incomplete"):
            self._response, self.done = found.response or {}, True
        elif found.type in ("error", "response.failed"):
            raise from_document(_error_in(data, found), data)

    def final(self) -> Final:
        """Return the end of the answer."""
        response = self._response
        usage, incomplete = response.get("usage"), response.get("incomplete_details")
        reason: str | None = "stop" if self.done else None
        if isinstance(incomplete, dict):
            why = str(incomplete.get("reason"))
            reason = {"max_output_tokens": "length"}.get(why, why)
        model, identity = response.get("model"), response.get("id")
        data = {
            "usage": usage,
            "refusal": "".join(self._refusal) or None,
            "tool_calls": self._calls or None,
            "logprobs": self._logprobs or None,
            "service_tier": response.get("service_tier"),
        }
        return Final(
            self._last_ns,
            complete=self.done,
            finish_reason=reason,
            tokens=_tokens(usage),
            served_model=model if isinstance(model, str) else None,
            request_id=identity if isinstance(identity, str) else None,
            provider_data={key: value for key, value in data.items() if value is not None},
        )


def responses_params(params: Params) -> dict[str, object]:
    """Return the fields that *params* sets, under the names Responses wants. Nothing is stored at
    the provider (``store`` is false) unless ``extra`` says so.

    Raises:
        ConfigError: the response format cannot be read, or a parameter that Responses lacks is set.
    """
    for name, value in (("seed", params.seed), ("stop", params.stop or None)):
        if value is not None:
            raise ConfigError(
                f"OpenAI's Responses knows no {name}.",
                f'Remove {name} from the lane\'s params, or set api = "chat" in its options.',
            )
    form = response_format(params.response_format)
    if isinstance(form, dict) and isinstance(form.get("json_schema"), dict):
        form = {"type": "json_schema", **form["json_schema"]}
    fields: dict[str, object | None] = {
        "temperature": params.temperature,
        "top_p": params.top_p,
        "max_output_tokens": params.max_tokens,
        "text": {"format": form} if form is not None else None,
        "reasoning": {"effort": params.reasoning_effort} if params.reasoning_effort else None,
        "top_logprobs": params.logprobs,
        "include": ["message.output_text.logprobs"] if params.logprobs is not None else None,
        "store": False,
    }
    return {k: v for k, v in fields.items() if v is not None} | dict(params.extra)


def _decode(data: bytes) -> _Event:
    try:
        return _EVENT.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        found: object = json.loads(data.decode("utf-8", "replace"), parse_constant=lambda _: None)
        return msgspec.convert(_tidied(found), _Event)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise StreamBroken(
            f"An event of the stream is not what the protocol says: {error}.",
            "The server's own words are kept.",
            body=data[:4096].decode("utf-8", "replace"),
        ) from None


def _tidied(found: object) -> object:
    """Drop fields of other types than those of the events that are read here."""
    kinds = {"type": str, "delta": str, "response": dict, "item": dict, "logprobs": list}
    if not isinstance(found, dict):
        return found
    return {k: v for k, v in found.items() if k not in kinds or isinstance(v, kinds[k])}


def _error_in(data: bytes, found: _Event) -> object:
    if found.response is not None:
        return {"error": found.response.get("error")}
    try:
        document: object = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return document


def _tokens(usage: object) -> Tokens:
    if not isinstance(usage, dict):
        return Tokens()
    inside, outside = usage.get("input_tokens_details"), usage.get("output_tokens_details")
    output = _count(usage, "output_tokens")
    return Tokens(
        _count(usage, "input_tokens"),
        output,
        _count(outside, "reasoning_tokens"),
        _count(inside, "cached_tokens"),
        "unknown" if output is None else "measured",
    )


def _count(place: object, key: str) -> int | None:
    found = place.get(key) if isinstance(place, dict) else None
    return found if isinstance(found, int) else None
