"""DeepEval: goldens as JSON and JSON lines, and a test file with its metrics."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from workbench.suites.case import Case
from workbench.suites.exporters.base import (
    Export,
    Exportable,
    case_record,
    jsonl,
    prepare,
    pretty,
    runtime,
)
from workbench.suites.exporters.pytest import module_name
from workbench.suites.proof import (
    Proof,
    Toolbox,
    check_ran,
    junit_verdicts,
    proof_of,
    recorded,
    recorded_answer,
)

_TEST = '''\
"""Cases from Workbench for DeepEval.

Judges the recorded answers; with EVAL_ANSWER=package.module:function it asks for new ones. The
function gets the golden's input, chat messages as JSON or plain text, and returns a text.
"""

import importlib
import os
from pathlib import Path

import pytest
from deepeval import assert_test
from deepeval.dataset import EvaluationDataset
from deepeval.metrics import BaseMetric, ExactMatchMetric
from deepeval.test_case import LLMTestCase

from workbench_checks import failures

DATASET = EvaluationDataset()
DATASET.add_goldens_from_json_file(file_path=str(Path(__file__).parent / "goldens.json"))
LIVE = os.environ.get("EVAL_ANSWER", "")


class Checks(BaseMetric):
    """The case's own checks: 1 when all hold, else 0."""

    def __init__(self, rules):
        self.rules = rules
        self.threshold = 1.0
        self.async_mode = False
        self.include_reason = True
        self.strict_mode = True
        self.evaluation_model = None

    def measure(self, test_case, *args, **kwargs):
        broken = failures(self.rules, test_case.actual_output)
        self.score, self.reason = float(not broken), "; ".join(broken)
        self.success = not broken
        return self.score

    async def a_measure(self, test_case, *args, **kwargs):
        return self.measure(test_case)

    def is_successful(self):
        return self.success

    @property
    def __name__(self):
        return "Checks"


def metric(golden):
    rules = golden.additional_metadata["rules"]
    exact = rules[0]["kind"] == "equals" and rules[0]["trim"] and len(rules[0]["values"]) == 1
    if len(rules) == 1 and exact and not rules[0]["negated"] and not rules[0]["ignore_case"]:
        return ExactMatchMetric()
    return Checks(rules)


def answer(golden):
    if not LIVE:
        return golden.actual_output
    module, _, name = LIVE.partition(":")
    return getattr(importlib.import_module(module), name)(golden.input)


@pytest.mark.parametrize("number", range(len(DATASET.goldens)))
def test_case(number, record_property):
    golden = DATASET.goldens[number]
    record_property("case", golden.name)
    if not golden.additional_metadata["rules"]:
        pytest.skip("no check of this case can be expressed here")
    if not LIVE and not golden.additional_metadata["has_answer"]:
        pytest.skip("no recorded answer; set EVAL_ANSWER to ask for one")
    rules = golden.additional_metadata["rules"]
    case = LLMTestCase(
        input=golden.input,
        actual_output=answer(golden),
        expected_output=golden.expected_output or (rules[0]["values"] or [""])[0],
    )
    assert_test(case, [metric(golden)], run_async=False)
'''
_LOAD_LINES = """\
import json, sys
from deepeval.dataset import EvaluationDataset
dataset = EvaluationDataset()
dataset.add_goldens_from_jsonl_file(file_path="goldens.jsonl")
print(json.dumps([golden.name for golden in dataset.goldens]))
"""
_ENV = {
    "DEEPEVAL_TELEMETRY_OPT_OUT": "1",
    "DEEPEVAL_DISABLE_DOTENV": "1",
    "DEEPEVAL_UPDATE_WARNING_OPT_IN": "0",
    "ERROR_REPORTING": "0",
    "COLUMNS": "120",
}


def export(name: str, cases: Sequence[Case]) -> Export:
    """Make the goldens in both forms, the test file and the checker."""
    ready = prepare(cases)
    goldens = [golden(e) for e in ready.cases]
    return Export(
        {
            "goldens.json": pretty(goldens),
            "goldens.jsonl": jsonl(goldens),
            f"test_{module_name(name)}.py": _TEST,
            "workbench_checks.py": runtime("workbench_checks.py"),
        },
        ready.unmapped,
    )


def golden(item: Exportable) -> dict[str, object]:
    """Return one golden. A lone user message is its input; a longer chat is JSON in it."""
    case = item.case
    return {
        "name": case.id,
        "input": text_input(case),
        "expected_output": case.expected[0] if case.expected else None,
        "actual_output": recorded_answer(case) if case.evidence else None,
        "comments": case.notes or None,
        "additional_metadata": {
            "rules": [rule.record() for rule in item.rules],
            "has_answer": case.evidence is not None,
            "workbench": case_record(case),
        },
    }


def text_input(case: Case) -> str:
    """Return a lone user message as it is, any other chat as JSON."""
    if len(case.messages) == 1 and case.messages[0].role == "user":
        return case.messages[0].content
    return json.dumps([{"role": m.role, "content": m.content} for m in case.messages])


def prove(name: str, cases: Sequence[Exportable], folder: Path, tools: Toolbox) -> Proof:
    """Load the goldens with both loaders and run the test file on the recorded answers."""
    python = tools.python("deepeval", "deepeval")
    lines = tools.run([python, "-c", _LOAD_LINES], folder, _ENV)
    check_ran(lines, "DeepEval's loader", (0,))
    in_lines = set(json.loads(lines.stdout.splitlines()[-1]))
    report = folder / ".deepeval-proof.xml"
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=."]
    process = tools.run(
        [*command, f"--junitxml={report.name}", f"test_{module_name(name)}.py"], folder, _ENV
    )
    check_ran(process, "DeepEval", (0, 1))
    ids = junit_verdicts(report)
    wanted = recorded(cases)
    if in_lines != {e.case.id for e in cases}:
        ids = {}
    version = tools.run(
        [python, "-c", "import importlib.metadata as m; print(m.version('deepeval'))"], folder
    )
    failed = (case_id for case_id, passed in ids.items() if not passed)
    return proof_of(f"DeepEval {version.stdout.strip()}", wanted, ids, failed)
