"""LangSmith: examples as a JSON array or JSON lines."""

from __future__ import annotations

from pathlib import Path

from workbench.model.prompt import Message
from workbench.suites.codec import BadCase, is_object
from workbench.suites.exporters.langsmith import example
from workbench.suites.importers.base import Import, chat_of, texts_of
from workbench.suites.importers.rows import Rows, read_rows


def read(path: Path) -> Import:
    """Return the cases of the examples; a lone text among the outputs is the expected value."""
    return read_rows(path, ROWS)


def _texts(outputs: object) -> tuple[str, ...]:
    values = list(outputs.values()) if is_object(outputs) else []
    return texts_of(values[0]) if len(values) == 1 else ()


def _chat(inputs: object) -> tuple[Message, ...]:
    if is_object(inputs):
        if "messages" in inputs:
            return chat_of(inputs["messages"])
        if len(inputs) == 1:
            return chat_of(next(iter(inputs.values())))
    raise BadCase("inputs hold neither messages nor one text")


ROWS = Rows(
    ("examples.json", "examples.jsonl", "*.json*"),
    lambda case, _: example(case),
    wanted="outputs",
    given="inputs",
    ours=("id", "labels", "tags", "checks"),
    texts=_texts,
    chat=_chat,
)
