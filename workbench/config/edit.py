"""Writes single settings and lanes into a TOML file, keeping everything else as it was written."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import cast

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Item

from workbench.errors import ConfigError
from workbench.files.replace import replace_file

Place = MutableMapping[str, object]
Approve = Callable[[str], None]
"""Looks at a file's new text before it is written, and raises to keep the old one."""


def _anything(_text: str) -> None:
    return None


def set_value(path: Path, dotted: str, value: object) -> None:
    """Set ``table.key`` to *value* in the file *path*; None removes it. Comments stay.

    The file is replaced whole, so that a crash leaves the old or the new one.

    Raises:
        ConfigError: the file cannot be read or written, or is not valid TOML.
    """
    document = _parsed(path)
    *tables, key = dotted.split(".")
    place = cast("Place", document)
    for name in tables:
        place = _inner(path, place, name)
    _put(place, key, value)
    _replace(path, tomlkit.dumps(document))


def put_lane(
    path: Path, name: str, values: Mapping[str, object], approve: Approve = _anything
) -> None:
    """Set settings of ``[lanes.NAME]`` by dotted key (``params.seed``); None removes one.

    What is not named stays as it is, comments included. A lane written on one line becomes a
    table. A lane that is not there yet is added after the others.

    Raises:
        ConfigError: the file cannot be read or written, or is not valid TOML; or *approve*'s own.
    """
    document = _parsed(path)
    lanes = _inner(path, cast("Place", document), "lanes", is_super_table=True)
    table = lanes.get(name)
    if not isinstance(table, MutableMapping):
        line, table = lanes.pop(name, None), tomlkit.table()
        if isinstance(line, Item) and line.trivia.comment:
            table.comment(line.trivia.comment.removeprefix("#").strip())
        for dotted, value in values.items():
            _put_dotted(path, table, dotted, value)
        table.add(tomlkit.nl())
        lanes[name] = table
    else:
        for dotted, value in values.items():
            _put_dotted(path, table, dotted, value)
    text = tomlkit.dumps(document)
    approve(text)
    _replace(path, text)


def remove_lane(path: Path, name: str, approve: Approve = _anything) -> None:
    """Take ``[lanes.NAME]`` out of the file, and out of its ``defaults.lanes``.

    Raises:
        ConfigError: as :func:`put_lane`, or the file does not declare the lane.
    """
    document = _parsed(path)
    lanes = document.get("lanes")
    if not isinstance(lanes, MutableMapping) or name not in lanes:
        raise ConfigError(f"{path} does not declare the lane {name}.")
    del lanes[name]
    defaults = document.get("defaults")
    if isinstance(defaults, MutableMapping) and name in (chosen := defaults.get("lanes", ())):
        chosen.remove(name)
        if not chosen:
            del defaults["lanes"]
    text = tomlkit.dumps(document)
    approve(text)
    _replace(path, text)


def _parsed(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text("utf-8-sig") if path.exists() else "")
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error}.", "Nothing was changed. Mend the file first."
        ) from error


def _inner(path: Path, place: Place, name: str, *, is_super_table: bool = False) -> Place:
    inner = place.get(name)
    if inner is None:
        place[name] = tomlkit.table(is_super_table or None)
        inner = place[name]
    if not isinstance(inner, MutableMapping):
        raise ConfigError(f"{path}: {name} is not a table.", f"Write it as [{name}].")
    return inner


def _put_dotted(path: Path, table: Place, dotted: str, value: object) -> None:
    outer, _, key = dotted.rpartition(".")
    if not outer:
        _put(table, key, value)
        return
    inner = table.get(outer)
    if inner is None:
        if value is None:
            return
        table[outer] = tomlkit.inline_table()
        inner = table[outer]
    if not isinstance(inner, MutableMapping):
        raise ConfigError(f"{path}: {outer} is not a table.", f"Write it as {outer} = {{ }}.")
    _put(inner, key, value)
    if not inner:
        del table[outer]


def _put(place: Place, key: str, value: object) -> None:
    if value is None:
        place.pop(key, None)
    elif isinstance(value, Mapping):
        inline = tomlkit.inline_table()
        inline.update(value)
        place[key] = inline
    elif place.get(key) != value:
        place[key] = value


def _replace(path: Path, text: str) -> None:
    """Put a file in the place of the old one: with its mode, and behind a link to it."""
    path = Path(os.path.realpath(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        replace_file(path, text.encode(), mode)
    except (OSError, UnicodeEncodeError) as error:
        raise ConfigError(f"{path} cannot be written: {error}.") from error
