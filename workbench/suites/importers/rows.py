"""Formats that are one record a case: datasets with an input, what is expected, and metadata."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench.model.prompt import Message
from workbench.records import dataclass
from workbench.suites.case import Case
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
    text_of,
    texts_of,
)
from workbench.suites.importers.merge import merged
from workbench.suites.portable import Unmapped


@dataclass(frozen=True, slots=True)
class Rows:
    """How the records of a format are read.

    ``files`` are the names (or patterns) to look for in a folder. ``again`` exports a case as the
    given record would be: what nobody changed comes back as the case it was. ``wanted`` is the
    field of the expected values, ``given`` that of the messages; ``texts`` and ``chat`` read them.
    ``ours`` are entries of the metadata that have a place in a case, ``others`` further fields.
    """

    files: tuple[str, ...]
    again: Callable[[Case, Record], object]
    wanted: str
    given: str = "input"
    ours: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    texts: Callable[[object], tuple[str, ...]] = texts_of
    chat: Callable[[object], tuple[Message, ...]] = chat_of


def read_rows(path: Path, rows: Rows) -> Import:
    """Return the cases of the file *path*, or of the export in the folder *path*.

    Raises:
        UsageError: it cannot be read, or holds no records.
    """
    records, lost = read_records(find(path, *rows.files))
    made = collect(records, lambda record, name: _build(rows, record, name))
    return Import(made.cases, (*lost, *made.unmapped))


def _build(rows: Rows, record: Record, name: str) -> tuple[Case, list[Unmapped]]:
    return merged(
        record,
        name,
        kept_of(record),
        lambda c: rows.again(c, record),
        lambda one, called: _foreign(rows, one, called),
    )


def _foreign(rows: Rows, record: Record, name: str) -> tuple[Case, list[Unmapped]]:
    metadata = metadata_of(record)
    ours = {field: texts_of(metadata.get(field)) for field in rows.ours}
    wanted = record.get(rows.wanted)
    expected = rows.texts(wanted)
    known = ("id", rows.given, rows.wanted, "metadata", *rows.others)
    lost = list(leftovers(name, record, known))
    if wanted not in (None, "", [], {}) and not expected:
        lost.append(Unmapped(name, rows.wanted, "not a text or list of texts"))
    case = Case(
        id=(text_of(metadata, "id") if "id" in ours else "") or text_of(record, "id"),
        messages=rows.chat(record.get(rows.given)),
        checks=ours.get("checks", ()),
        expected=expected,
        labels=ours.get("labels", ()),
        tags=texts_of(record.get("tags")) if "tags" in rows.others else ours.get("tags", ()),
        metadata={field: value for field, value in metadata.items() if field not in ours},
    )
    return case, lost
