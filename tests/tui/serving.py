"""``workbench serve`` as a process of its own, on lanes that play what was written for them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
LANES = """
[defaults]
lanes = ["small", "large"]
checks = ["json", "max_words:100"]

[lanes.small]
provider = "scripted"
model = "script"
options = { text = "Sure! Here it is: (link http://evil.example) \\u001b]52;c;aGVsbG8=\\u0007", ttft_ms = 50, tokens_per_s = 200 }

[lanes.large]
provider = "scripted"
model = "script"
options = { text = '{"umbrellas": 3}', ttft_ms = 80, tokens_per_s = 200 }
"""  # noqa: E501 - TOML keeps inline tables on one line


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing but *folder* is known or written."""
    own = {f"WORKBENCH_{n}": str(folder / n.lower()) for n in ("CONFIG", "STATE", "CACHE")}
    return {**os.environ, **own, "PYTHONPATH": str(ROOT), "TERM": "dumb"}


class Serving:
    """The server; ``address`` is the newest one it has printed."""

    def __init__(self, folder: Path, *options: str) -> None:
        (folder / "workbench.toml").write_text(LANES)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workbench", "serve", *options],
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.address = ""
        self.next_address()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=20)

    def next_address(self) -> str:
        """Wait for the next address it prints."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        if found is None:
            _, said = self.process.communicate(timeout=20)
            raise AssertionError(line + said)
        self.address = found[0]
        return self.address

    @property
    def base(self) -> str:
        """The address without its token."""
        return self.address.partition("?")[0]

    def engine(self) -> int:
        """Return the process id of its engine."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        (found,) = [int(pid) for path in tasks for pid in path.read_text().split()]
        return found

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)


def gone(pid: int, seconds: float = 10) -> bool:
    """Wait until a process is gone."""
    end = time.monotonic() + seconds
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
