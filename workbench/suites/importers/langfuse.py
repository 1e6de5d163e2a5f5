"""Langfuse: dataset items."""

from __future__ import annotations

from pathlib import Path

from workbench.suites.case import Case
from workbench.suites.exporters.langfuse import item
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

_KNOWN = ("datasetName", "id", "input", "expectedOutput", "metadata")
_OURS = ("labels", "tags", "checks")


def read(path: Path) -> Import:
    """Return the cases; texts under ``expectedOutput`` become the expected values."""
    records, lost = read_records(find(path, "items.jsonl", "*.jsonl", "*.json"))
    made = collect(records, _build)
    return Import(made.cases, (*lost, *made.unmapped))


def _build(record: Record, name: str) -> tuple[Case, list[Unmapped]]:
    case = restored(record, kept_of(record), lambda c: item(text_of(record, "datasetName"), c))
    if case is not None:
        return case, []
    metadata = metadata_of(record)
    wanted = record.get("expectedOutput")
    expected = texts_of(wanted)
    lost = list(leftovers(name, record, _KNOWN))
    if wanted not in (None, "", []) and not expected:
        lost.append(Unmapped(name, "expectedOutput", "not a text or list of texts"))
    case = Case(
        id=text_of(record, "id"),
        messages=chat_of(record.get("input")),
        checks=texts_of(metadata.get("checks")),
        expected=expected,
        labels=texts_of(metadata.get("labels")),
        tags=texts_of(metadata.get("tags")),
        metadata={k: v for k, v in metadata.items() if k not in _OURS},
    )
    return case, lost
