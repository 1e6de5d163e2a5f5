"""Memory over hours: races that never stop, on a pseudo terminal, the engine's process included.

Four lanes stream at 100 tokens a second each from the deterministic server, one iteration after the
other, in one session. Resident memory of the screen and of the engine is read all the while; at the
end stand its slope over the second half (least squares, in MB an hour) and the most there was.

    python -m benchmarks.soak --minutes 15
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time
from dataclasses import dataclass, field
from fcntl import ioctl
from pathlib import Path

from benchmarks.screen_timing import project
from benchmarks.server import Behaviour, in_process_of_its_own

CTRL_J, CTRL_Q = b"\n", b"\x11"
ENDED = b'"t":"iteration_end"'
SAMPLE_SECONDS = 5.0
STUCK_SECONDS = 60.0


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process in MB; 0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def children(pid: int) -> list[int]:
    """Return the processes that *pid* started."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, path.read_text().split())
    return found


@dataclass
class Trace:
    """Resident memory of one process: seconds and MB."""

    name: str
    points: list[tuple[float, float]] = field(default_factory=list)

    def slope(self, warm_up: float) -> float:
        """MB an hour after *warm_up* seconds, by least squares."""
        points = [p for p in self.points if p[0] >= warm_up]
        if len(points) < 2:
            return 0.0
        x = sum(p[0] for p in points) / len(points)
        y = sum(p[1] for p in points) / len(points)
        spread = sum((p[0] - x) ** 2 for p in points)
        return 3600 * sum((p[0] - x) * (p[1] - y) for p in points) / spread

    def line(self, warm_up: float) -> str:
        """Return the trace as one line of the report."""
        most = max(mb for _, mb in self.points)
        first, last = self.points[0][1], self.points[-1][1]
        return (
            f"{self.name:<8} {first:6.1f} MB at first, {last:6.1f} at the end, "
            f"{most:6.1f} at most, slope {self.slope(warm_up):+7.2f} MB/h"
        )


class Screen:
    """The workbench on a pseudo terminal; counts the iterations it has saved."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(sys.executable, [sys.executable, "-m", "workbench"], environment)
        ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 180, 0, 0))
        self.ended = 0
        self._at = 0

    def read(self, seconds: float) -> None:
        """Take what is painted, for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.terminal], [], [], left)[0]:
                try:
                    os.read(self.terminal, 1 << 20)
                except OSError:
                    return

    def press(self, key: bytes) -> None:
        """Press a key."""
        os.write(self.terminal, key)

    def count(self) -> int:
        """Return how many iterations the session holds that have ended."""
        for path in (self.folder / "sessions").glob("*.jsonl"):
            with path.open("rb") as file:
                file.seek(self._at)
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            self._at += len(whole)
            self.ended += whole.count(ENDED)
        return self.ended

    def race(self) -> None:
        """Send, and wait until it is over."""
        before, begin = self.count(), time.monotonic()
        self.press(CTRL_J)
        while self.count() == before:
            self.read(0.2)
            assert time.monotonic() - begin < STUCK_SECONDS, "the race never ended"


def soak(minutes: float, lanes: int, pace: float, tokens: int) -> None:
    """Race for so long and report."""
    behaviour = Behaviour(tokens=tokens, pace=pace, first=20, text="words")
    with tempfile.TemporaryDirectory() as name, in_process_of_its_own(behaviour) as url:
        folder = Path(name)
        screen = Screen(folder, project(folder, url, lanes, "bench"))
        screen.read(3.0)
        (engine,) = children(screen.pid)
        traces = (Trace("screen"), Trace("engine"))
        begin = last = time.monotonic()
        while time.monotonic() - begin < minutes * 60:
            screen.race()
            now = time.monotonic()
            if now - last >= SAMPLE_SECONDS:
                last = now
                for trace, pid in zip(traces, (screen.pid, engine), strict=True):
                    trace.points.append((now - begin, rss_mb(pid)))
        screen.press(CTRL_Q)
        screen.read(1.0)
        os.waitpid(screen.pid, 0)
        took = last - begin
        print(f"{screen.ended} iterations of {lanes} lanes x {tokens} tokens in {took:.0f} s")
        for trace in traces:
            print(trace.line(took / 2))
            tenths = [trace.points[i * len(trace.points) // 10][1] for i in range(10)]
            print("  every tenth of the time:", *(f"{mb:.1f}" for mb in tenths), "MB")


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--lanes", type=int, default=4)
    parser.add_argument("--pace", type=float, default=100)
    parser.add_argument("--tokens", type=int, default=200)
    given = parser.parse_args()
    soak(given.minutes, given.lanes, given.pace, given.tokens)


if __name__ == "__main__":
    main()
