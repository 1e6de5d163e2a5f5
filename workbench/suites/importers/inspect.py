"""Inspect AI: samples as JSON lines or a JSON array."""

from __future__ import annotations

from pathlib import Path

from workbench.suites.exporters.inspect import sample
from workbench.suites.importers.base import Import, exportable
from workbench.suites.importers.rows import Rows, read_rows

ROWS = Rows(
    ("samples.jsonl", "*.jsonl", "*.json"),
    lambda case, _: sample(exportable(case)),
    wanted="target",
)


def read(path: Path) -> Import:
    """Return the cases of the samples; ``target`` becomes the expected values."""
    return read_rows(path, ROWS)
