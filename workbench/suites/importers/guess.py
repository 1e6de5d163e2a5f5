"""Whose format a file has, told by its shape, where that leaves no doubt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workbench.errors import UsageError
from workbench.suites.codec import is_object
from workbench.suites.importers.base import read_records
from workbench.suites.importers.registry import SOURCES

_FOLDERS: Mapping[str, tuple[str, ...]] = {
    "promptfoo": ("promptfooconfig.yaml", "promptfooconfig.yml"),
    "inspect": ("samples.jsonl",),
    "openai-evals": ("registry/data/*/samples.jsonl",),
    "deepeval": ("goldens.json", "goldens.jsonl"),
    "pytest": ("cases.jsonl",),
    "langsmith": ("examples.json", "examples.jsonl"),
    "braintrust": ("dataset.jsonl",),
    "langfuse": ("items.jsonl",),
    "hf": ("data.jsonl",),
    "finetune": ("train.jsonl",),
}
_MARKS: Mapping[str, tuple[frozenset[str], ...]] = {
    "promptfoo": tuple(frozenset({field}) for field in ("vars", "assert", "providerOutput")),
    "inspect": (frozenset({"input", "target"}),),
    "openai-evals": (frozenset({"input", "ideal"}),),
    "deepeval": tuple(
        frozenset({"input", field})
        for field in ("expected_output", "actual_output", "additional_metadata")
    ),
    "pytest": (frozenset({"messages", "rules"}), frozenset({"messages", "recorded_answer"})),
    "langsmith": (frozenset({"inputs"}),),
    "braintrust": (frozenset({"input", "expected"}),),
    "langfuse": (frozenset({"input", "expectedOutput"}), frozenset({"input", "datasetName"})),
    "hf": tuple(
        frozenset(fields)
        for fields in (("messages", "workbench"), ("prompt",), ("question",), ("instruction",))
    ),
}
_INPUT_ALONE = ("inspect", "openai-evals", "deepeval", "braintrust", "langfuse", "hf")
_LOOKED_AT = 50


def guess(path: Path) -> str:
    """Return the format that the file *path*, or the export in the folder *path*, has.

    Raises:
        UsageError: it cannot be read, or may be of several formats, or of none.
    """
    found = _of_folder(path) if path.is_dir() else _of_file(path)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{path} may be of several formats: {', '.join(found)}.", "Say which with --from."
        )
    raise UsageError(
        f"{path} looks like none of the formats that are read.",
        f"Say which it is with --from: {', '.join(SOURCES)}.",
    )


def _of_folder(path: Path) -> list[str]:
    return [name for name, files in _FOLDERS.items() if any(any(path.glob(file)) for file in files)]


def _of_file(path: Path) -> list[str]:
    if path.suffix.lower() in (".yaml", ".yml"):
        return ["promptfoo"]
    records, _ = read_records(path)
    found = {name for record in records[:_LOOKED_AT] for name in _of_record(record)}
    if not found and any("input" in record for record in records[:_LOOKED_AT]):
        return list(_INPUT_ALONE)
    return [name for name in SOURCES if name in found]


def _of_record(record: Mapping[str, object]) -> list[str]:
    fields = record.keys()
    if fields == {"messages"}:
        chat = record["messages"]
        last = chat[-1] if isinstance(chat, list) and chat else None
        return ["finetune"] if is_object(last) and last.get("role") == "assistant" else []
    return [name for name, marks in _MARKS.items() if any(mark <= fields for mark in marks)]
