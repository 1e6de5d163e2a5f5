"""Braintrust: dataset records."""

from __future__ import annotations

from pathlib import Path

from workbench.suites.exporters.braintrust import row
from workbench.suites.importers.base import Import
from workbench.suites.importers.rows import Rows, read_rows

ROWS = Rows(
    ("dataset.jsonl", "*.jsonl", "*.json"),
    lambda case, _: row(case),
    wanted="expected",
    ours=("labels", "checks"),
    others=("tags",),
)


def read(path: Path) -> Import:
    """Return the cases; texts under ``expected`` become the expected values."""
    return read_rows(path, ROWS)
