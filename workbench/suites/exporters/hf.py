"""Hugging Face datasets: JSON lines in which every column has one type.

Arrow takes the type of a column from what it finds, so free-form data is a JSON text, missing
texts are empty and lists hold texts only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from workbench.suites.case import Case
from workbench.suites.codec import encode
from workbench.suites.exporters.base import Export, Exportable, chat, jsonl, prepare
from workbench.suites.proof import Proof, Toolbox, check_ran, proof_of

_LOAD = """\
import json, datasets
data = datasets.load_dataset("json", data_files="data.jsonl", split="train")
print(json.dumps({
    "version": datasets.__version__,
    "types": {name: str(feature) for name, feature in data.features.items()},
    "rows": {row["id"]: row["fails"] for row in data},
}))
"""


def export(name: str, cases: Sequence[Case]) -> Export:
    """Make the rows."""
    del name
    ready = prepare(cases)
    return Export({"data.jsonl": jsonl([row(e) for e in ready.cases])}, ready.unmapped)


def row(item: Exportable) -> dict[str, object]:
    """Return one row."""
    case, evidence = item.case, item.case.evidence
    return {
        "id": case.id,
        "title": case.title,
        "messages": chat(case),
        "expected": list(case.expected),
        "labels": list(case.labels),
        "tags": list(case.tags),
        "checks": list(case.checks),
        "review": case.review,
        "notes": case.notes,
        "lane": evidence.lane if evidence else "",
        "model": evidence.model if evidence else "",
        "answer": evidence.answer if evidence else "",
        "failed_check": (evidence.check or "") if evidence else "",
        "reason": evidence.reason if evidence else "",
        "fails": bool(item.fails),
        "workbench": encode(case),
    }


def prove(name: str, cases: Sequence[Exportable], folder: Path, tools: Toolbox) -> Proof:
    """Load the rows with ``datasets.load_dataset("json")``."""
    del name
    python = tools.python("hf", "datasets")
    env = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    process = tools.run([python, "-c", _LOAD], folder, env)
    check_ran(process, "datasets", (0,))
    said = json.loads(process.stdout.splitlines()[-1])
    failed = (case_id for case_id, fails in said["rows"].items() if fails)
    return proof_of(f"datasets {said['version']}", cases, said["rows"], failed)
