"""DeepEval: goldens as JSON or JSON lines."""

from __future__ import annotations

import json
from pathlib import Path

from workbench.model.prompt import Message
from workbench.suites.case import Case, Evidence
from workbench.suites.codec import BadCase
from workbench.suites.exporters.deepeval import golden
from workbench.suites.importers.base import (
    Import,
    Record,
    chat_of,
    collect,
    exportable,
    find,
    kept_of,
    leftovers,
    metadata_of,
    read_records,
    text_of,
    texts_of,
)
from workbench.suites.importers.merge import merged
from workbench.suites.portable import Unmapped

_META = "additional_metadata"
_KNOWN = ("name", "input", "expected_output", "actual_output", "comments", _META)


def read(path: Path) -> Import:
    """Return the cases of the goldens; an ``actual_output`` becomes the recorded answer."""
    records, lost = read_records(find(path, "goldens.json", "goldens.jsonl", "*.json"))
    made = collect(records, _build)
    return Import(made.cases, (*lost, *made.unmapped))


def _build(record: Record, name: str) -> tuple[Case, list[Unmapped]]:
    return merged(record, name, kept_of(record, _META), lambda c: golden(exportable(c)), _foreign)


def _foreign(record: Record, name: str) -> tuple[Case, list[Unmapped]]:
    given = record.get("input")
    if not isinstance(given, str):
        raise BadCase("input is not a text")
    output = record.get("actual_output")
    case = Case(
        id=text_of(record, "name"),
        messages=_chat(given),
        expected=texts_of(record.get("expected_output")),
        notes=text_of(record, "comments"),
        evidence=Evidence("deepeval", "", output) if isinstance(output, str) else None,
        metadata=metadata_of(record, _META),
    )
    return case, list(leftovers(name, record, _KNOWN))


def _chat(text: str) -> tuple[Message, ...]:
    """Return a chat written as JSON, or the text as one user message."""
    if text.startswith("["):
        try:
            return chat_of(json.loads(text))
        except (ValueError, BadCase, RecursionError):
            pass
    return chat_of(text)
