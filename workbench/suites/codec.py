"""Cases as lines of a suite file, and back. ``docs/suites.md`` describes every field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import TypeGuard

from workbench.errors import UsageError
from workbench.model.prompt import Message, Prompt
from workbench.suites.case import REVIEWS, Case, Evidence

VERSION = 1
_TEXTS = ("checks", "expected", "labels", "tags")
_EVIDENCE = tuple(f.name for f in fields(Evidence))
_KNOWN = frozenset({f.name for f in fields(Case)} | {"v", "signature"}) - {"extra"}


class BadCase(UsageError):
    """A line of a suite is no case."""


def encode(case: Case) -> str:
    """Return *case* as one line of JSON without its line feed; empty fields are left out."""
    record: dict[str, object] = {"v": VERSION, "id": case.id}
    if case.title:
        record["title"] = case.title
    record["messages"] = [{"role": m.role, "content": m.content} for m in case.messages]
    if case.prompt is not None:
        record["prompt"] = {"user": case.prompt.user, "system": case.prompt.system}
    if case.variables:
        record["variables"] = dict(case.variables)
    record |= {name: list(value) for name in _TEXTS if (value := getattr(case, name))}
    if case.notes:
        record["notes"] = case.notes
    record["review"] = case.review
    if case.evidence is not None:
        pairs = ((name, getattr(case.evidence, name)) for name in _EVIDENCE)
        record["evidence"] = {name: value for name, value in pairs if value is not None}
    if case.metadata:
        record["metadata"] = case.metadata
    record["signature"] = case.signature
    return dump({**record, **{k: v for k, v in case.extra.items() if k not in _KNOWN}})


def dump(value: object) -> str:
    """Return JSON on one line; text as it is, except lone surrogates, which are escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    # These end a line for some readers of JSON Lines.
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x85", "\\u0085")


def decode(line: str | bytes) -> Case:
    """Return the case of one line.

    Raises:
        BadCase: the line is not JSON, not a case, or of a newer version.
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadCase(f"not JSON ({error})") from error
    if not is_object(record):
        raise BadCase("not an object")
    return from_record(record)


def is_object(value: object) -> TypeGuard[dict[str, object]]:
    """True for what JSON calls an object."""
    return isinstance(value, dict)


def from_record(record: Mapping[str, object]) -> Case:
    """Return the case of one JSON object.

    Raises:
        BadCase: a field is missing or of the wrong type.
    """
    version = record.get("v", VERSION)
    if not isinstance(version, int) or version > VERSION:
        raise BadCase(f"written by a newer Workbench (version {version})")
    review = record.get("review", "new")
    if review not in REVIEWS:
        raise BadCase(f"review is none of {', '.join(REVIEWS)}")
    metadata = record.get("metadata", {})
    if not is_object(metadata):
        raise BadCase("metadata is not an object")
    prompt, evidence = record.get("prompt"), record.get("evidence")
    return Case(
        id=_text(record, "id"),
        messages=messages_of(record.get("messages")),
        title=_text(record, "title", ""),
        checks=_texts(record, "checks"),
        expected=_texts(record, "expected"),
        labels=_texts(record, "labels"),
        tags=_texts(record, "tags"),
        notes=_text(record, "notes", ""),
        review=review,
        prompt=None if prompt is None else _prompt(prompt),
        variables=_variables(record.get("variables", {})),
        evidence=None if evidence is None else _evidence(evidence),
        metadata=metadata,
        extra={k: v for k, v in record.items() if k not in _KNOWN},
    )


def messages_of(value: object) -> tuple[Message, ...]:
    """Return chat messages of their JSON.

    Raises:
        BadCase: they are none.
    """
    if not isinstance(value, list) or not value:
        raise BadCase("messages are missing")
    return tuple(map(_message, value))


def _message(value: object) -> Message:
    if is_object(value):
        role, content = value.get("role"), value.get("content")
        if role in ("system", "user", "assistant") and isinstance(content, str):
            return Message(role, content)
    raise BadCase("a message has no role (system, user, assistant) or no content")


def _text(record: Mapping[str, object], name: str, default: str | None = None) -> str:
    value = record.get(name, default)
    if not isinstance(value, str):
        raise BadCase(f"{name} is not a text")
    return value


def _texts(record: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = record.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadCase(f"{name} is not a list of texts")
    return tuple(value)


def _prompt(value: object) -> Prompt:
    if is_object(value):
        user, system = value.get("user"), value.get("system")
        if isinstance(user, str) and (system is None or isinstance(system, str)):
            return Prompt(user, system)
    raise BadCase("prompt has no user message")


def _variables(value: object) -> dict[str, str]:
    if is_object(value) and all(isinstance(item, str) for item in value.values()):
        return {name: str(item) for name, item in value.items()}
    raise BadCase("variables are not texts")


def _evidence(value: object) -> Evidence:
    if not is_object(value):
        raise BadCase("evidence is not an object")
    span, at, attempt = value.get("span"), value.get("at_char"), value.get("attempt")
    ttff = value.get("ttff_ms")
    return Evidence(
        lane=_text(value, "lane"),
        model=_text(value, "model"),
        answer=_text(value, "answer"),
        check=_optional(value, "check"),
        reason=_text(value, "reason", ""),
        at_char=at if isinstance(at, int) else None,
        span=_span(span),
        ttff_ms=float(ttff) if isinstance(ttff, int | float) else None,
        session=_optional(value, "session"),
        attempt=attempt if isinstance(attempt, int) else None,
        utc=_optional(value, "utc"),
    )


def _optional(record: Mapping[str, object], name: str) -> str | None:
    value = record.get(name)
    return value if isinstance(value, str) else None


def _span(value: object) -> tuple[int, int] | None:
    if isinstance(value, list | tuple) and len(value) == 2:
        start, end = value
        if isinstance(start, int) and isinstance(end, int):
            return start, end
    return None
