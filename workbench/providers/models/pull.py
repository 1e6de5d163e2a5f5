"""Fetching a model: origins in order, resumed where possible, verified, then put in place.

Nothing is ever seen under the model's own name but a complete file with the pinned hash: bytes
gather in a ``.part`` file beside it, which is renamed at the end. A download that was interrupted
goes on where it stopped, from whichever origin answers.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import ModelFileError
from workbench.providers.models.catalogue import HubFile, Model, Origin
from workbench.providers.models.files import (
    exclusive,
    is_remembered,
    model_path,
    part_path,
    refuse,
    remember,
    sha256_of,
    verify,
)
from workbench.providers.models.hub import fetch_hub
from workbench.providers.models.index import fetch_index
from workbench.providers.models.watch import Unreachable, Watch

_SPARE = 32_000_000
"""Bytes that must stay free on the disk beside the model."""


Fetch = Callable[[Origin, Model, Path, Watch], None]
"""Brings a part file to its full size from one origin, or raises :class:`Unreachable`."""


def fetch(origin: Origin, model: Model, part: Path, watch: Watch) -> None:
    """Bring *part* to its full size from *origin*, going on from what it holds.

    Raises:
        Unreachable: nothing can be had from there.
    """
    if isinstance(origin, HubFile):
        fetch_hub(origin, model, part, watch)
    else:
        fetch_index(origin, model, part, watch)


def pull(model: Model, folder: Path, watch: Watch, fetch: Fetch = fetch) -> Path:
    """Return the path of the verified model, downloading what is missing. Blocks.

    Safe beside other processes that pull the same model: one downloads, the others wait for it.

    Raises:
        ModelFileError: no origin can be reached, the disk is full, the folder cannot be written,
            or what came differs from the pinned file (it is then removed).
    """
    path = model_path(folder, model)
    if is_remembered(path, model.sha256):
        return path
    with (
        _disk_errors(model, folder),
        exclusive(folder, model, lambda: watch.status("waiting for another download of it")),
    ):
        if path.exists():
            watch.status("checking the file that is there")
            verify(path, model, watch.progress)
            return path
        part = part_path(folder, model)
        _check_space(model, folder, part)
        _gather(model, part, watch, fetch)
        watch.status("checking")
        found = sha256_of(part, watch.progress)
        if found != model.sha256:
            raise refuse(part, model, f"SHA-256 {found[:12]}… instead of {model.sha256[:12]}…")
        part.replace(path)
        remember(path, found)
    return path


def _gather(model: Model, part: Path, watch: Watch, fetch: Fetch) -> None:
    if part.exists() and part.stat().st_size > model.size:
        part.unlink()
    reasons = []
    for origin in model.origins:
        if part.exists() and part.stat().st_size == model.size:
            return
        try:
            fetch(origin, model, part, watch)
        except Unreachable as reason:
            reasons.append(str(reason))
        else:
            break
    else:
        raise ModelFileError(
            f"The weights of {model.name} cannot be fetched: {'; '.join(reasons)}.",
            "Check the network and run it again (what came is kept), or copy the file "
            f"{model.file} to {part.parent}.",
        )
    size = part.stat().st_size
    if size != model.size:
        raise refuse(part, model, f"{size:,} bytes instead of {model.size:,}")


def _check_space(model: Model, folder: Path, part: Path) -> None:
    have = part.stat().st_size if part.exists() else 0
    free = shutil.disk_usage(folder).free
    if free < model.size - have + _SPARE:
        raise _disk_full(model, folder, f", {free / 1e6:.0f} MB are free")


def _disk_full(model: Model, folder: Path, detail: str = "") -> ModelFileError:
    return ModelFileError(
        f"No room for {model.name} in {folder}: it needs {model.size / 1e6:.0f} MB{detail}.",
        "Free some space, or set WORKBENCH_CACHE to a folder on another disk.",
    )


@contextmanager
def _disk_errors(model: Model, folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _disk_full(model, folder) from error
        raise ModelFileError(
            f"The models folder {folder} cannot be used: {error.strerror or error}.",
            "Check its owner and rights, or set WORKBENCH_CACHE to another folder.",
        ) from error
