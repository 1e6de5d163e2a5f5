"""Files that are written whole: the old one stays until the new one is there."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write *data* beside *path* and put it in its place, on the disk. Raises ``OSError``.

    Devices, pipes and names of open files (``/dev/stdout``) are written to, never replaced.
    """
    if _has_no_place(path):
        with os.fdopen(_open(path), "wb") as file:
            file.write(data)
        return
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(fd, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _open(path: Path) -> int:
    """Open *path* for writing; standard output under another name goes on where it is."""
    found = path.stat()
    for number in (1, 2):
        with suppress(OSError):
            if os.path.samestat(os.fstat(number), found):
                return os.dup(number)
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)


def _has_no_place(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    if stat.S_ISDIR(mode):
        return False
    folder = os.path.realpath(path.parent)
    open_file = path.is_symlink() and (folder == "/dev" or folder.startswith("/proc/"))
    return open_file or not stat.S_ISREG(mode)
