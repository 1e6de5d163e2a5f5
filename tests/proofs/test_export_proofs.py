"""Every export is proven by its target: the real tool loads it and fails the same cases.

``make test`` installs the tools once, into the user's cache, and sets WORKBENCH_PROOFS=1.
"""

import os
from pathlib import Path

import pytest

from tests.suite_cases import all_cases
from workbench.api.tools import tools_folder
from workbench.suites.exporters.base import write_export
from workbench.suites.exporters.registry import TARGETS, exporter, prove
from workbench.suites.proof import Toolbox

pytestmark = pytest.mark.skipif(
    os.environ.get("WORKBENCH_PROOFS") != "1",
    reason="`make test` installs and runs the targets' tools (PROOFS=0 leaves them out)",
)
CANARY = "canary-5e1f"


@pytest.mark.parametrize(
    "target",
    [pytest.param(t.name, marks=pytest.mark.tool(t.name)) for t in TARGETS.values() if t.tool],
)
def test_the_tool_fails_the_same_cases_and_obeys_no_text(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", CANARY)
    run = Toolbox.run

    def with_canary(self, command, cwd, env=None):
        return run(self, command, cwd, {**(env or {}), "CANARY": CANARY})

    monkeypatch.setattr(Toolbox, "run", with_canary)
    cases = all_cases()
    folder = tmp_path / target
    write_export(exporter(target)("hostile suite", cases), folder)
    proof = prove(target, "hostile suite", cases, folder, Toolbox(tools_folder()))
    assert proof.reason == ""
    assert proof.ok
    assert len(proof.failed) > 30
    assert len(proof.loaded) > 60
    for path in folder.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path
