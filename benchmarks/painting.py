"""What painting costs: lanes that stream fast, on a real pseudo terminal.

Run: python benchmarks/painting.py [--lanes 8] [--rate 2500] [--seconds 8] [--size 200x60]

A child process shows the workbench on a pseudo terminal and is fed events at the given pace; the
parent reads what it paints, types into the prompt meanwhile, and reports the child's CPU share, how
late its event loop was, how much CPU its thread used between two turns of it (what the lateness
would be on a machine with nothing else to do), and how long a key took until it was painted.
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
WORD = "lorem"
BATCH = 0.02


def child(lanes: int, rate: int, seconds: float, report: str) -> int:  # noqa: C901 - one engine
    gc.disable()  # as the command does, until the first frame
    sys.path.insert(0, str(ROOT))
    from workbench.engine.plan import StartRace
    from workbench.model.events import (
        AttemptEnded,
        AttemptQueued,
        AttemptStarted,
        Chunks,
        Event,
        IterationEnded,
        IterationStarted,
        SessionStarted,
    )
    from workbench.model.lane import Lane
    from workbench.model.prompt import Prompt
    from workbench.tui.app import run
    from workbench.tui.setup import Setup

    names = tuple(Lane(f"lane-{n}", "scripted", "stream") for n in range(lanes))
    lags: list[float] = []
    bursts: list[float] = []
    usage: list[float] = []

    class Streams:
        """An engine that only tells how text arrives."""

        def __init__(self) -> None:
            self.queue: asyncio.Queue[Sequence[Event] | None] = asyncio.Queue()
            self.task: asyncio.Task[None] | None = None

        async def send(self, command: object) -> None:
            if isinstance(command, StartRace):
                self.task = asyncio.create_task(self.stream(command))
            elif self.task is None:
                self.queue.put_nowait((SessionStarted("s", "painting", "", "benchmark"),))

        async def stream(self, command: StartRace) -> None:
            head: list[Event] = [IterationStarted(1, command.plan.prompt, names, (), "")]
            for n in range(lanes):
                head += [
                    AttemptQueued(n + 1, 1, f"lane-{n}", "stream"),
                    AttemptStarted(n + 1, "", 0),
                ]
            self.queue.put_nowait(head)
            # every pane holds ten thousand characters before the clock starts
            full = tuple((1.0, f"{WORD} ") for _ in range(1700))
            self.queue.put_nowait([Chunks(n + 1, full) for n in range(lanes)])
            await asyncio.sleep(1.0)
            begin = time.monotonic()
            before = resource.getrusage(resource.RUSAGE_SELF)
            told = 0
            while (now := time.monotonic() - begin) < seconds:
                due = int(now * rate) - told
                told += due
                piece = tuple((now * 1000, WORD if i % 7 else f"{WORD} ") for i in range(due))
                self.queue.put_nowait([Chunks(n + 1, piece) for n in range(lanes)])
                wake, spent = time.monotonic() + BATCH, time.thread_time()
                await asyncio.sleep(BATCH)
                lags.append(time.monotonic() - wake)
                bursts.append(time.thread_time() - spent)
            after = resource.getrusage(resource.RUSAGE_SELF)
            wall = time.monotonic() - begin
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            usage.extend((cpu / wall, after.ru_maxrss / 1024))
            last: list[Event] = [AttemptEnded(n + 1, "complete", 1.0) for n in range(lanes)]
            self.queue.put_nowait([*last, IterationEnded(1, 1.0)])

        async def events(self) -> AsyncIterator[Sequence[Event]]:
            while (batch := await self.queue.get()) is not None:
                yield batch

        async def close(self) -> None:
            if self.task is not None:
                self.task.cancel()

    async def factory() -> Streams:
        return Streams()

    code = run(factory, Setup(names, Prompt("go")))
    lags.sort()
    bursts.sort()
    Path(report).write_text(
        json.dumps(
            {
                "cpu": usage[0],
                "memory_mb": usage[1],
                "lag_p99_ms": lags[int(len(lags) * 0.99)] * 1000,
                "burst_p99_ms": bursts[int(len(bursts) * 0.99)] * 1000,
            }
        )
    )
    return code


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
