"""pytest: the cases that go with an exported test file."""

from __future__ import annotations

from pathlib import Path

from workbench.suites.case import Case, Evidence
from workbench.suites.exporters.pytest import record as exported
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

_KNOWN = ("id", "messages", "recorded_answer", "fails", "metadata")


def read(path: Path) -> Import:
    """Return the cases; rules that were changed by hand are listed, for they are no checks."""
    records, lost = read_records(find(path, "cases.jsonl", "*.jsonl"))
    made = collect(records, _build)
    return Import(made.cases, (*lost, *made.unmapped))


def _build(record: Record, name: str) -> tuple[Case, list[Unmapped]]:
    return merged(record, name, kept_of(record), lambda c: exported(exportable(c)), _foreign)


def _foreign(record: Record, name: str) -> tuple[Case, list[Unmapped]]:
    output, rules = record.get("recorded_answer"), record.get("rules")
    checks = [
        check
        for rule in (rules if isinstance(rules, list) else [])
        for check in texts_of(rule.get("check") if isinstance(rule, dict) else None)
    ]
    case = Case(
        id=text_of(record, "id"),
        messages=chat_of(record.get("messages")),
        checks=tuple(checks),
        evidence=Evidence("pytest", "", output) if isinstance(output, str) else None,
        metadata=metadata_of(record),
    )
    known = (*_KNOWN, "rules") if checks else _KNOWN
    return case, list(leftovers(name, record, known))
