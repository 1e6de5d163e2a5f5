"""The scheduler of a run: so many units at a time, until they are done or there is a reason to
stop. It knows nothing of lanes and networks: sending a unit is passed in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Literal

from workbench.model.events import AbortMode
from workbench.records import dataclass
from workbench.suites.plan import Unit
from workbench.suites.results import UnitResult

Stop = Literal["done", "fail-fast", "budget", "timeout", "interrupted"]
Send = Callable[[Unit], Awaitable[UnitResult]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How a run is bounded. ``budget`` is in US dollars, ``timeout`` in seconds."""

    concurrency: int = 8
    fail_fast: bool = False
    budget: float | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What to run. ``checks`` are added to every case's own; ``only`` is failing, changed or a tag;
    ``resume`` names the session of an interrupted run; ``again`` sends what it left half-way once
    more. ``audit`` is the share (0 to 1) of aborted answers that run on unseen. With ``cached``,
    answers given before come from the cache.
    """

    suite: str
    lanes: tuple[str, ...]
    repeat: int = 1
    checks: tuple[str, ...] = ()
    only: str | None = None
    resume: str | None = None
    again: bool = False
    abort: AbortMode = "off"
    audit: float = 0.0
    limits: Limits = Limits()
    saved: bool = True
    cached: bool = False


class Runner:
    """Sends units, *limits* of them at a time; results come in the order they end.

    A reason to stop lets nothing new start. On ``fail-fast``, ``timeout`` and ``interrupted`` what
    is under way is cancelled; on ``budget`` it may end, for it is paid for. *stopping* is called
    once when there is such a reason.
    """

    def __init__(
        self,
        units: Iterable[Unit],
        send: Send,
        limits: Limits,
        seen: Callable[[UnitResult], None],
        stopping: Callable[[], None] = lambda: None,
    ) -> None:
        self._units = iter(units)
        self._send = send
        self._limits = limits
        self._seen = seen
        self._spent = 0.0
        self._stopping = stopping
        self._workers: set[asyncio.Task[None]] = set()
        self._handed_over: set[tuple[str, str, int]] = set()
        self.stopped: Stop = "done"

    async def run(self) -> Stop:
        """Send everything; return why it ended."""
        for _ in range(self._limits.concurrency):
            self._start_worker()
        timer = None
        if self._limits.timeout is not None:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(self._limits.timeout, self.stop, "timeout")
        problem: BaseException | None = None
        try:
            while self._workers:
                ended, _ = await asyncio.wait(self._workers, return_when=asyncio.FIRST_COMPLETED)
                self._workers -= ended
                for worker in ended:
                    if not worker.cancelled():
                        problem = problem or worker.exception()
        finally:
            if timer is not None:
                timer.cancel()
            for worker in self._workers:
                worker.cancel()
        if problem is not None:
            raise problem
        return self.stopped

    def hand_over(self, unit: Unit) -> None:
        """Let another unit start in the place of *unit*, which from now on waits for others."""
        if unit.key not in self._handed_over and self.stopped == "done":
            self._handed_over.add(unit.key)
            self._start_worker()

    def _start_worker(self) -> None:
        self._workers.add(asyncio.create_task(self._work()))

    def stop(self, reason: Stop) -> None:
        """Start nothing new and cancel what is under way, except on ``budget``."""
        if self.stopped != "done":
            return
        self.stopped = reason
        self._stopping()
        if reason != "budget":
            current = asyncio.current_task() if _in_task() else None
            for worker in self._workers:
                if worker is not current:
                    worker.cancel()

    async def _work(self) -> None:
        while self.stopped == "done":
            unit = next(self._units, None)
            if unit is None:
                return
            try:
                result = await self._send(unit)
            except Exception:
                self.stop("interrupted")
                raise
            self._seen(result)
            self._spent += (result.usd or 0.0) + result.judge_usd
            if self._limits.budget is not None and self._spent >= self._limits.budget:
                self.stop("budget")
            elif self._limits.fail_fast and result.verdict in ("fail", "error"):
                self.stop("fail-fast")
            if unit.key in self._handed_over:
                self._handed_over.discard(unit.key)
                return


def _in_task() -> bool:
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False
