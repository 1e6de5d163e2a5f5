"""OpenAI-style JSON Lines: training chats, request and response pairs, batch results.

Read are lines with ``messages`` whose last one is the assistant's, lines with ``request`` (or
``body``) and ``response``, and the output lines of the Batch API joined with their ``custom_id``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from workbench.model.lane import Params
from workbench.store.imports.base import (
    Exchange,
    Imported,
    Unmapped,
    conversation,
    counted,
    literal,
    moment,
    number,
    read_bytes,
    text_of,
    whole,
)

_KNOWN = frozenset(
    {"messages", "request", "response", "body", "model", "usage", "choices", "custom_id", "id",
     "created", "error", "method", "url"}
)  # fmt: skip


def read(path: Path) -> Imported:
    """Read an OpenAI-style JSON Lines file."""
    unmapped = Unmapped()
    found = []
    for raw in read_bytes(path).split(b"\n"):
        if not raw.strip():
            continue
        try:
            line = json.loads(raw)
        except (ValueError, RecursionError):
            unmapped.add("line that is not JSON")
            continue
        if not isinstance(line, dict):
            unmapped.add("line that is no object")
            continue
        exchange = _exchange(line, unmapped)
        if exchange is not None:
            found.append(exchange)
    return Imported(path.stem, tuple(found), unmapped.sentences())


def _exchange(line: Mapping[str, object], unmapped: Unmapped) -> Exchange | None:
    for key in line.keys() - _KNOWN:
        unmapped.add(f"field {str(key)[:40]!r}")
    request = _object(line.get("request")) or _object(line.get("body")) or line
    response = _object(line.get("response")) or line
    response = _object(response.get("body")) or response
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        unmapped.add("line without messages")
        return None
    choices = response.get("choices")
    last = messages[-1]
    finish: str | None = None
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        if len(choices) > 1:
            unmapped.add("further choice of a response", len(choices) - 1)
        message = _object(choices[0].get("message")) or {}
        answer = text_of(message.get("content"), unmapped)
        reason = choices[0].get("finish_reason")
        finish = reason if isinstance(reason, str) else None
    elif isinstance(last, dict) and last.get("role") == "assistant":
        answer, messages = text_of(last.get("content"), unmapped), messages[:-1]
    else:
        unmapped.add("conversation without an answer")
        return None
    system, user = conversation(messages, unmapped)
    usage = _object(response.get("usage")) or {}
    model = response.get("model") or request.get("model") or "unknown"
    return Exchange(
        user=literal(user),
        system=None if system is None else literal(system),
        answer=answer,
        model=str(model),
        utc=moment(response.get("created")),
        params=Params(
            temperature=number(request.get("temperature")),
            top_p=number(request.get("top_p")),
            seed=whole(request.get("seed")),
            max_tokens=whole(request.get("max_completion_tokens") or request.get("max_tokens")),
        ),
        tokens=counted(usage.get("prompt_tokens"), usage.get("completion_tokens")),
        finish_reason=finish,
    )


def _object(value: object) -> dict[str, object] | None:
    return value if isinstance(value, dict) else None
