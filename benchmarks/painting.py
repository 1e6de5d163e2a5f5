"""What painting costs: lanes that stream fast, on a real pseudo terminal.

Run: python benchmarks/painting.py [--lanes 8] [--rate 2500] [--seconds 8] [--size 200x60]

A child process shows the workbench on a pseudo terminal; another one feeds it events at the given
pace over a socket, as the engine does. The parent reads what is painted, types into the prompt
meanwhile, and reports the screen's CPU share, how late its event loop was, how much CPU its thread
used between two turns of it (what the lateness would be on a machine with nothing else to do), and
how long a key took until it was painted.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import gc
import json
import os
import pty
import resource
import select
import struct
import sys
import termios
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BATCH = 0.02
SETTLE = 1.0
"""Seconds that the feed waits before it streams."""


def child(lanes: int, rate: int, seconds: float, report: str) -> int:
    gc.disable()  # as the command does, until the first frame
    sys.path.insert(0, str(ROOT))
    os.environ["PYTHONPATH"] = str(ROOT)
    from workbench.engine.child import ChildEngine, launch

    launched = launch("benchmarks.painting_feed", str(lanes), str(rate), str(seconds))
    from workbench.model.events import Event, IterationEnded, IterationStarted
    from workbench.model.lane import Lane
    from workbench.model.prompt import Prompt
    from workbench.tui.app import run
    from workbench.tui.view.setup import Setup

    meter = Meter()

    class Watched(ChildEngine):
        """Tells the meter when text streams."""

        async def events(self) -> AsyncIterator[Sequence[Event]]:
            async for batch in super().events():
                yield batch
                if any(isinstance(event, IterationStarted) for event in batch):
                    meter.start()
                elif any(isinstance(event, IterationEnded) for event in batch):
                    meter.stop()

    async def factory() -> ChildEngine:
        return Watched(launched)

    names = tuple(Lane(f"lane-{n}", "scripted", "stream") for n in range(lanes))
    code = run(factory, Setup(names, Prompt("go")))
    Path(report).write_text(json.dumps(meter.report()))
    return code


def used() -> float:
    """Return the CPU seconds of this process."""
    now = resource.getrusage(resource.RUSAGE_SELF)
    return now.ru_utime + now.ru_stime


class Meter:
    """Watches the screen's loop while lanes stream: how late it turns, and what it uses."""

    def __init__(self) -> None:
        self.lags: list[float] = []
        self.bursts: list[float] = []
        self.share = 0.0
        self.task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        await asyncio.sleep(SETTLE)
        before, began = used(), time.monotonic()
        while True:
            wake, spent = time.monotonic() + BATCH, time.thread_time()
            await asyncio.sleep(BATCH)
            self.lags.append(time.monotonic() - wake)
            self.bursts.append(time.thread_time() - spent)
            self.share = (used() - before) / (time.monotonic() - began)

    def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()

    def report(self) -> dict[str, float]:
        lags, bursts = sorted(self.lags), sorted(self.bursts)
        return {
            "cpu": self.share,
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "lag_p99_ms": lags[int(len(lags) * 0.99)] * 1000,
            "burst_p99_ms": bursts[int(len(bursts) * 0.99)] * 1000,
        }


class Terminal:
    """The parent's end of the pseudo terminal."""

    def __init__(self, arguments: list[str], size: tuple[int, int]) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.execv(sys.executable, [sys.executable, __file__, *arguments])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.painted = 0

    def read(self, seconds: float) -> bytes:
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        try:
            data = os.read(self.fd, 1 << 20)
        except OSError:
            return b""
        self.painted += len(data)
        return data

    def wait_for(self, text: bytes, seconds: float) -> float | None:
        """Return the seconds until *text* was painted."""
        begin, seen = time.perf_counter(), b""
        while (left := seconds - (time.perf_counter() - begin)) > 0:
            seen = seen[-len(text) :] + self.read(left)
            if text in seen:
                return time.perf_counter() - begin
        return None


def parent(lanes: int, rate: int, seconds: float, size: tuple[int, int]) -> None:
    report = f"/tmp/painting-{os.getpid()}.json"  # noqa: S108 - a report of this run alone
    terminal = Terminal(["--child", str(lanes), str(rate), str(seconds), report], size)
    terminal.wait_for(b"painting", 20)
    os.write(terminal.fd, b"\n")
    terminal.wait_for(b"streaming", 10)
    terminal.read(1.2)
    keys: list[float] = []
    end = time.monotonic() + seconds - 0.5
    letter = 0
    while time.monotonic() < end:
        key = b"ZQXJKVWY"[letter % 8 : letter % 8 + 1]
        letter += 1
        os.write(terminal.fd, key)
        took = terminal.wait_for(key, 2)
        if took is not None:
            keys.append(took * 1000)
        pause = time.monotonic() + 0.13
        while time.monotonic() < pause:
            terminal.read(0.02)
    terminal.wait_for(b"complete", 10)
    os.write(terminal.fd, b"\x11")
    while terminal.read(1.0):
        pass
    os.waitpid(terminal.pid, 0)
    found = json.loads(Path(report).read_text())
    Path(report).unlink()
    keys.sort()
    print(f"{lanes} lanes x {rate} tokens/s, {size[0]}x{size[1]}, {seconds:.0f} s")
    print(f"  CPU of the screen        {found['cpu'] * 100:6.1f} % of a core")
    print(f"  event loop late, p99     {found['lag_p99_ms']:6.1f} ms")
    print(f"  work between two turns   {found['burst_p99_ms']:6.1f} ms of CPU, p99")
    p50, p95 = keys[len(keys) // 2], keys[int(len(keys) * 0.95)]
    print(f"  key to paint, p50 / p95  {p50:6.1f} / {p95:.1f} ms")
    print(f"  painted                  {terminal.painted / seconds / 1e6:6.2f} MB/s")
    print(f"  memory at the end        {found['memory_mb']:6.0f} MB")


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        lanes, rate, seconds, report = sys.argv[2:]
        raise SystemExit(child(int(lanes), int(rate), float(seconds), report))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lanes", type=int, default=8)
    parser.add_argument("--rate", type=int, default=2500)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--size", default="200x60")
    given = parser.parse_args()
    width, _, height = given.size.partition("x")
    parent(given.lanes, given.rate, given.seconds, (int(width), int(height)))


if __name__ == "__main__":
    main()
