"""A process of its own for code that may loop, crash or grow: it can always be killed.

The child is a fresh isolated interpreter without the user's environment. It is given limits on
CPU time and memory before any foreign code runs, reads chunks as JSON lines and answers with one
line when it has decided.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from time import monotonic

from workbench.errors import CheckCrashed

MEMORY_BYTES = 512 * 1024 * 1024
MAX_QUEUED = 80_000_000
_MAX_REPLY = 20_000

_RUNNER = r"""
import json, resource, sys
limits = json.loads(sys.stdin.buffer.readline())
resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"] + 1))
resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
out, sys.stdout = sys.stdout, sys.stderr

def answer(said, at):
    if said is None:
        return
    if isinstance(said, tuple):
        said, at = (said[0], said[1]) if len(said) == 2 else said
    verdict = "pass" if said is True else "fail"
    reason = said if isinstance(said, str) else ""
    out.write(json.dumps({"verdict": verdict, "at": at, "reason": reason}) + "\n")
    out.flush()
    raise SystemExit

try:
    names = {"__name__": "check"}
    exec(compile(limits["source"], "check.py", "exec"), names)
    if names.get("check") is None and names.get("feed") is None and names.get("finish") is None:
        raise NameError("it defines none of feed, finish and check")
    parts, seen = [], 0
    for line in sys.stdin.buffer:
        text = json.loads(line)
        if text is None:
            break
        seen += len(text)
        parts.append(text)
        if "feed" in names:
            answer(names["feed"](text), max(seen - 1, 0))
    if "finish" in names:
        answer(names["finish"](), seen)
    if "check" in names:
        answer(names["check"]("".join(parts)), seen)
    answer(True, seen)
except SystemExit:
    raise
except BaseException as error:
    out.write(json.dumps({"error": f"{type(error).__name__}: {error}"}) + "\n")
    out.flush()
"""


class Child:
    """Runs *source* beside the caller. Nothing here blocks but :meth:`wait`."""

    def __init__(self, source: str, seconds: float) -> None:
        self._source = source
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._pending = bytearray()
        self._reply = bytearray()

    def write(self, text: str | None) -> None:
        """Hand over a chunk, or None for the end; starts the process when it is the first.

        Raises:
            CheckCrashed: it cannot be started, or more waits for it than may.
        """
        if self._process is None:
            self._start()
        self._pending += json.dumps(text).encode() + b"\n"
        if len(self._pending) > MAX_QUEUED:
            raise CheckCrashed("the check's process does not keep up")
        self._flush()

    def poll(self) -> dict[str, object] | None:
        """Return its answer if it is there."""
        self._flush()
        self._read()
        line, end, _ = self._reply.partition(b"\n")
        if not end:
            return None
        answer = json.loads(line)
        return answer if isinstance(answer, dict) else None

    def wait(self) -> dict[str, object]:
        """Wait for the answer, as long as the limit allows.

        Raises:
            CheckCrashed: it ended without one, or took too long.
        """
        until = monotonic() + self._seconds
        while True:
            answer = self.poll()
            if answer is not None:
                return answer
            left = until - monotonic()
            if left <= 0:
                raise CheckCrashed(f"no answer within {self._seconds:g} s")
            if self._process is None or (self._process.poll() is not None and not self._more()):
                raise CheckCrashed("its process ended without an answer (time or memory limit)")
            self._sleep(left)

    def stop(self) -> None:
        """Kill the process and release its pipes. May be called twice."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.wait()

    def _start(self) -> None:
        limits = {
            "source": self._source,
            "cpu": max(1, round(self._seconds)),
            "memory": MEMORY_BYTES,
        }
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _RUNNER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={},
                cwd=tempfile.gettempdir(),
                start_new_session=True,
            )
        except OSError as error:
            raise CheckCrashed(f"its process cannot be started: {error}") from error
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
        self._pending += json.dumps(limits).encode() + b"\n"

    def _flush(self) -> None:
        pipe = self._process.stdin if self._process else None
        if pipe is None:
            return
        try:
            while self._pending:
                count = pipe.write(self._pending[:65536])
                if not count:
                    return
                del self._pending[:count]
        except (BrokenPipeError, BlockingIOError):
            return

    def _read(self) -> bool:
        pipe = self._process.stdout if self._process else None
        if pipe is None:
            return False
        try:
            data = pipe.read(65536)
        except BlockingIOError:
            return False
        if data and len(self._reply) < _MAX_REPLY:
            self._reply += data
        return bool(data)

    def _more(self) -> bool:
        return self._read()

    def _sleep(self, seconds: float) -> None:
        if self._process is None or self._process.stdout is None:
            return
        wants = [self._process.stdin] if self._pending and self._process.stdin else []
        select.select([self._process.stdout], wants, [], min(seconds, 0.2))
