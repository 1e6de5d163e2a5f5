"""Braintrust: dataset records."""

from __future__ import annotations

from pathlib import Path

from workbench.suites.case import Case
from workbench.suites.exporters.braintrust import row
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

_KNOWN = ("id", "input", "expected", "tags", "metadata")
_OURS = ("labels", "checks")


def read(path: Path) -> Import:
    """Return the cases; texts under ``expected`` become the expected values."""
    records, lost = read_records(find(path, "dataset.jsonl", "*.jsonl", "*.json"))
    made = collect(records, _build)
    return Import(made.cases, (*lost, *made.unmapped))


def _build(record: Record, name: str) -> tuple[Case, list[Unmapped]]:
    case = restored(record, kept_of(record), row)
    if case is not None:
        return case, []
    metadata = metadata_of(record)
    wanted = record.get("expected")
    expected = texts_of(wanted)
    lost = list(leftovers(name, record, _KNOWN))
    if wanted not in (None, "", []) and not expected:
        lost.append(Unmapped(name, "expected", "not a text or list of texts"))
    case = Case(
        id=text_of(record, "id"),
        messages=chat_of(record.get("input")),
        checks=texts_of(metadata.get("checks")),
        expected=expected,
        labels=texts_of(metadata.get("labels")),
        tags=texts_of(record.get("tags")),
        metadata={k: v for k, v in metadata.items() if k not in _OURS},
    )
    return case, lost
