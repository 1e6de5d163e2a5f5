"""What a provider sent beside the answer, and what was sent to it, as lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from workbench.model.attempt import Attempt
from workbench.tui.view import format as fmt
from workbench.tui.view.lines import Line, Span

LABEL = 12
_OF_THE_REQUEST = ("model", "stream", "stream_options")
_BREAKS = 400
"""Characters of one value that are shown; the session file has the rest."""


def field(label: str, *spans: Span) -> Line:
    """Return a line with its label."""
    return ((f"  {label + ' ':<{LABEL}}", "muted"), *spans)


def provider_lines(attempt: Attempt) -> list[Line]:
    """Return what the provider said of itself and of its answer."""
    data = attempt.provider_data
    out = [
        *_texts(
            ("request id", attempt.request_id),
            ("fingerprint", data.get("system_fingerprint")),
            ("tier", data.get("service_tier")),
            ("refusal", data.get("refusal")),
        ),
        *_calls(data.get("tool_calls")),
        *_logprobs(data.get("logprobs")),
        *_numbers("timings", data.get("timings")),
        *_numbers("time_info", data.get("time_info")),
        *_numbers("limits", data.get("rate_limits")),
        *_texts(("broken", data.get("broken"))),
    ]
    if data.get("reconnected"):
        out.append(field("connection", ("a warm one had closed; replaced once", "warn")))
    return [(("From the provider", "bold"),), *out] if out else []


def sent_lines(attempt: Attempt) -> list[Line]:
    """Return the parameters as they were sent, and what they reserved."""
    data = attempt.provider_data
    request = data.get("request")
    params = dict(request) if isinstance(request, Mapping) else {}
    out = [
        field(str(name), (_short(value), ""))
        for name, value in params.items()
        if name not in _OF_THE_REQUEST
    ]
    reserved = data.get("reserved_tokens")
    if isinstance(reserved, int):
        text = f"{fmt.count(reserved)} tokens"
        out.append(
            field("reserved", (text, ""), ("  the prompt, estimated, and max_tokens", "muted"))
        )
    return [(("Sent", "bold"),), *out] if out else []


def _texts(*pairs: tuple[str, object]) -> Iterator[Line]:
    for label, value in pairs:
        if value:
            yield field(label, (_short(value), ""))


def _calls(calls: object) -> Iterator[Line]:
    for call in calls if isinstance(calls, list | tuple) else ():
        if isinstance(call, Mapping):
            said = f"{call.get('name')}({call.get('arguments')})"
            yield field("tool call", (_short(said), ""), ("  not executed", "muted"))


def _logprobs(tokens: object) -> Iterator[Line]:
    if not isinstance(tokens, list | tuple) or not tokens:
        return
    values = [
        float(token["logprob"])
        for token in tokens
        if isinstance(token, Mapping) and isinstance(token.get("logprob"), int | float)
    ]
    mean = f", mean {sum(values) / len(values):.3f}" if values else ""
    yield field("logprobs", (f"of {fmt.count(len(tokens))} tokens{mean}", ""))


def _numbers(label: str, table: object) -> Iterator[Line]:
    for name, value in table.items() if isinstance(table, Mapping) else ():
        shown = f"{value:.6g}" if isinstance(value, float) else _short(value)
        yield field(label, (f"{name} ", "muted"), (shown, ""))
        label = ""


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _BREAKS else text[:_BREAKS] + "\u2026"
