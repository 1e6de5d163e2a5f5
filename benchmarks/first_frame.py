"""From the start of the process to the first frame, beside a minimal application of the toolkit.

Run: python benchmarks/first_frame.py [--runs 9]

Each program runs on a pseudo terminal of 80x24 until the parent has seen the text it waits for;
then it is ended. CPU is the program's own, all its threads, without the engine's process, which
starts meanwhile. The two programs take turns; the ratio is the median over pairs of neighbours.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MINIMAL = """
from textual.app import App
from textual.containers import Horizontal
from textual.widgets import Input, Static

class Minimal(App):
    CSS = "Static { width: 1fr; }"

    def compose(self):
        with Horizontal():
            for _ in range(4):
                yield Static("first frame")
        yield Input()

Minimal().run()
"""
PROGRAMS = {
    "minimal, four panes": (["-c", MINIMAL], b"first frame"),
    "workbench": (["-m", "workbench"], b"send the prompt"),
}


def once(arguments: list[str], text: bytes, home: str) -> tuple[float, float]:
    """Return seconds of wall time and of CPU until *text* was painted."""
    begin = time.perf_counter()
    pid, fd = pty.fork()
    if pid == 0:
        environment = {**os.environ, "TERM": "xterm-256color", "WORKBENCH_CONFIG": home}
        environment.update({"WORKBENCH_STATE": home, "PYTHONPATH": str(ROOT)})
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        os.chdir(home)
        os.execve(sys.executable, [sys.executable, *arguments], environment)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen = b""
    while text not in seen and time.perf_counter() - begin < 30:
        if select.select([fd], [], [], 1.0)[0]:
            seen += os.read(fd, 1 << 16)
    wall = time.perf_counter() - begin
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")  # nanoseconds; stat counts in 10 ms
    cpu = sum(int(path.read_text().split()[0]) for path in threads)
    end(pid, fd)
    os.close(fd)
    return wall, cpu / 1e9


def end(pid: int, fd: int) -> None:
    """End the program; read on, so that it can restore the terminal."""
    os.kill(pid, signal.SIGTERM)
    limit = time.monotonic() + 3
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        if time.monotonic() > limit:
            os.kill(pid, signal.SIGKILL)
        if select.select([fd], [], [], 0.05)[0]:
            with contextlib.suppress(OSError):
                os.read(fd, 1 << 16)
            time.sleep(0.001)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as home:
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
        for turn in range(runs + 1):
            for name, (arguments, text) in PROGRAMS.items():
                result = once(arguments, text, home)
                if turn:  # the first one writes byte code
                    found[name].append(result)
    print("medians, seconds                wall     CPU")
    for name, results in found.items():
        wall, cpu = (statistics.median(column) for column in zip(*results, strict=True))
        print(f"  {name:<26} {wall:7.3f} {cpu:7.3f}")
    minimal, ours = found.values()
    ratio = statistics.median(a[1] / b[1] for a, b in zip(ours, minimal, strict=True))
    print(f"  CPU, ours to minimal       {'':7} {ratio:7.2f}")


if __name__ == "__main__":
    main()
