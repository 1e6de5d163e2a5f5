"""openai/evals: samples with ``input`` and ``ideal``."""

from __future__ import annotations

from pathlib import Path

from workbench.suites.case import Case
from workbench.suites.exporters.openai_evals import sample
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
    restored,
    text_of,
    texts_of,
)
from workbench.suites.portable import Unmapped

_KNOWN = ("id", "input", "ideal", "metadata")


def read(path: Path) -> Import:
    """Return the cases of the samples; ``ideal`` becomes the expected values."""
    records, lost = read_records(find(path, "registry/data/*/samples.jsonl", "*.jsonl"))
    made = collect(records, _build)
    return Import(made.cases, (*lost, *made.unmapped))


def _build(record: Record, name: str) -> tuple[Case, list[Unmapped]]:
    case = restored(record, kept_of(record), lambda c: sample(exportable(c)))
    if case is not None:
        return case, []
    case = Case(
        id=text_of(record, "id"),
        messages=chat_of(record.get("input")),
        expected=texts_of(record.get("ideal")),
        metadata=metadata_of(record),
    )
    return case, list(leftovers(name, record, _KNOWN))
