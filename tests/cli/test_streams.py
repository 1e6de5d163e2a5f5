"""Standard streams that are closed, full, read by nobody, or of an old locale."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Result

ROOT = Path(__file__).parents[2]
Shell = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(params=["buffered", "unbuffered"])
def shell(project: Path, request: pytest.FixtureRequest) -> Shell:
    """Run a line of the shell in which ``WB`` is the command."""

    def call(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
        set_by_us = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        set_by_us.pop("PYTHONUNBUFFERED", None)
        if request.param == "unbuffered":
            set_by_us["PYTHONUNBUFFERED"] = "1"
        command = line.replace("WB", f"{sys.executable} -m workbench")
        return subprocess.run(
            ["bash", "-c", command],
            cwd=project,
            env=set_by_us,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return call


GOOD = "WB send hi -l good -c json --session none"
PROSE = "WB send hi -l prose -c json --session none"


@pytest.mark.parametrize(("command", "code"), [(GOOD, "0"), (PROSE, "1"), ("WB checks list", "0")])
def test_a_reader_that_leaves_changes_no_exit_code(shell: Shell, command: str, code: str) -> None:
    done = shell(f"{command} | true; echo ${{PIPESTATUS[0]}}")
    assert (done.stdout.strip(), done.stderr) == (code, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("command", [GOOD, "WB lanes list --json"])
def test_a_full_disk_behind_standard_output_is_told(shell: Shell, command: str) -> None:
    done = shell(f"{command} > /dev/full")
    assert done.returncode == 3
    assert done.stderr.startswith("workbench: Standard output cannot be written: No space left")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-", "2>/dev/full"])
def test_closed_streams_change_no_exit_code(shell: Shell, closed: str) -> None:
    done = shell(f"{PROSE} {closed}")
    assert (done.returncode, done.stderr) == (1, "")


def test_an_old_locale_gets_signs_it_knows_and_documents_stay_whole(
    shell: Shell, project: Path
) -> None:
    shell("WB send 'hi \u2500 \u4f60' -l prose -c json")
    name = next((project / "sessions").iterdir()).stem
    shell(f"WB cases add {name} --suite s")
    old = {"PYTHONIOENCODING": "latin-1"}
    listed = shell("WB cases list s", **old)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "hi - \\u4f60" in listed.stdout
    assert "---" in listed.stdout
    case = json.loads(shell("WB cases list s --json", **old).stdout)
    assert case["messages"][0]["content"] == "hi \u2500 \u4f60"


def test_a_report_is_written_to_what_standard_output_is(shell: Shell, project: Path) -> None:
    shell(f"{PROSE.replace('--session none', '')}")
    name = next((project / "sessions").iterdir()).stem
    shell(f"WB cases add {name} --suite s")
    done = shell("WB run s -l good --md /dev/stdout --json > both.txt; ls -l /dev/stdout")
    assert done.stdout.startswith("l")
    both = (project / "both.txt").read_text()
    assert "| lane |" in both
    assert '"planned"' in both
    null = shell("WB run s -l good --junit /dev/null > /dev/null; test -c /dev/null && echo there")
    assert null.stdout == "there\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_behind_standard_output_costs_no_report(shell: Shell, project: Path) -> None:
    shell(PROSE.replace("--session none", ""))
    name = next((project / "sessions").iterdir()).stem
    shell(f"WB cases add {name} --suite s")
    done = shell("WB run s -l good --json --junit junit.xml > /dev/full")
    assert (done.returncode, "Standard output cannot be written" in done.stderr) == (3, True)
    assert "<testsuite" in (project / "junit.xml").read_text()


def test_a_folder_that_is_gone_is_told(shell: Shell) -> None:
    done = shell("mkdir gone; cd gone; rmdir ../gone; WB doctor")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "The current folder cannot be used" in done.stderr


def test_a_full_disk_behind_a_report_is_told(workbench: Callable[..., Result]) -> None:
    workbench("send", "hi", "-l", "prose", "-c", "json")
    name = next(Path("sessions").iterdir()).stem
    done = workbench("report", name, "-o", "/dev/full")
    assert (done.code, "No space left on device" in done.err) == (3, True)
    assert Path("/dev/full").is_char_device()
