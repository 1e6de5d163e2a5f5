"""Model files on disk: where they are, whether they are what the catalogue says, and removal.

Hashing half a gigabyte at every start would cost a second. A file that was hashed once gets a
small marker beside it with the hash found and the file's size and time stamps; as long as these
hold, the file is taken as verified. A file that changed in any way is hashed again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from workbench.errors import ModelFileError
from workbench.providers.models.catalogue import Model

State = Literal["ready", "partial", "missing"]
Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all. It may raise to stop what it watches."""

_BLOCK = 1 << 20
_MAGIC = b"GGUF"


def model_path(folder: Path, model: Model) -> Path:
    """Return where the model's file lies, or would lie, in the models folder."""
    return folder / model.file


def part_path(folder: Path, model: Model) -> Path:
    """Return where an unfinished download of the model lies."""
    return folder / (model.file + ".part")


def _marker(path: Path) -> Path:
    return path.with_name(path.name + ".verified")


def _stamp(path: Path) -> dict[str, int]:
    found = path.stat()
    return {
        "size": found.st_size,
        "mtime_ns": found.st_mtime_ns,
        "ctime_ns": found.st_ctime_ns,
        "inode": found.st_ino,
    }


def sha256_of(path: Path, progress: Progress | None = None) -> str:
    """Return the file's SHA-256 as hexadecimal digits. Blocks for as long as reading takes."""
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            done += len(block)
            if progress is not None:
                progress(done, total)
    return digest.hexdigest()


def remember(path: Path, sha256: str) -> None:
    """Note beside *path* that it was hashed. A folder that cannot be written is no error."""
    with suppress(OSError):
        scratch = _marker(path).with_suffix(f".{os.getpid()}")
        scratch.write_text(json.dumps({"sha256": sha256, **_stamp(path)}), encoding="utf-8")
        scratch.replace(_marker(path))


def is_remembered(path: Path, sha256: str) -> bool:
    """Return whether *path* was found to have this hash and has not changed since."""
    try:
        noted = json.loads(_marker(path).read_text(encoding="utf-8"))
        return bool(noted == {"sha256": sha256, **_stamp(path)})
    except (OSError, ValueError):
        return False


def refuse(path: Path, model: Model, found: str) -> ModelFileError:
    """Remove a file that is not the model's, and return the error that says so."""
    with suppress(FileNotFoundError):
        path.unlink()
    with suppress(FileNotFoundError):
        _marker(path).unlink()
    return ModelFileError(
        f"The weights of {model.name} differ from the pinned ones ({found}); the file was removed.",
        f"Fetch them again: workbench models pull {model.name}",
    )


def verify(path: Path, model: Model, progress: Progress | None = None) -> None:
    """Make sure that *path* is the model's file, hashing it only if it was not hashed before.

    Raises:
        ModelFileError: the file is missing, or differs (it is then removed).
    """
    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        raise missing(model) from None
    if size != model.size:
        raise refuse(path, model, f"{size:,} bytes instead of {model.size:,}")
    if is_remembered(path, model.sha256):
        return
    found = sha256_of(path, progress)
    if found != model.sha256:
        raise refuse(path, model, f"SHA-256 {found[:12]}… instead of {model.sha256[:12]}…")
    remember(path, found)


def missing(model: Model) -> ModelFileError:
    """Return the error for weights that were never fetched."""
    return ModelFileError(
        f"The weights of {model.name} ({model.size / 1e6:.0f} MB) are not on this machine.",
        f"Fetch them once: workbench models pull {model.name}",
    )


def check_gguf(path: Path) -> None:
    """Make sure that *path* looks like a GGUF file.

    Raises:
        ModelFileError: there is no such file, it cannot be read, or it is something else.
    """
    try:
        with path.open("rb") as stream:
            magic = stream.read(len(_MAGIC))
    except OSError as error:
        raise ModelFileError(
            f"The model file {path} cannot be read: {error.strerror}.",
            "Check the lane's path; it must name a GGUF file.",
        ) from error
    if magic != _MAGIC:
        raise ModelFileError(
            f"{path} is not a GGUF file.",
            "llama.cpp reads GGUF only; most models are published in that format too.",
        )


def state(folder: Path, model: Model) -> State:
    """Return whether the model is there, half there or absent. Looks at sizes, hashes nothing."""
    with suppress(OSError):
        if model_path(folder, model).stat().st_size == model.size:
            return "ready"
    return "partial" if part_path(folder, model).exists() else "missing"


def remove(folder: Path, model: Model) -> int:
    """Remove everything of the model from the folder and return how many bytes that freed.

    Raises:
        ModelFileError: a file cannot be removed.
    """
    freed, path = 0, model_path(folder, model)
    with exclusive(folder, model):
        for each in (path, _marker(path), part_path(folder, model)):
            try:
                size = each.stat().st_size
                each.unlink()
            except FileNotFoundError:
                continue
            except OSError as error:
                raise ModelFileError(
                    f"{each} cannot be removed: {error.strerror}.", "Check the folder's owner."
                ) from error
            freed += size
    return freed


@contextmanager
def exclusive(
    folder: Path, model: Model, waiting: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold the model's lock in *folder*: one process at a time changes its files.

    *waiting* is called once if another process holds it; then this one waits. A process that
    dies lets go of the lock.

    Raises:
        ModelFileError: the folder cannot be made or written.
    """
    import fcntl

    try:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = (folder / (model.file + ".lock")).open("a")
    except OSError as error:
        raise ModelFileError(
            f"The folder of models {folder} cannot be used: {error.strerror}.",
            "Make it writable, or choose another with WORKBENCH_CACHE.",
        ) from error
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting is not None:
                waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
