"""LangSmith: examples as a JSON array or JSON lines."""

from __future__ import annotations

from pathlib import Path

from workbench.model.prompt import Message
from workbench.suites.case import Case
from workbench.suites.codec import BadCase, is_object
from workbench.suites.exporters.langsmith import example
from workbench.suites.importers.base import (
    Import,
    Record,
    chat_of,
    collect,
    find,
    kept_of,
    leftovers,
    metadata_of,
    read_records,
    restored,
    text_of,
    texts_of,
)
from workbench.suites.portable import Unmapped

_KNOWN = ("id", "inputs", "outputs", "metadata")
_OURS = ("id", "labels", "tags", "checks")


def read(path: Path) -> Import:
    """Return the cases of the examples; a lone text among the outputs is the expected value."""
    records, lost = read_records(find(path, "examples.json", "examples.jsonl", "*.json*"))
    made = collect(records, _build)
    return Import(made.cases, (*lost, *made.unmapped))


def _build(record: Record, name: str) -> tuple[Case, list[Unmapped]]:
    case = restored(record, kept_of(record), example)
    if case is not None:
        return case, []
    metadata = metadata_of(record)
    outputs = record.get("outputs")
    values = list(outputs.values()) if is_object(outputs) else []
    expected = texts_of(values[0]) if len(values) == 1 else ()
    lost = list(leftovers(name, record, _KNOWN))
    if values and not expected:
        lost.append(Unmapped(name, "outputs", "not one text or list of texts"))
    case = Case(
        id=text_of(metadata, "id") or text_of(record, "id"),
        messages=_chat(record.get("inputs")),
        checks=texts_of(metadata.get("checks")),
        expected=expected,
        labels=texts_of(metadata.get("labels")),
        tags=texts_of(metadata.get("tags")),
        metadata={k: v for k, v in metadata.items() if k not in _OURS},
    )
    return case, lost


def _chat(inputs: object) -> tuple[Message, ...]:
    if is_object(inputs):
        if "messages" in inputs:
            return chat_of(inputs["messages"])
        if len(inputs) == 1:
            return chat_of(next(iter(inputs.values())))
    raise BadCase("inputs hold neither messages nor one text")
