"""Hugging Face datasets: the rows of an export, or of any table with an input column."""

from __future__ import annotations

from pathlib import Path

from workbench.suites.case import Case
from workbench.suites.codec import BadCase
from workbench.suites.exporters.hf import row
from workbench.suites.importers.base import (
    Import,
    Record,
    chat_of,
    collect,
    exportable,
    find,
    leftovers,
    read_records,
    text_of,
    texts_of,
)
from workbench.suites.importers.merge import merged
from workbench.suites.portable import Unmapped

_INPUTS = ("messages", "input", "prompt", "question", "instruction")
_EXPECTED = ("expected", "output", "answer", "target", "label")


def read(path: Path) -> Import:
    """Return the cases: the first input column is sent, the first answer column is expected."""
    records, lost = read_records(find(path, "data.jsonl", "*.jsonl", "*.json"))
    made = collect(records, _build)
    return Import(made.cases, (*lost, *made.unmapped))


def _build(record: Record, name: str) -> tuple[Case, list[Unmapped]]:
    return merged(record, name, record.get("workbench"), lambda c: row(exportable(c)), _foreign)


def _foreign(record: Record, name: str) -> tuple[Case, list[Unmapped]]:
    source = next((field for field in _INPUTS if record.get(field)), None)
    if source is None:
        raise BadCase(f"no column of {', '.join(_INPUTS)}")
    wanted = next((field for field in _EXPECTED if texts_of(record.get(field))), "")
    case = Case(
        id=text_of(record, "id"),
        messages=chat_of(record[source]),
        title=text_of(record, "title"),
        checks=texts_of(record.get("checks")),
        expected=texts_of(record.get(wanted)),
        labels=texts_of(record.get("labels")),
        tags=texts_of(record.get("tags")),
        notes=text_of(record, "notes"),
    )
    known = ("id", "title", "checks", "labels", "tags", "notes", "workbench", source, wanted)
    return case, list(leftovers(name, record, known))
