"""Names of sessions: slugs for files, and what a person may type to mean one of them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from workbench.errors import SessionError, UnknownName
from workbench.files.home import from_home

SUFFIX = ".jsonl"
_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,99}")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def check_id(session_id: str) -> str:
    """Return *session_id* if it can be a file's name and nothing else.

    Raises:
        SessionError: it is empty or long, or holds a separator, ``..`` or another odd character.
    """
    if not _ID.fullmatch(session_id) or session_id.endswith("."):
        raise SessionError(
            f"{session_id[:80]!r} is no name for a session.",
            "Use up to 100 letters, digits, '-', '_' and single dots, beginning with a letter "
            "or digit.",
        )
    return session_id


def slug(title: str, limit: int = 40) -> str:
    """Return *title* as lower-case ASCII words joined by ``-``, cut at a word's end."""
    plain = unicodedata.normalize("NFKD", title[: limit * 4]).encode("ascii", "ignore").decode()
    words = _NOT_SLUG.sub("-", plain.lower()).strip("-")
    if len(words) > limit:
        cut = words[: limit + 1].rfind("-")
        words = words[: cut if cut > 0 else limit]
    return words or "session"


def new_ids(title: str, now: datetime) -> Iterable[str]:
    """Yield ids for a new session, the nicest first: title and date, then numbered."""
    base = f"{slug(title)}-{now:%Y-%m-%d}"
    yield base
    for number in range(2, 10_000):
        yield f"{base}-{number}"


def path_of(folder: Path, session_id: str) -> Path:
    """Return the file of a session in *folder*; see :func:`check_id` for what is refused."""
    return folder / (check_id(session_id) + SUFFIX)


def resolve(name: str, folder: Path, examples: Path | None = None) -> Path:
    """Return the file a person means: an id, the unique beginning of one, a path to a
    ``.jsonl`` file, or ``examples/NAME`` of the sessions that are shipped.

    Raises:
        UnknownName: no session is called that.
        SessionError: several begin with it.
    """
    if name.startswith("examples/") and examples is not None:
        return _find(name.removeprefix("examples/"), examples, "examples/")
    if "/" in name or name.endswith(SUFFIX):
        path = from_home(name)
        if path.is_file():
            return path
        inside = folder / path.name
        if "/" not in name and inside.is_file():
            return inside
        raise SessionError(f"There is no session file {name}.", "Check the path.")
    return _find(name, folder, "")


def readable(folder: Path) -> Path:
    """Return *folder* if the sessions in it can be told, or if there is none.

    Raises:
        SessionError: it cannot be looked into.
    """
    try:
        with os.scandir(folder):
            return folder
    except FileNotFoundError:
        return folder
    except OSError as error:
        raise SessionError(
            f"The folder of sessions {folder} cannot be read: {error.strerror}.",
            'Look at its permissions, or name another: sessions = "..." in workbench.toml.',
        ) from error


def _find(name: str, folder: Path, prefix: str) -> Path:
    readable(folder)
    known = sorted(p.name.removesuffix(SUFFIX) for p in folder.glob("*" + SUFFIX))
    name = name.removesuffix(SUFFIX)
    if name in known:
        return folder / (name + SUFFIX)
    found = [k for k in known if name and k.startswith(name)]
    if len(found) == 1:
        return folder / (found[0] + SUFFIX)
    if found:
        raise SessionError(
            f"{prefix + name!r} is the beginning of {len(found)} sessions.",
            "Say which: " + ", ".join(prefix + k for k in found[:5]),
        )
    if not known:
        raise SessionError(
            f"There is no session {prefix + name!r}: none is saved here.",
            f"They would be in {folder}. `workbench send` begins one.",
        )
    raise UnknownName("session", prefix + name, [prefix + k for k in known])
