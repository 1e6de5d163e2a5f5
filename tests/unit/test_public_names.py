"""The public names: pinned, importable, lazy."""

import subprocess
import sys

import workbench


def test_the_public_names_are_these_and_each_is_there() -> None:
    assert workbench.__all__ == [
        "Attempt",
        "CheckResult",
        "FirstFailure",
        "Iteration",
        "Lane",
        "Message",
        "OpenSession",
        "Outcome",
        "Params",
        "Prompt",
        "RacePlan",
        "Session",
        "SessionFold",
        "WorkbenchError",
        "attempt_document",
        "iteration_document",
        "make_tools",
        "send",
        "send_async",
        "settings_for",
    ]
    for name in workbench.__all__:
        assert getattr(workbench, name).__name__ == name


def test_importing_the_package_imports_nothing_of_it() -> None:
    code = "import sys, workbench; print([m for m in sys.modules if m.startswith('workbench.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
