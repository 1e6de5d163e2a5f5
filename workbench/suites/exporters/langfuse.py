"""Langfuse: one dataset item a line, with the fields of its API."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.suites.case import Case
from workbench.suites.exporters.base import Export, case_record, chat, jsonl, prepare


def export(name: str, cases: Sequence[Case]) -> Export:
    """Make the items of the dataset *name*; the checks go along as metadata."""
    ready = prepare(cases)
    items = [item(name, e.case) for e in ready.cases]
    return Export({"items.jsonl": jsonl(items)}, ready.unmapped)


def item(name: str, case: Case) -> dict[str, object]:
    """Return one item: ``expectedOutput`` is a text when there is one, a list when more."""
    expected = list(case.expected)
    return {
        "datasetName": name,
        "id": case.id,
        "input": chat(case),
        "expectedOutput": expected[0] if len(expected) == 1 else expected or None,
        "metadata": {
            "labels": list(case.labels),
            "tags": list(case.tags),
            "checks": list(case.checks),
            "workbench": case_record(case),
        },
    }
