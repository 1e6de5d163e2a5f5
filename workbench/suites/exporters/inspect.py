"""Inspect AI: JSON lines of samples, a task with its scorer, and the checker it calls."""

from __future__ import annotations

import json
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

_TASK = '''\
"""Cases from Workbench for Inspect AI.

    inspect eval task.py --model openai/gpt-4o-mini         ask a model
    inspect eval task.py@recorded --model mockllm/model     judge the recorded answers
"""

from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import Sample, json_dataset
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import CORRECT, INCORRECT, Score, Target, accuracy, scorer, stderr
from inspect_ai.solver import Generate, TaskState, generate, solver

from workbench_checks import failures

SAMPLES = str(Path(__file__).parent / "samples.jsonl")


@scorer(metrics=[accuracy(), stderr()])
def checks():
    async def score(state: TaskState, target: Target) -> Score:
        answer = state.output.completion
        broken = failures(state.metadata["rules"], answer)
        return Score(
            value=INCORRECT if broken else CORRECT, answer=answer, explanation="; ".join(broken)
        )

    return score


@solver
def replay():
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.output = ModelOutput.from_content("recorded", state.metadata["recorded_answer"])
        state.messages.append(state.output.message)
        return state

    return solve


def has_answer(sample: Sample) -> bool:
    return bool(sample.metadata["rules"]) and sample.metadata["recorded_answer"] is not None


@task
def live():
    return Task(dataset=json_dataset(SAMPLES), solver=generate(), scorer=checks())


@task
def recorded():
    dataset = json_dataset(SAMPLES).filter(has_answer)
    return Task(dataset=dataset, solver=replay(), scorer=checks())
'''
_READ_LOG = """\
import json, sys
from inspect_ai.log import read_eval_log
log = read_eval_log(sys.argv[1])
print(json.dumps({"status": log.status, "error": str(log.error), "scores": {
    str(s.id): s.scores["checks"].value for s in log.samples or []}}))
"""


def export(name: str, cases: Sequence[Case]) -> Export:
    """Make the samples, the task file and the checker."""
    del name
    ready = prepare(cases)
    return Export(
        {
            "samples.jsonl": jsonl([sample(e) for e in ready.cases]),
            "task.py": _TASK,
            "workbench_checks.py": runtime("workbench_checks.py"),
        },
        ready.unmapped,
    )


def sample(item: Exportable) -> dict[str, object]:
    """Return one sample of Inspect."""
    case = item.case
    return {
        "id": case.id,
        "input": chat(case),
        "target": list(case.expected) or "",
        "metadata": {
            "rules": [rule.record() for rule in item.rules],
            "recorded_answer": recorded_answer(case) if case.evidence else None,
            "workbench": case_record(case),
        },
    }


def prove(name: str, cases: Sequence[Exportable], folder: Path, tools: Toolbox) -> Proof:
    """Evaluate the ``recorded`` task with ``mockllm/model`` and read the log with Inspect."""
    del name
    python = tools.python("inspect", "inspect_ai")
    env = {"INSPECT_DISPLAY": "none", "INSPECT_LOG_DIR": str(folder / ".proof-logs")}
    version = tools.run(
        [python, "-c", "import inspect_ai; print(inspect_ai.__version__)"], folder, env
    ).stdout.strip()
    command = [python, "-m", "inspect_ai", "eval", "task.py@recorded", "--model", "mockllm/model"]
    check_ran(tools.run(command, folder, env), "inspect eval", (0,))
    logs = sorted((folder / ".proof-logs").iterdir())
    process = tools.run([python, "-c", _READ_LOG, str(logs[-1])], folder, env)
    check_ran(process, "reading the log", (0,))
    for log in logs:
        log.unlink()
    (folder / ".proof-logs").rmdir()
    said = json.loads(process.stdout)
    scores: dict[str, str] = said["scores"]
    failed = (case_id for case_id, value in scores.items() if value != "C")
    return proof_of(f"Inspect AI {version}", recorded(cases), scores, failed)
