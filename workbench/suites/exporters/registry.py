"""The registry of targets. A new one is one module with ``export`` and one line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import cast

from workbench.errors import UnknownName, UsageError
from workbench.suites.case import Case
from workbench.suites.exporters.base import Exporter, Target, prepare
from workbench.suites.proof import Proof, Prover, Toolbox

_HERE = "workbench.suites.exporters"
_ALL = (
    Target("promptfoo", "configuration and tests, live and replayed", "promptfoo", "promptfoo"),
    Target("inspect", "Inspect AI samples and task", "inspect", "inspect"),
    Target("openai-evals", "openai/evals registry", "openai_evals", "openai-evals"),
    Target("deepeval", "DeepEval goldens and test file", "deepeval", "deepeval"),
    Target("pytest", "cases and a parametrised test file", "pytest", "pytest"),
    Target("langsmith", "LangSmith examples", "langsmith"),
    Target("braintrust", "Braintrust dataset records", "braintrust"),
    Target("langfuse", "Langfuse dataset items", "langfuse"),
    Target("hf", "Hugging Face datasets, one typed table", "hf", "hf"),
    Target("finetune", "chat lines and few-shot blocks of reviewed cases", "finetune"),
)

TARGETS: Mapping[str, Target] = {target.name: target for target in _ALL}


def get_target(name: str) -> Target:
    """Return the target *name*.

    Raises:
        UnknownName: nobody exports to it.
    """
    if name not in TARGETS:
        raise UnknownName("export target", name, TARGETS)
    return TARGETS[name]


def exporter(name: str) -> Exporter:
    """Return the exporter of target *name*; see :func:`get_target` for what is raised."""
    module = import_module(f"{_HERE}.{get_target(name).module}")
    return cast("Exporter", module.export)


def prove(name: str, suite: str, cases: Sequence[Case], folder: Path, tools: Toolbox) -> Proof:
    """Prove the export of *cases* in *folder* with the target's own tool.

    Raises:
        UnknownName: nobody exports to *name*.
        UsageError: the target has no tool that could prove it, or it is not installed.
        ToolFailed: the tool did not run to its end.
    """
    target = get_target(name)
    if not target.tool:
        raise UsageError(
            f"There is no tool that could prove a {name} export offline.",
            "Its format is checked by Workbench's own tests.",
        )
    module = import_module(f"{_HERE}.{target.module}")
    # The tools run within the folder: a relative name would mean another one there.
    return cast("Prover", module.prove)(suite, prepare(cases).cases, folder.resolve(), tools)
