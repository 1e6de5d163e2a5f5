"""What a provider's refusal means: HTTP status and error body into one typed error."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping

from workbench.errors import ProviderError, ProviderFailure, StreamBroken
from workbench.providers.http.connection import Head

BODY_LIMIT = 4096
"""Bytes of an unusable body that are kept for the person to read."""

_BY_STATUS: Mapping[int, ProviderFailure] = {
    400: "bad_request",
    401: "auth",
    402: "auth",
    403: "auth",
    404: "not_found",
    405: "not_found",
    408: "timeout",
    413: "too_large",
    422: "bad_request",
    429: "rate_limit",
    504: "timeout",
}

_HINTS: Mapping[ProviderFailure, str] = {
    "auth": "Check the lane's key: `workbench lanes check NAME` tells which one is used.",
    "rate_limit": "Wait, or lower the lane's limits.",
    "not_found": "Check the lane's base_url and model.",
    "bad_request": "Check the lane's model and parameters; the server's own words are kept.",
    "too_large": "Shorten the prompt, or lower max_tokens.",
    "timeout": "Try again, or raise the lane's deadlines.",
    "server": "Try again; the provider has a problem of its own.",
    "protocol": "Check that base_url points at an OpenAI-compatible server (it often ends in /v1).",
}

_TAG = re.compile(r"<[^>]{0,200}>")


def from_status(head: Head, body: bytes) -> ProviderError:
    """Return the error for a response that is not 200."""
    text = readable(head, body)
    kind: ProviderFailure
    if 300 <= head.status < 400:
        where = (head.get("location") or "somewhere else")[:200]
        return ProviderError(
            f"The server redirects to {where} (HTTP {head.status}); redirects are not followed.",
            "If that is where the server lives, put it into the lane's base_url.",
            kind="not_found",
            status=head.status,
            body=text,
        )
    kind = _BY_STATUS.get(head.status, "server" if head.status >= 500 else "bad_request")
    said = said_in(body) or _TAG.sub(" ", text)
    return ProviderError(
        _sentence(f"HTTP {head.status}", said),
        _HINTS[kind],
        kind=kind,
        status=head.status,
        body=text,
        retry_after=retry_after(head),
    )


def from_document(document: object, raw: bytes, status: int | None = None) -> ProviderError:
    """Return the error for an error object within a stream (*raw*: its bytes)."""
    code = _code_of(document)
    kind: ProviderFailure = "server"
    if code is not None and 400 <= code < 600:
        kind = _BY_STATUS.get(code, "server" if code >= 500 else "bad_request")
    else:
        kind = _kind_of_words(document)
    return ProviderError(
        _sentence("The provider reports an error", _message_of(document) or ""),
        _HINTS[kind],
        kind=kind,
        status=code or status,
        body=raw[:BODY_LIMIT].decode("utf-8", "replace"),
    )


def not_a_stream(head: Head, body: bytes) -> ProviderError:
    """Return the error for HTTP 200 with something that is not an event stream."""
    kind = (head.get("content-type") or "").partition(";")[0].strip().lower() or "no content type"
    text = readable(head, body)
    if not body:
        return StreamBroken(
            "The server answered 200 with an empty body.", _HINTS["protocol"], status=200
        )
    error = _load(body)
    if isinstance(error, dict) and ("error" in error or error.get("object") == "error"):
        return from_document(error, body, 200)
    if isinstance(error, dict) and "choices" in error:
        return StreamBroken(
            "The server did not stream: it sent the whole answer as one document.",
            "The server ignores stream=true; without a stream nothing can be timed.",
            status=200,
            body=text,
        )
    return StreamBroken(
        f"The server answered 200 with {kind} instead of an event stream.",
        _HINTS["protocol"],
        status=200,
        body=text,
    )


def readable(head: Head, body: bytes) -> str:
    """Return a body as text of at most 4 kB; a compressed one is only named."""
    coding = head.get("content-encoding") or "identity"
    if coding != "identity":
        return f"({len(body)} bytes, compressed with {coding[:40]})"
    return body[:BODY_LIMIT].decode("utf-8", "replace")


def retry_after(head: Head) -> float | None:
    """Return how many seconds the server wants us to wait, or None.

    Understands ``retry-after-ms``, and ``retry-after`` in seconds or as an HTTP date (RFC 9110,
    10.2.3).
    """
    milliseconds = _number(head.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = head.get("retry-after")
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def said_in(body: bytes) -> str | None:
    """Return the message of a JSON error body, wherever servers put it."""
    return _message_of(_load(body))


def _load(body: bytes) -> object:
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found


def _message_of(document: object) -> str | None:
    if isinstance(document, list) and document:
        return _message_of(document[0])
    if isinstance(document, str):
        return document or None
    if not isinstance(document, dict):
        return None
    for key in ("error", "message", "detail", "msg", "error_description"):
        found = document.get(key)
        text = _message_of(found) if found is not None else None
        if text:
            return text
    return None


def _code_of(document: object) -> int | None:
    if not isinstance(document, dict):
        return None
    inner = document.get("error")
    for place in (inner, document):
        if isinstance(place, dict):
            for key in ("code", "status", "status_code"):
                number = _number(place.get(key))
                if number is not None and 100 <= number < 600:
                    return int(number)
    return None


def _kind_of_words(document: object) -> ProviderFailure:
    words = json.dumps(document)[:2000].lower() if document is not None else ""
    if "rate_limit" in words or "rate limit" in words or "overloaded" in words:
        return "rate_limit"
    if "invalid_request" in words or "badrequest" in words:
        return "bad_request"
    if "authentication" in words or "invalid_api_key" in words:
        return "auth"
    return "server"


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return min(number, 1e9) if number >= 0 else None


def _sentence(what: str, said: str) -> str:
    said = " ".join(said.split())[:300]
    return f"{what}: {said}" if said else f"{what}."
