"""Braintrust: one dataset record a line."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.suites.case import Case
from workbench.suites.exporters.base import Export, case_record, chat, jsonl, prepare


def export(name: str, cases: Sequence[Case]) -> Export:
    """Make the records; the checks go along as metadata."""
    del name
    ready = prepare(cases)
    return Export({"dataset.jsonl": jsonl([row(e.case) for e in ready.cases])}, ready.unmapped)


def row(case: Case) -> dict[str, object]:
    """Return one record: ``expected`` is a text when there is one, a list when there are more."""
    expected = list(case.expected)
    return {
        "id": case.id,
        "input": chat(case),
        "expected": expected[0] if len(expected) == 1 else expected or None,
        "tags": list(case.tags),
        "metadata": {
            "labels": list(case.labels),
            "checks": list(case.checks),
            "workbench": case_record(case),
        },
    }
