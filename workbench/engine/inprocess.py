"""The engine in this process: for headless commands and tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from workbench.engine.core import Engine, Tools
from workbench.engine.outbox import Outbox
from workbench.engine.plan import Command
from workbench.model.events import Event


class InProcessEngine:
    """An :class:`~workbench.engine.plan.EngineClient` whose engine shares the running loop."""

    def __init__(self, tools: Tools) -> None:
        self._outbox = Outbox()
        self.engine = Engine(tools, self._outbox.put)

    async def send(self, command: Command) -> None:
        """Carry out a command."""
        await self.engine.handle(command)

    async def events(self) -> AsyncIterator[Sequence[Event]]:
        """Yield events in batches until the engine is closed."""
        while await self._outbox.wait():
            yield self._outbox.take()

    async def close(self) -> None:
        """Cancel what runs, save, end."""
        await self.engine.close()
        self._outbox.close()
