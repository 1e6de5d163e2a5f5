"""openai/evals: samples with ``input`` and ``ideal``."""

from __future__ import annotations

from pathlib import Path

from workbench.suites.exporters.openai_evals import sample
from workbench.suites.importers.base import Import, exportable
from workbench.suites.importers.rows import Rows, read_rows

ROWS = Rows(
    ("registry/data/*/samples.jsonl", "*.jsonl"),
    lambda case, _: sample(exportable(case)),
    wanted="ideal",
)


def read(path: Path) -> Import:
    """Return the cases of the samples; ``ideal`` becomes the expected values."""
    return read_rows(path, ROWS)
