"""Paths as people write them."""

from __future__ import annotations

from pathlib import Path


def from_home(name: str | Path) -> Path:
    """Return the path *name* with ``~`` or ``~user`` at its start put in place. Where there is no
    such user it stays as it is: a file that is not there is told by whoever opens it.
    """
    path = Path(name)
    try:
        return path.expanduser()
    except RuntimeError:
        return path
