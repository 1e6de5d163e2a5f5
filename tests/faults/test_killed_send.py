"""``kill -9`` of a whole ``workbench send``: what had arrived stays, and the session goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from workbench.store.sessions import load

ROOT = Path(__file__).parents[2]
PROJECT = """
[lanes.slow]
provider = "scripted"
model = "script"
options = { text = "word word word word word word word word word word word word", tokens_per_s = 5 }

[lanes.good]
provider = "scripted"
model = "script"
options = { text = "done", tokens_per_s = 400 }
"""


def workbench(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for name in ("CONFIG", "STATE", "CACHE"):
        environment[f"WORKBENCH_{name}"] = str(folder / name.lower())
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_a_killed_send_keeps_what_arrived_and_its_session_goes_on(tmp_path) -> None:
    (tmp_path / "workbench.toml").write_text(PROJECT)
    process = workbench(tmp_path, "send", "Say words", "-l", "slow")
    deadline = time.monotonic() + 60
    path = None
    while time.monotonic() < deadline:
        path = next((tmp_path / "sessions").glob("*.jsonl"), None)
        if path is not None and path.read_bytes().count(b'"t":"chunks"') >= 2:
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    loaded = load(path)
    attempt = loaded.session.attempts()[0]
    assert attempt.text.startswith("word")
    assert (attempt.state, attempt.verdict, attempt.total_ms) == ("streaming", "pending", None)
    again = workbench(tmp_path, "send", "Again", "-l", "good", "--session", path.stem)
    assert again.wait(timeout=60) == 0
    session = load(path).session
    assert [i.number for i in session.iterations] == [1, 2]
    assert [a.number for a in session.attempts()] == [1, 2]
    assert session.attempts()[1].text == "done"
