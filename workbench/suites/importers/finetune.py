"""Chat lines for fine-tuning: what the assistant says last is the expected answer."""

from __future__ import annotations

from pathlib import Path

from workbench.suites.case import Case
from workbench.suites.codec import BadCase
from workbench.suites.importers.base import (
    Import,
    Record,
    chat_of,
    collect,
    leftovers,
    read_records,
)
from workbench.suites.portable import Unmapped


def read(path: Path) -> Import:
    """Return the cases of one file, or of ``train.jsonl`` and ``heldout.jsonl`` in a folder."""
    files = [path / "train.jsonl", path / "heldout.jsonl"] if path.is_dir() else [path]
    records: list[Record] = []
    lost: list[Unmapped] = []
    for file in files:
        found, unread = read_records(file)
        records += found
        lost += unread
    made = collect(records, _build)
    return Import(made.cases, (*lost, *made.unmapped))


def _build(record: Record, name: str) -> tuple[Case, list[Unmapped]]:
    messages = chat_of(record.get("messages"))
    if len(messages) < 2 or messages[-1].role != "assistant":
        raise BadCase("the chat does not end with an answer of the assistant")
    case = Case(id="", messages=messages[:-1], expected=(messages[-1].content,), review="reviewed")
    return case, list(leftovers(name, record, ("messages",)))
