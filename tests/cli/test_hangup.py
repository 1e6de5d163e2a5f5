"""A terminal that goes away ends a run as Ctrl+C does; ``nohup`` keeps it going."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.model.prompt import Message
from workbench.store.sessions import load
from workbench.suites.case import Case
from workbench.suites.file import append_cases

ROOT = Path(__file__).parents[2]
STUCK = """
[lanes.stuck]
provider = "scripted"
model = "script"
options = { text = "begun and more", ttft_ms = 1, stall_after = 1, stall_ms = 600000 }
"""


def started(project: Path, *command: str, ignored: bool = False) -> subprocess.Popen[bytes]:
    """Start a command and wait until text of its answer is in the session's file."""
    with (project / "workbench.toml").open("a") as file:
        file.write(STUCK)
    append_cases(project / "suites" / "s.jsonl", [Case("c", (Message("user", "x"),))])
    hangup = signal.SIG_IGN if ignored else signal.SIG_DFL  # whatever these tests were started by
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", *command],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, hangup),  # noqa: PLW1509 - no threads here
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        files = list((project / "sessions").glob("*.jsonl"))
        if files and b'"t":"chunks"' in files[0].read_bytes():
            break
        time.sleep(0.02)
    return process


@pytest.mark.parametrize(
    ("command", "code"), [(("run", "s", "-l", "stuck"), 130), (("send", "x", "-l", "stuck"), 129)]
)
def test_a_hangup_keeps_what_arrived_and_says_that_it_was_cancelled(
    project: Path, command: tuple[str, ...], code: int
) -> None:
    process = started(project, *command)
    process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=30) == code
    (path,) = (project / "sessions").iterdir()
    (attempt,) = load(path).session.attempts()
    assert (attempt.state, attempt.text) == ("cancelled", "begu")


def test_what_was_started_to_outlive_its_terminal_does(project: Path) -> None:
    process = started(project, "send", "x", "-l", "stuck", ignored=True)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 143
