"""Embedded models: llama.cpp in a process of its own, spoken to like any compatible server.

A lane names a model of the catalogue (``model = "smollm2"``) or a file (``path = "x.gguf"``).
Its one option is ``context``: how many tokens of context the model is loaded with (all answers
it works on at the same time share them).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import cast

from workbench.errors import ConfigError, ConnectFailed, StreamBroken
from workbench.files.home import from_home
from workbench.model.lane import Lane
from workbench.providers.base import Final, Request, Services, StreamItem
from workbench.providers.compatible import CompatibleProvider
from workbench.providers.http.address import parse_address
from workbench.providers.http.pool import Pool
from workbench.providers.local_process import LocalServer, LocalServers, require_llama
from workbench.providers.models.catalogue import Model, find_model
from workbench.providers.models.files import check_gguf, missing, model_path, verify
from workbench.providers.secret import Secret

DEFAULT_CONTEXT = 8192
"""Tokens of context for a file that is not in the catalogue."""

_SMALLEST_CONTEXT = 256


class LocalProvider:
    """The adapter of one lane. Lanes of the same file share one process."""

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        context: int,
        servers: LocalServers,
        pool: Pool,
        model: Model | None = None,
    ) -> None:
        self._path = path
        self._name = name
        self._context = context
        self._servers = servers
        self._pool = pool
        self._model = model
        self._server: LocalServer | None = None
        self._inner: CompatibleProvider | None = None

    async def prepare(self, status: Callable[[str], None]) -> None:
        """Check the weights, start the process if it does not run, and warm the connection.

        Raises:
            ModelFileError: the weights are missing, or differ from the pinned ones.
            LocalModelError: llama.cpp is not installed, or cannot run the model.
        """
        _, inner = await self._ready(status)
        await inner.prepare(lambda _: None)

    async def stream(self, request: Request) -> AsyncIterator[Sequence[StreamItem]]:
        """Send and yield what arrives; see :class:`workbench.providers.base.Provider`.

        An answer waits for a free core before its clock starts. A process that died on the way
        is a :class:`LocalModelError` of this attempt; the next one starts it again.
        """
        server, inner = await self._ready(lambda _: None)
        async with self._servers.turn(server):
            try:
                stream = cast("AsyncGenerator[Sequence[StreamItem]]", inner.stream(request))
                async with aclosing(stream) as items:
                    async for batch in items:
                        last = batch[-1]
                        if isinstance(last, Final) and not last.complete:
                            yield batch[:-1]
                            await self._raise_if_dead(server)
                            batch = (last,)  # noqa: PLW2901 - the rest has just been yielded
                        yield batch
            except (ConnectFailed, StreamBroken):
                await self._raise_if_dead(server)
                raise

    async def close(self) -> None:
        """Nothing of its own: the processes belong to the engine."""

    async def _ready(self, status: Callable[[str], None]) -> tuple[LocalServer, CompatibleProvider]:
        if self._server is not None and self._server.alive and self._inner is not None:
            return self._server, self._inner
        require_llama()
        path = await self._weights(status)
        server = await self._servers.ready(path, self._name, self._context, status)
        inner = CompatibleProvider(
            parse_address(server.url + "/v1"), self._pool, key=Secret(server.token)
        )
        self._server, self._inner = server, inner
        return server, inner

    async def _weights(self, status: Callable[[str], None]) -> Path:
        if self._model is None:
            check_gguf(self._path)
            return self._path
        status("checking the weights")
        await asyncio.to_thread(verify, self._path, self._model)
        return self._path

    async def _raise_if_dead(self, server: LocalServer) -> None:
        """The stream broke: if the process is gone, that is the reason to tell."""
        if await server.ended_within(0.5):
            raise await server.died()


def make(lane: Lane, services: Services) -> LocalProvider:
    """Make the adapter of a lane.

    Raises:
        UnknownName: the lane has no ``path`` and its model is not in the catalogue.
        ModelFileError: it needs weights, and the engine has no folder for them.
        ConfigError: its option ``context`` is not a usable number.
    """
    model = None if lane.path else find_model(lane.model)
    context = _context(lane, model)
    path = from_home(lane.path or "")
    if model is not None:
        if services.models_dir is None:
            raise missing(model)
        path = model_path(services.models_dir, model)
    servers = services.share(
        LocalServers, lambda: LocalServers(services.cores, services.local_lanes)
    )
    return LocalProvider(
        path.resolve(),
        name=model.name if model else path.stem,
        context=context,
        servers=servers,
        pool=Pool.of(services),
        model=model,
    )


def _context(lane: Lane, model: Model | None) -> int:
    found = lane.options.get("context", model.context if model else DEFAULT_CONTEXT)
    if isinstance(found, bool) or not isinstance(found, int) or found < _SMALLEST_CONTEXT:
        raise ConfigError(
            f"The option context of the lane {lane.name} is not a number of tokens.",
            f"Write a whole number of at least {_SMALLEST_CONTEXT}, e.g. context = 8192.",
        )
    return found
