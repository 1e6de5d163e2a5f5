"""The processes that run embedded models, seen from the engine: started on first use, one per
model file, restarted after a crash, and gone when the engine is gone.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from workbench.errors import LocalModelError
from workbench.records import dataclass

LOAD_TIMEOUT = 180.0
"""Seconds a model may take to load."""

_STOP_TIMEOUT = 1.0
_GRACE = 0.5
_KEPT_LINES = 20
_KEPT_CHARS = 400
_SECRET_WORDS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What one server is started with. ``context`` is in tokens, shared by all ``slots``: the
    answers it can work on at the same time.
    """

    path: Path
    name: str
    threads: int = 1
    context: int = 8192
    slots: int = 4


class LocalServer:
    """One child process with one model. ``url`` and ``token`` are valid while it is ``alive``."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.url = ""
        self.token = secrets.token_urlsafe(32)
        self._process: Process | None = None
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._drain: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """True while the model is loaded and its process runs."""
        return bool(self.url) and self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The process's number, or None before it was started."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the process and wait until the model is loaded and answers.

        Raises:
            LocalModelError: llama.cpp is not installed, refused the model, died, or took more
                than ``LOAD_TIMEOUT`` seconds.
        """
        require_llama()
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", str(Path(__file__).with_name("local_child.py"))),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=_environment(os.environ),
            process_group=0,
        )
        self._drain = asyncio.create_task(self._keep_last_lines(process))
        try:
            self.url = await asyncio.wait_for(self._handshake(process), LOAD_TIMEOUT)
        except TimeoutError:
            await self.stop()
            raise LocalModelError(
                f"{self.settings.name} did not load within {LOAD_TIMEOUT:.0f} s.",
                "The machine may be short of memory; try a smaller model.",
            ) from None
        except BaseException:
            await self.stop()
            raise

    async def _handshake(self, process: Process) -> str:
        if process.stdin is None or process.stdout is None:  # pragma: no cover - both are pipes
            raise LocalModelError("The model's process has no pipes.")
        settings = self.settings
        words = {
            "parent": os.getpid(),
            "token": self.token,
            "path": str(settings.path),
            "name": settings.name,
            "threads": settings.threads,
            "context": settings.context,
            "slots": settings.slots,
        }
        with suppress(ConnectionError):
            process.stdin.write(json.dumps(words).encode() + b"\n")
            await process.stdin.drain()
        line = await process.stdout.readline()
        answer = _decode(line)
        if url := answer.get("url"):
            return url
        if "error" not in answer:
            raise await self.died()
        await self._drained()
        raise LocalModelError(
            f"llama.cpp cannot run {settings.name}: {self._why(answer['error'])}",
            "If it is a file of yours, check that it is a complete GGUF chat model.",
        )

    async def died(self) -> LocalModelError:
        """Return the error that says how the process ended, with llama.cpp's last words."""
        await self.ended_within(_GRACE)
        await self._drained()
        code = self._process.returncode if self._process else None
        how = "stopped"
        if code is not None and code < 0:
            with suppress(ValueError):
                how = f"was ended by {signal.Signals(-code).name}"
        elif code:
            how = f"ended with code {code}"
        words = f" Its last words: {self._lines[-1]}" if self._lines else ""
        hint = "The next use starts it again."
        if code == -signal.SIGKILL:
            hint += " If it happens again, the machine may be short of memory."
        return LocalModelError(
            f"The process of the embedded model {self.settings.name} {how}.{words}", hint
        )

    async def wait(self) -> None:
        """Wait until the process has ended."""
        if self._process is not None:
            await self._process.wait()

    async def ended_within(self, seconds: float) -> bool:
        """Wait that long for the process to end; return whether it did."""
        if self._process is None:
            return True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), seconds)
        return self._process.returncode is not None

    async def stop(self) -> None:
        """End the process: ask by closing its pipe, then insist. May be called twice."""
        process = self._process
        self.url = ""
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        if process.returncode is None and not await self.ended_within(_STOP_TIMEOUT):
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if self._drain is not None:
            self._drain.cancel()
            with suppress(asyncio.CancelledError):
                await self._drain

    def _why(self, error: str) -> str:
        """Prefer llama.cpp's own first reason to the binding's general one."""
        reasons = [line.split(" E ", 1)[1] for line in self._lines if " E " in line]
        return (reasons[0] if reasons else error).strip().rstrip(".") + "."

    async def _drained(self) -> None:
        if self._drain is not None:
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(asyncio.shield(self._drain), _GRACE)

    async def _keep_last_lines(self, process: Process) -> None:
        rest = b""
        while process.stderr is not None and (block := await process.stderr.read(4096)):
            *lines, rest = (rest + block).split(b"\n")
            rest = rest[:_KEPT_CHARS]
            for line in lines:
                if text := line.decode("utf-8", "replace").strip()[:_KEPT_CHARS]:
                    self._lines.append(text)


class LocalServers:
    """All servers of one engine, and the cores they share.

    Every server has ``cores // lanes`` threads, at least one. Where more models than cores are
    asked at the same time, an answer waits for its turn before its clock starts: threads that
    fight for a core are an order of magnitude slower than threads that take turns.
    """

    def __init__(self, cores: int, lanes: int) -> None:
        self._threads = max(1, cores // max(1, lanes))
        self._free = max(1, cores)
        self._waiting: set[asyncio.Event] = set()
        self._busy: dict[Path, int] = {}
        self._servers: dict[Path, LocalServer] = {}
        self._starting: dict[Path, asyncio.Task[LocalServer]] = {}
        self._closed = False

    async def ready(
        self, path: Path, name: str, context: int, status: Callable[[str], None]
    ) -> LocalServer:
        """Return the running server of the model file, starting it if it does not run.

        Raises:
            LocalModelError: it cannot be started.
        """
        found = self._servers.get(path)
        if found is not None and found.alive:
            return found
        status("loading model")
        task = self._starting.get(path)
        if task is None:
            settings = ServerSettings(path, name, self._threads, context)
            task = asyncio.create_task(self._start(settings, found))
            self._starting[path] = task
            task.add_done_callback(lambda done: self._started(path, done))
        return await asyncio.shield(task)

    def _started(self, path: Path, task: asyncio.Task[LocalServer]) -> None:
        self._starting.pop(path, None)
        if not task.cancelled():
            task.exception()  # whoever waited may have left; the next use hears of it anew

    async def _start(self, settings: ServerSettings, old: LocalServer | None) -> LocalServer:
        if self._closed:
            raise LocalModelError("The engine is shutting down.")
        if old is not None:
            await old.stop()
        server = LocalServer(settings)
        await server.start()
        self._servers[settings.path] = server
        return server

    @asynccontextmanager
    async def turn(self, server: LocalServer) -> AsyncIterator[None]:
        """Hold the server's cores. Answers of one server share them; others may have to wait."""
        path, need = server.settings.path, server.settings.threads
        while path not in self._busy and self._free < need:
            freed = asyncio.Event()
            self._waiting.add(freed)
            try:
                await freed.wait()
            finally:
                self._waiting.discard(freed)
        if path not in self._busy:
            self._free -= need
        self._busy[path] = self._busy.get(path, 0) + 1
        try:
            yield
        finally:
            self._busy[path] -= 1
            if not self._busy[path]:
                del self._busy[path]
                self._free += need
                for each in self._waiting:
                    each.set()

    async def close(self) -> None:
        """Stop every server. Never raises; may be called twice."""
        self._closed = True
        starting = list(self._starting.values())
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
        servers = list(self._servers.values())
        self._servers.clear()
        await asyncio.gather(*(server.stop() for server in servers), return_exceptions=True)


def usable_cores() -> int:
    """Return how many CPU cores this process may run on."""
    allowed = getattr(os, "sched_getaffinity", None)  # Linux alone has it
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


def require_llama() -> None:
    """Make sure that llama.cpp is installed; imports nothing.

    Raises:
        LocalModelError: the package is missing.
    """
    if find_spec("xllamacpp") is None:
        raise LocalModelError(
            "Embedded models need llama.cpp, and the package xllamacpp is not installed.",
            "Install it beside Workbench: pip install xllamacpp. Where it has no wheel, point a "
            "lane at any OpenAI-compatible server with base_url instead.",
        )


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what looks like a secret: the child needs none."""
    return {
        name: value
        for name, value in given.items()
        if not any(word in name.upper() for word in _SECRET_WORDS)
    }


def _decode(line: bytes) -> dict[str, str]:
    with suppress(ValueError):
        found = json.loads(line)
        if isinstance(found, dict):
            return {str(key): str(value) for key, value in found.items()}
    return {}
