"""Settings: ``workbench.toml`` in the project folder over the user's file over defaults.

Every value remembers where it came from, and ``workbench doctor`` prints that. Each field's
docstring is its documentation.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import msgspec

from workbench.config.faults import fault_of
from workbench.config.lanes import LaneTable, builtin_lanes, from_text, unread_key, unread_option
from workbench.errors import ConfigError, UnknownName
from workbench.files.home import from_home
from workbench.model.events import AbortMode
from workbench.model.lane import Lane
from workbench.records import dataclass

FILE_NAME = "workbench.toml"


class Defaults(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The table ``[defaults]``: what holds when a command or the screen says nothing else."""

    lanes: tuple[str, ...] = ("smollm2", "qwen")
    checks: tuple[str, ...] = ()
    abort: AbortMode = "off"
    abort_on: tuple[str, ...] = ()
    repeat: Annotated[int, msgspec.Meta(ge=1)] = 1
    sequential: bool = False
    audit: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0


class Screen(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The table ``[screen]``: theme, frames per second, keys (``action-id = "ctrl+s"``), and plain:
    line by line, for screen readers.
    """

    theme: str = "ink"
    fps: Annotated[int, msgspec.Meta(ge=1, le=60)] = 24
    keys: dict[str, str] = {}
    plain: bool = False


class Guard(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The table ``[guard]``: cases that run in the background after each race on the screen."""

    on: bool = False
    suite: str = "cases.jsonl"
    tags: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()
    budget: Annotated[float, msgspec.Meta(ge=0)] = 0.05
    at_once: Annotated[int, msgspec.Meta(ge=1, le=64)] = 2


class Live(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The table ``[live]``: whom live mode asks by itself, and when; ``pause`` and ``fast`` in
    seconds, ``budget`` in US dollars for a session.
    """

    pause: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 0.8
    fast: Annotated[float, msgspec.Meta(gt=0)] = 5.0
    budget: Annotated[float, msgspec.Meta(ge=0)] = 0.10


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    defaults: Defaults = Defaults()
    screen: Screen = Screen()
    guard: Guard = Guard()
    live: Live = Live()
    lanes: dict[str, LaneTable | str] = {}
    sessions: str | None = None
    proxy: str | None = None
    cores: Annotated[int, msgspec.Meta(ge=1)] | None = None
    trusted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything configured, resolved.

    ``sessions`` is the folder of session files, ``cores`` how many CPU cores local models may use
    together (None: all there are), ``proxy`` an HTTP proxy's URL. ``sources`` maps a dotted key to
    the file that set it; a key that is not in it has its default. ``trusted`` is true when the user
    allows checks in Python to run in this project folder. ``user_file`` and
    ``project_file`` are where they would be written, existing or not.
    """

    defaults: Defaults
    screen: Screen
    lanes: Mapping[str, Lane]
    sessions: Path
    user_file: Path
    project_file: Path
    proxy: str | None = None
    cores: int | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    trusted: bool = False
    guard: Guard = field(default_factory=Guard)
    live: Live = field(default_factory=Live)

    def lane(self, name: str) -> Lane:
        """Return a declared lane.

        Raises:
            UnknownName: nobody declared it.
        """
        if name not in self.lanes:
            raise UnknownName("lane", name, self.lanes)
        return self.lanes[name]

    def source(self, key: str) -> str:
        """Return where the value of the dotted *key* came from."""
        return self.sources.get(key, "default")


def load_settings(
    user_file: Path,
    project_folder: Path,
    data_folder: Path,
    instead: Mapping[Path, str] = MappingProxyType({}),
) -> Settings:
    """Read both files and return the settings. *data_folder* holds sessions of no project.

    *instead* are texts to read in place of a file's own: what it would say after an edit.

    Raises:
        ConfigError: a file cannot be read, or a value is wrong; the message names file and key.
    """
    project_file = project_folder / FILE_NAME
    trusted: set[Path] = set()
    merged: dict[str, object] = {}
    sources: dict[str, str] = {}
    lanes: dict[str, Lane] = dict(builtin_lanes())
    for path in (user_file, project_file):
        table = _read(path, instead.get(path))
        checked = _check(path, table)
        if checked.trusted and path == project_file:
            raise ConfigError(
                f"{path}: trusted: a project cannot trust itself.",
                f"Name the folder in {user_file}.",
            )
        trusted |= {from_home(folder).resolve() for folder in checked.trusted}
        for name, declared in checked.lanes.items():
            lanes[name] = (
                from_text(name, declared, path.parent)
                if isinstance(declared, str)
                else declared.lane(name, path.parent)
            )
            sources[f"lanes.{name}"] = str(path)
        _merge(merged, {k: v for k, v in table.items() if k != "lanes"}, sources, str(path))
    resolved = _converted(merged)
    for name in resolved.defaults.lanes:
        if name not in lanes:
            raise UnknownName("lane in defaults.lanes", name, lanes)
    return Settings(
        defaults=resolved.defaults,
        screen=resolved.screen,
        lanes=lanes,
        sessions=_sessions(resolved.sessions, sources, project_file, data_folder),
        user_file=user_file,
        project_file=project_file,
        proxy=resolved.proxy,
        cores=resolved.cores,
        sources=sources,
        trusted=project_folder.resolve() in trusted,
        guard=resolved.guard,
        live=resolved.live,
    )


def _sessions(
    wanted: str | None, sources: Mapping[str, str], project_file: Path, data_folder: Path
) -> Path:
    """A project keeps its sessions beside its file; without one they are the user's own."""
    if wanted is not None:
        return Path(sources["sessions"]).parent / from_home(wanted)
    return (project_file.parent if project_file.exists() else data_folder) / "sessions"


_TOML = 'A text stands in quotes, like abort = "first"; every table begins with its [name].'


def _read(path: Path, text: str | None) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig") if text is None else text)
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.", _TOML) from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start}).") from error


def _converted(table: Mapping[str, object]) -> _File:
    """Return a file's values, each of its type. Without any none has to be looked up: 3 ms."""
    return msgspec.convert(table, type=_File) if table else _File()


def _check(path: Path, table: Mapping[str, object]) -> _File:
    try:
        read = _converted(table)
    except msgspec.ValidationError as error:
        what, hint = fault_of(error, _File)
        raise ConfigError(f"{path}: {what}", hint) from error
    for name, declared in read.lanes.items():
        if isinstance(declared, str):
            continue
        found = unread_key(name, _table(_table(table, "lanes"), name)) or unread_option(
            name, declared
        )
        if found is not None:
            raise ConfigError(f"{path}: {found[0]}", found[1])
    return read


def _table(table: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _merge(
    into: dict[str, object], table: Mapping[str, object], sources: dict[str, str], path: str
) -> None:
    for key, value in table.items():
        if isinstance(value, dict):
            inner = into.setdefault(key, {})
            if isinstance(inner, dict):
                for name, item in value.items():
                    inner[name] = item
                    sources[f"{key}.{name}"] = path
        else:
            into[key] = value
            sources[key] = path
