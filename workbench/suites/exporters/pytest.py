"""pytest: the cases and one parametrised test file, for the recorded answers or a live function."""

from __future__ import annotations

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
"""Cases from Workbench for pytest.

Without anything set, each recorded answer is judged again: the tests pass as long as the recorded
failures still are failures (EVAL_STRICT=1 turns that around: a failing answer fails its test).
With EVAL_ANSWER=package.module:function each case is asked anew, and the answer must pass. The
function gets the messages, a list of {"role": ..., "content": ...}, and returns a text.
"""

import importlib
import json
import os
from pathlib import Path

import pytest

from workbench_checks import failures

with (Path(__file__).parent / "cases.jsonl").open(encoding="utf-8", newline="\\n") as file:
    CASES = [json.loads(line) for line in file]
LIVE = os.environ.get("EVAL_ANSWER", "")
STRICT = os.environ.get("EVAL_STRICT", "") == "1"


def live_answer(messages):
    module, _, name = LIVE.partition(":")
    return getattr(importlib.import_module(module), name)(messages)


@pytest.mark.parametrize("number", range(len(CASES)))
def test_case(number, record_property):
    case = CASES[number]
    record_property("case", case["id"])
    if not case["rules"]:
        pytest.skip("no check of this case can be expressed here")
    if LIVE:
        broken = failures(case["rules"], live_answer(case["messages"]))
        assert not broken, "; ".join(broken)
        return
    if case["recorded_answer"] is None:
        pytest.skip("no recorded answer; set EVAL_ANSWER to ask for one")
    broken = failures(case["rules"], case["recorded_answer"])
    if STRICT:
        assert not broken, "; ".join(broken)
    else:
        assert bool(broken) == case["fails"], "the recorded answer is judged differently now"
'''


def export(name: str, cases: Sequence[Case]) -> Export:
    """Make the cases, the test file and the checker."""
    ready = prepare(cases)
    return Export(
        {
            "cases.jsonl": jsonl([record(e) for e in ready.cases]),
            f"test_{module_name(name)}.py": _TEST,
            "workbench_checks.py": runtime("workbench_checks.py"),
        },
        ready.unmapped,
    )


def module_name(name: str) -> str:
    """Return *name* as part of a Python file's name."""
    return re.sub(r"\W+", "_", name.lower(), flags=re.ASCII).strip("_") or "suite"


def record(item: Exportable) -> dict[str, object]:
    """Return one case as the test file reads it."""
    case = item.case
    return {
        "id": case.id,
        "messages": chat(case),
        "rules": [rule.record() for rule in item.rules],
        "recorded_answer": recorded_answer(case) if case.evidence else None,
        "fails": item.fails,
        "metadata": {"workbench": case_record(case)},
    }


def prove(name: str, cases: Sequence[Exportable], folder: Path, tools: Toolbox) -> Proof:
    """Run pytest on the recorded answers, strictly and not, and read its JUnit reports."""
    python = tools.python("pytest", "pytest")
    command = [
        python,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"test_{module_name(name)}.py",
    ]
    loose = tools.run([*command, "--rootdir=."], folder)
    check_ran(loose, "pytest", (0,))
    report = folder / ".pytest-proof.xml"
    strict = tools.run(
        [*command, "--rootdir=.", f"--junitxml={report.name}"], folder, {"EVAL_STRICT": "1"}
    )
    check_ran(strict, "pytest", (0, 1))
    ids = junit_verdicts(report)
    version = tools.run([python, "-c", "import pytest; print(pytest.__version__)"], folder)
    failed = (case_id for case_id, passed in ids.items() if not passed)
    return proof_of(f"pytest {version.stdout.strip()}", recorded(cases), ids, failed)
