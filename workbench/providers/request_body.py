"""The body of a chat completions request: only what the lane sets is sent."""

from __future__ import annotations

import json

import msgspec

from workbench.errors import ConfigError
from workbench.model.lane import Params
from workbench.providers.base import Request
from workbench.records import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where compatible servers differ.

    ``max_tokens`` is the name of that field; ``usage`` tells whether usage has to be asked for
    (``stream_options``), which some servers refuse; ``path`` is where requests go. ``cap`` is the
    ``max_tokens`` sent for a lane that sets none, where the provider reserves it at admission.
    """

    max_tokens: str = "max_tokens"
    usage: bool = True
    path: str = "/chat/completions"
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """An encoded body, and the parameters in it (everything but the messages)."""

    data: bytes
    sent: dict[str, object]


def encode_body(request: Request, dialect: Dialect) -> Body:
    """Return the body to send. ``params.extra`` is merged last and wins.

    Raises:
        ConfigError: the response format cannot be read.
    """
    sent = fields_of(request, dialect)
    document = {"messages": messages_of(request), **sent}
    try:
        data = msgspec.json.encode(document)
    except UnicodeEncodeError:  # a lone surrogate: escaped, as the standard library does it
        data = json.dumps(document).encode("ascii")
    return Body(data, sent)


def messages_of(request: Request) -> list[dict[str, str]]:
    """Return the messages as the wire wants them."""
    return [{"role": m.role, "content": m.content} for m in request.messages]


def fields_of(request: Request, dialect: Dialect) -> dict[str, object]:
    """Return everything of the body but the messages. ``params.extra`` is merged last and wins.

    Raises:
        ConfigError: the response format cannot be read.
    """
    sent: dict[str, object] = {"model": request.model, "stream": True}
    if dialect.usage:
        sent["stream_options"] = {"include_usage": True}
    return sent | params_of(request.params, dialect)


def params_of(params: Params, dialect: Dialect) -> dict[str, object]:
    """Return the fields that *params* sets, under the names the wire wants.

    Raises:
        ConfigError: the response format cannot be read.
    """
    fields: dict[str, object | None] = {
        "temperature": params.temperature,
        "top_p": params.top_p,
        "seed": params.seed,
        dialect.max_tokens: params.max_tokens or dialect.cap,
        "stop": list(params.stop) or None,
        "response_format": response_format(params.response_format),
        "reasoning_effort": params.reasoning_effort,
    }
    if params.logprobs is not None:
        fields["logprobs"] = True
        fields["top_logprobs"] = params.logprobs or None
    return {k: v for k, v in fields.items() if v is not None} | dict(params.extra)


def response_format(text: str | None) -> object | None:
    """Read a response format: ``json``, ``text``, or a JSON object sent as it stands.

    Raises:
        ConfigError: none of these.
    """
    if text is None:
        return None
    if text in ("json", "json_object"):
        return {"type": "json_object"}
    if text == "text":
        return {"type": "text"}
    try:
        found: object = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConfigError(
            f"The response format {text[:60]!r} cannot be read.",
            'Write "json", "text", or a JSON object such as {"type": "json_schema", ...}.',
        )
    return found
