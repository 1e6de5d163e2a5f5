"""Langfuse: dataset items."""

from __future__ import annotations

from pathlib import Path

from workbench.suites.exporters.langfuse import item
from workbench.suites.importers.base import Import, text_of
from workbench.suites.importers.rows import Rows, read_rows

ROWS = Rows(
    ("items.jsonl", "*.jsonl", "*.json"),
    lambda case, record: item(text_of(record, "datasetName"), case),
    wanted="expectedOutput",
    ours=("labels", "tags", "checks"),
    others=("datasetName",),
)


def read(path: Path) -> Import:
    """Return the cases; texts under ``expectedOutput`` become the expected values."""
    return read_rows(path, ROWS)
