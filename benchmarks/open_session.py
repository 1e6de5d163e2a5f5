"""Opening a session of 10,000 attempts on the screen: ``python -m benchmarks.open_session``.

The screen runs on a pseudo terminal of 120x40. First it is started on the session (wall time from
the start of the process until the newest iteration is painted, beside a start without a session);
then, already open, it opens the session from the browser (from the key until it is painted).
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import random
import select
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

from benchmarks.bench_sessions import fill
from benchmarks.first_frame import ROOT, end

CTRL_F, ENTER = b"\x06", b"\r"


class Screen:
    """A workbench on a pseudo terminal."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.began = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            own = {f"WORKBENCH_{n}": str(home) for n in ("CONFIG", "STATE")}
            environment = {**os.environ, **own, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
            environment.pop("PYTHONDONTWRITEBYTECODE", None)
            os.chdir(home)
            command = [sys.executable, "-m", "workbench", *arguments]
            os.execve(sys.executable, command, environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def until(self, text: bytes) -> float:
        """Read until *text* is painted; return the moment."""
        seen = b""
        while text not in seen:
            if not select.select([self.fd], [], [], 20.0)[0]:
                raise SystemExit(f"{text!r} was never painted")
            seen = seen[-64:] + os.read(self.fd, 1 << 16)
        return time.perf_counter()

    def press(self, keys: bytes) -> float:
        """Type *keys*; return the moment."""
        os.write(self.fd, keys)
        return time.perf_counter()

    def close(self) -> None:
        """End it."""
        end(self.pid, self.fd)
        os.close(self.fd)


def once(home: Path, name: str) -> tuple[float, float, float]:
    """Return seconds: a start without a session, a start on it, opening it from the browser."""
    plain = Screen(home)
    empty = plain.until(b"send the prompt") - plain.began
    time.sleep(1.5)  # the engine's process gets ready
    plain.press(CTRL_F)
    plain.until(b"1000 iterations")
    time.sleep(0.3)
    begun = plain.press(ENTER)
    opened = plain.until(b"[1000 ") - begun
    plain.close()
    on_it = Screen(home, "--session", name)
    started = on_it.until(b"[1000 ") - on_it.began
    on_it.close()
    return empty, started, opened


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        path = fill(home / "sessions", 10_000, random.Random(1))
        print(f"one session of 10,000 attempts: {path.stat().st_size / 1e6:.1f} MB")
        found = [once(home, path.stem) for _ in range(options.runs)]
    whats = ("first frame without a session", "start on the session", "opened from the browser")
    for what, seconds in zip(whats, zip(*found, strict=True), strict=True):
        print(f"{what}: {statistics.median(seconds):.3f} s (of {len(seconds)})")


if __name__ == "__main__":
    main()
