"""The registry of formats that can be read. A new one is one module with ``read`` and one line."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from workbench.errors import UnknownName
from workbench.suites.importers.base import Importer

SOURCES: Mapping[str, str] = {
    "promptfoo": "promptfoo",
    "inspect": "inspect",
    "openai-evals": "openai_evals",
    "deepeval": "deepeval",
    "pytest": "pytest",
    "langsmith": "langsmith",
    "braintrust": "braintrust",
    "langfuse": "langfuse",
    "hf": "hf",
    "finetune": "finetune",
}
"""Name of each format, and its module here."""


def importer(name: str) -> Importer:
    """Return the importer of format *name*.

    Raises:
        UnknownName: nobody reads it.
    """
    module = SOURCES.get(name)
    if module is None:
        raise UnknownName("import format", name, SOURCES)
    return cast("Importer", import_module(f"workbench.suites.importers.{module}").read)
