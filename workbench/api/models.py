"""Embedded models: what there is, fetching, removing, and serving one to other programs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

from workbench.config.paths import models_dir
from workbench.errors import LocalModelError
from workbench.files.home import from_home
from workbench.providers.local_process import LocalServer, ServerSettings, usable_cores
from workbench.providers.models import files
from workbench.providers.models.catalogue import CATALOGUE, Model, find_model
from workbench.providers.models.pull import pull
from workbench.providers.models.watch import Watch
from workbench.records import dataclass

SERVE_CONTEXT = 8192
"""Tokens of context a served GGUF file is loaded with."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model of the catalogue and where it stands on this machine. ``size`` is in bytes."""

    name: str
    title: str
    licence: str
    size: int
    state: files.State
    path: Path


def list_models() -> tuple[ModelInfo, ...]:
    """Return every embedded model, smallest first. Reads nothing but file sizes."""
    folder = models_dir()
    return tuple(_info(model, folder) for model in CATALOGUE)


def _info(model: Model, folder: Path) -> ModelInfo:
    return ModelInfo(
        name=model.name,
        title=model.title,
        licence=model.licence,
        size=model.size,
        state=files.state(folder, model),
        path=files.model_path(folder, model),
    )


def pull_model(name: str, watch: Watch) -> Path:
    """Download a model unless it is there, verify it, and return its path. Blocks; resumes.

    Raises:
        UnknownName: the catalogue has no such model.
        ModelFileError: it cannot be fetched, or what came is not the pinned file.
    """
    return pull(find_model(name), models_dir(), watch)


def remove_model(name: str) -> int:
    """Remove a model's files and return how many bytes that freed.

    Raises:
        UnknownName: the catalogue has no such model.
        ModelFileError: a file cannot be removed.
    """
    return files.remove(models_dir(), find_model(name))


def serve_model(target: str, threads: int | None, ready: Callable[[str, str], None]) -> None:
    """Serve a model of the catalogue, or a GGUF file, until SIGINT or SIGTERM.

    *threads* is None for all cores. *ready* is called with the base URL and the access token once
    the model answers.

    Raises:
        UnknownName: *target* is neither a file nor in the catalogue.
        ModelFileError: the weights are missing, differ, or are no GGUF file.
        LocalModelError: llama.cpp is missing, cannot run the model, or died.
    """
    path = from_home(target).absolute()
    threads = threads or usable_cores()
    if path.suffix == ".gguf" or path.is_file():
        files.check_gguf(path)
        settings = ServerSettings(path, path.stem, threads, SERVE_CONTEXT)
    else:
        model = find_model(target)
        path = files.model_path(models_dir(), model)
        files.verify(path, model)
        settings = ServerSettings(path, model.name, threads, model.context)
    asyncio.run(_serve(LocalServer(settings), ready))


async def _serve(server: LocalServer, ready: Callable[[str, str], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait())
    starting = asyncio.create_task(server.start())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            starting.cancel()
            return
        await starting
        ready(server.url + "/v1", server.token)
        ending = asyncio.create_task(server.wait())
        await asyncio.wait({ending, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            raise await _death(server)
    finally:
        stopping.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await server.stop()


async def _death(server: LocalServer) -> LocalModelError:
    error = await server.died()
    error.hint = "Run the command again."
    return error
