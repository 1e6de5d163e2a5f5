"""Finds sessions and suites by what a person types."""

from __future__ import annotations

from pathlib import Path

from workbench.config.paths import data_folder
from workbench.config.settings import Settings
from workbench.errors import ConfigError, UsageError
from workbench.files.home import from_home
from workbench.store.names import resolve, slug
from workbench.store.sessions import Loaded, load
from workbench.suites.file import SUFFIX


def load_session(settings: Settings, name: str, *, last: int | None = None) -> Loaded:
    """Return the session called *name*: an id, the beginning of one, or a path.

    With *last*, only its latest so many iterations.

    Raises:
        UnknownName: no session is called that.
        SessionError: it cannot be read.
    """
    return load(session_path(settings, name), last=last)


def session_path(settings: Settings, name: str) -> Path:
    """Return the file of the session called *name*: an id, the beginning of one, or a path.

    Raises:
        UnknownName: no session is called that.
        SessionError: several are.
    """
    return resolve(name, settings.sessions, examples_folder())


def examples_folder() -> Path | None:
    """Return the folder of the recorded sessions that ship with Workbench; None without them."""
    try:
        return data_folder("sessions")
    except ConfigError:
        return None


def suites_folder(settings: Settings) -> Path:
    """Return the folder of suites, beside the one of sessions."""
    return settings.sessions.parent / "suites"


def suite_path(settings: Settings, name: str) -> Path:
    """Return the file of suite *name*: a path as it is, a name in the suites' folder.

    Raises:
        UsageError: the name says nothing, or is that of a file which is no suite.
    """
    if "/" in name or name.endswith(SUFFIX):
        return from_home(name)
    if not name.strip():
        raise UsageError("A suite needs a name.", f"Like cases, or tests/cases{SUFFIX}.")
    path = suites_folder(settings) / (slug(name) + SUFFIX)
    if Path(name).is_file() and not path.exists():
        raise UsageError(
            f"{name} is no suite: the name of a suite's file ends in {SUFFIX}.",
            f"Rename it, or say which file it is with a path: ./{name}",
        )
    return path
