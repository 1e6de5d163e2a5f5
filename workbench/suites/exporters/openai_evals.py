"""openai/evals: a registry with an eval, its samples and a completion function that replays."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from workbench.suites.case import Case
from workbench.suites.exporters.base import (
    Export,
    Exportable,
    case_record,
    chat,
    jsonl,
    prepare,
    runtime,
)
from workbench.suites.proof import Proof, Toolbox, check_ran, proof_of, recorded, recorded_answer

_EVAL = '''\
"""Cases from Workbench for openai/evals. From this folder:

    PYTHONPATH=. oaieval gpt-4o-mini NAME --registry_path registry
    PYTHONPATH=. oaieval recorded NAME-recorded --registry_path registry
"""

import json

import evals
import evals.metrics
from evals.api import CompletionFn, CompletionResult

from workbench_checks import failures


class Checks(evals.Eval):
    def __init__(self, completion_fns, samples_jsonl, *args, **kwargs):
        super().__init__(completion_fns, *args, **kwargs)
        self.samples_jsonl = samples_jsonl

    def eval_sample(self, sample, *_):
        result = self.completion_fn(prompt=sample["input"], sample=sample)
        sampled = result.get_completions()[0]
        broken = failures(sample["rules"], sampled)
        evals.record.record_match(
            not broken, expected=sample["ideal"], sampled=sampled, case=sample["id"], broken=broken
        )

    def run(self, recorder):
        self.eval_all_samples(recorder, self.get_samples())
        events = recorder.get_events("match")
        return {"accuracy": evals.metrics.get_accuracy(events)}


class Answer(CompletionResult):
    def __init__(self, text):
        self.text = text

    def get_completions(self):
        return [self.text]


class Recorded(CompletionFn):
    """Gives the recorded answer of each sample."""

    def __init__(self, **kwargs):
        pass

    def __call__(self, prompt, sample=None, **kwargs):
        return Answer(sample["recorded_answer"])
'''
_REGISTRY = """\
{name}:
  id: {name}.workbench.v1
  metrics: [accuracy]
{name}.workbench.v1:
  class: workbench_eval:Checks
  args:
    samples_jsonl: {name}/samples.jsonl
{name}-recorded:
  id: {name}-recorded.workbench.v1
  metrics: [accuracy]
{name}-recorded.workbench.v1:
  class: workbench_eval:Checks
  args:
    samples_jsonl: {name}/recorded.jsonl
"""
_MATCH = """\
{name}-match:
  id: {name}-match.workbench.v1
  metrics: [accuracy]
{name}-match.workbench.v1:
  class: evals.elsuite.basic.match:Match
  args:
    samples_jsonl: {name}/match.jsonl
"""
_COMPLETION = "recorded:\n  class: workbench_eval:Recorded\n"


def eval_name(name: str) -> str:
    """Return *name* as the registry takes it: lower case, no dots."""
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-") or "suite"


def export(name: str, cases: Sequence[Case]) -> Export:
    """Make the registry; cases with an expected value also become a built-in ``Match`` eval."""
    plain = eval_name(name)
    ready = prepare(cases)
    data = f"registry/data/{plain}"
    files = {
        f"{data}/samples.jsonl": jsonl([sample(e) for e in ready.cases]),
        f"{data}/recorded.jsonl": jsonl([sample(e) for e in recorded(ready.cases)]),
        "registry/completion_fns/recorded.yaml": _COMPLETION,
        "workbench_eval.py": _EVAL.replace("NAME", plain),
        "workbench_checks.py": runtime("workbench_checks.py"),
    }
    registry = _REGISTRY.format(name=plain)
    known = [e for e in ready.cases if e.case.expected]
    if known:
        registry += _MATCH.format(name=plain)
        files[f"{data}/match.jsonl"] = jsonl([sample(e) for e in known])
    return Export({f"registry/evals/{plain}.yaml": registry, **files}, ready.unmapped)


def sample(item: Exportable) -> dict[str, object]:
    """Return one sample of openai/evals."""
    case = item.case
    return {
        "id": case.id,
        "input": chat(case),
        "ideal": list(case.expected),
        "rules": [rule.record() for rule in item.rules],
        "recorded_answer": recorded_answer(case) if case.evidence else None,
        "metadata": {"workbench": case_record(case)},
    }


def prove(name: str, cases: Sequence[Exportable], folder: Path, tools: Toolbox) -> Proof:
    """Run ``oaieval`` with the completion function that replays, and read its record."""
    python = tools.python("openai-evals", "evals")
    record = folder / ".openai-evals-proof.jsonl"
    command = [python, "-m", "evals.cli.oaieval", "recorded", f"{eval_name(name)}-recorded"]
    flags = ["--registry_path", "registry", "--record_path", record.name]
    env = {
        "PYTHONPATH": ".",
        "OPENAI_API_KEY": "none",
        "EVALS_THREADS": "2",
        "EVALS_SEQUENTIAL": "1",
    }
    check_ran(tools.run([*command, *flags], folder, env), "oaieval", (0,))
    events = [json.loads(line) for line in record.read_text(encoding="utf-8").split("\n") if line]
    record.unlink()
    ids: dict[str, bool] = {
        e["data"]["case"]: bool(e["data"]["correct"]) for e in events if e.get("type") == "match"
    }
    failed = (case_id for case_id, correct in ids.items() if not correct)
    version = tools.run(
        [python, "-c", "import importlib.metadata as m; print(m.version('evals'))"], folder
    ).stdout.strip()
    return proof_of(f"openai/evals {version}", recorded(cases), ids, failed)
