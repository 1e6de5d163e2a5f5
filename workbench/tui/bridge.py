"""Between engine and screen: batches of events in, commands out, one tick for everything.

A task takes batches as they come and only puts them aside. A timer folds what has gathered and has
the screen painted once, however much arrived: nothing happens per token.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence

from workbench.engine.plan import Command, EngineClient
from workbench.errors import EngineDied, WorkbenchError
from workbench.model.events import Event, Notice
from workbench.tui.view.case_watch import CaseWatch
from workbench.tui.view.setup import ClientFactory
from workbench.tui.view.state import ViewModel

log = logging.getLogger(__name__)


def frame_seconds(app: object) -> float:
    """Return the seconds between two frames of *app*, as its person configured them."""
    return float(getattr(app, "frame_seconds", 1 / 24))


class Bridge:
    """Joins a view-model to an engine.

    ``painted`` is called by :meth:`tick` after something changed, with True when the editor's
    draft is another one than before.
    """

    def __init__(
        self, factory: ClientFactory, model: ViewModel, painted: Callable[[bool], None]
    ) -> None:
        self.model = model
        self.cases = CaseWatch(model)
        self.client: EngineClient | None = None
        self._factory = factory
        self._painted = painted
        self._waiting: list[Sequence[Event]] = []
        self._reader: asyncio.Task[None] | None = None
        self._sender: asyncio.Task[None] | None = None
        self._commands: asyncio.Queue[Command] = asyncio.Queue()

    def start(self, *first: Command) -> None:
        """Begin in the background: make the client, hand over *first*, read events.

        What the person asked for before this comes after *first*: a race must not start before
        its session is open.
        """
        early = [self._commands.get_nowait() for _ in range(self._commands.qsize())]
        for command in (*first, *early):
            self._commands.put_nowait(command)
        self._reader = self._task(self._run(), "engine events")

    def send(self, command: Command) -> None:
        """Hand a command over as soon as the engine takes it; never waits, keeps the order."""
        self._commands.put_nowait(command)

    def tick(self) -> None:
        """Fold what has arrived and have it painted. Cheap when nothing has."""
        if not self._waiting and not self.model.running:
            if self.model.close_interrupted():
                self._painted(False)
            self._ask_cases()
            return
        batches, self._waiting = self._waiting, []
        take = self.cases.take
        reload = self.model.apply(e for batch in batches for e in batch if not take(e))
        self._painted(reload)
        self._ask_cases()

    def _ask_cases(self) -> None:
        """Have the cases run that are due after a race."""
        if (command := self.cases.due()) is not None:
            self.send(command)

    def _task(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Show and log what ended a task that nobody awaits."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("%s: %r", task.get_name(), error)
            self._waiting.append(
                (Notice("error", f"The line to the engine broke: {type(error).__name__}."),)
            )

    async def _run(self) -> None:
        try:
            self.client = await self._factory()
            self._sender = self._task(self._pump(self.client), "engine commands")
            async for batch in self.client.events():
                self._waiting.append(batch)
        except WorkbenchError as error:
            log.warning("the engine's events ended: %s", error)
            self._waiting.append((Notice("error", error.message, error.hint),))

    async def _pump(self, client: EngineClient) -> None:
        while True:
            command = await self._commands.get()
            try:
                await client.send(command)
            except EngineDied as error:
                self._waiting.append((Notice("error", error.message, error.hint),))
                return

    async def close(self) -> None:
        """Stop reading and shut the engine down; what it has is flushed by it."""
        if self._sender is not None:
            self._sender.cancel()
        if self.client is not None:
            await self.client.close()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
