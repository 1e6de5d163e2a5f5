"""A file that several processes append whole lines to.

Every write happens under an exclusive ``flock``, in one piece, after whatever a crashed writer
left unfinished has been closed with a line feed. A write that fails half-way is taken back, so
that a full disk leaves the file as it was.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.files.lines import Line, blocks_of, lines_in

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


class Busy(OSError):
    """Another process has held the lock for too long."""


class NotRegular(OSError):
    """It is a pipe, a device or the like."""


def make_folder(folder: Path) -> None:
    """Make *folder* with mode 0700 if it is missing; an existing one stays as it is."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)


class AppendFile:
    """One open file. Raises ``OSError`` where the system does."""

    def __init__(self, path: Path, *, create: bool) -> None:
        flags = _FLAGS | (os.O_CREAT | os.O_EXCL if create else 0)
        self.path = path
        self._fd = os.open(path, flags, 0o600)
        if not stat.S_ISREG(os.fstat(self._fd).st_mode):
            os.close(self._fd)
            raise NotRegular(errno.EINVAL, "not a regular file", str(path))
        self._new = create

    @contextmanager
    def locked(self, patience: float) -> Iterator[None]:
        """Hold the file's lock; wait for it *patience* seconds at most.

        Raises:
            Busy: another process kept it.
        """
        give_up = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno in _NO_LOCKS:
                    break  # a file system without locks: appends alone must do
                if error.errno not in (errno.EAGAIN, errno.EINTR):
                    raise
            if time.monotonic() >= give_up:
                raise Busy(errno.EAGAIN, "another process is writing", str(self.path))
            time.sleep(0.0005)
        try:
            yield
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def size(self) -> int:
        """Return the file's length in bytes."""
        return os.fstat(self._fd).st_size

    def orphaned(self) -> bool:
        """True when the file was deleted or replaced: what is written now would be lost."""
        return os.fstat(self._fd).st_nlink == 0

    def write(self, data: bytes) -> int:
        """Append *data*, whole lines, under the lock; return the file's length before.

        Raises:
            OSError: nothing was written.
        """
        size = self.size()
        if size and os.pread(self._fd, 1, size - 1) != b"\n":
            data = b"\n" + data
        try:
            self._put(data)
        except OSError:
            if self.size() > size:
                os.ftruncate(self._fd, size)
            raise
        return size

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]

    def lines(self, start: int) -> Iterator[Line]:
        """Yield the lines from byte *start* to the end; numbers count from there."""
        return lines_in(blocks_of(self._fd, start), offset=start)

    def content(self) -> bytes:
        """Return all that is in the file."""
        return b"".join(blocks_of(self._fd))

    def mode(self) -> int:
        """Return the file's permissions."""
        return stat.S_IMODE(os.fstat(self._fd).st_mode)

    def move_to(self, path: Path, upto: int | None = None) -> None:
        """Go on in a new file *path* that begins with all that is in this one, or with its first
        *upto* bytes.

        Raises:
            OSError: the new file exists or cannot be written; this one stays in use.
        """
        other = AppendFile(path, create=True)
        try:
            left = self.size() if upto is None else upto
            for block in blocks_of(self._fd):
                if left > 0:
                    other._put(block[:left])
                left -= len(block)
        except OSError:
            path.unlink(missing_ok=True)
            other.close()
            raise
        os.close(self._fd)
        self._fd, self.path, self._new = other._fd, path, True

    def handle(self) -> int:
        """Return a second descriptor, for :func:`sync_handle` in a thread."""
        return os.dup(self._fd)

    def sync(self, handle: int) -> None:
        """Bring the file to the disk and close *handle*. Meant for a thread."""
        try:
            os.fsync(handle)
            if self._new:
                folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)
                self._new = False
        finally:
            os.close(handle)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)
