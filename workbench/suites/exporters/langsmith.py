"""LangSmith: examples as a JSON array for its command line, one a line for its SDK."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.suites.case import Case
from workbench.suites.exporters.base import Export, case_record, chat, jsonl, prepare, pretty


def export(name: str, cases: Sequence[Case]) -> Export:
    """Make both files; the checks go along as metadata, LangSmith has evaluators elsewhere."""
    del name
    ready = prepare(cases)
    examples = [example(e.case) for e in ready.cases]
    return Export(
        {"examples.json": pretty(examples), "examples.jsonl": jsonl(examples)}, ready.unmapped
    )


def example(case: Case) -> dict[str, object]:
    """Return one example."""
    return {
        "inputs": {"messages": chat(case)},
        "outputs": {"expected": list(case.expected)} if case.expected else None,
        "metadata": {
            "id": case.id,
            "labels": list(case.labels),
            "tags": list(case.tags),
            "checks": list(case.checks),
            "workbench": case_record(case),
        },
    }
