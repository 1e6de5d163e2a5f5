"""Writes single settings into a TOML file, keeping everything else as the person wrote it."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from workbench.errors import ConfigError


def set_value(path: Path, dotted: str, value: object) -> None:
    """Set ``table.key`` to *value* in the file *path*; None removes it. Comments stay.

    The file is replaced whole, so that a crash leaves the old or the new one.

    Raises:
        ConfigError: the file cannot be read or written, or is not valid TOML.
    """
    try:
        text = path.read_text("utf-8") if path.exists() else ""
        document = tomlkit.parse(text)
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from error
    *tables, key = dotted.split(".")
    place: Table | tomlkit.TOMLDocument = document
    for name in tables:
        inner = place.get(name)
        if inner is None:
            inner = tomlkit.table()
            place[name] = inner
        if not isinstance(inner, Table):
            raise ConfigError(f"{path}: {name} is not a table.", f"Write it as [{name}].")
        place = inner
    if value is None:
        place.pop(key, None)
    else:
        place[key] = value
    _replace(path, tomlkit.dumps(document))


def _replace(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except OSError as error:
        with suppress(OSError, UnboundLocalError):
            Path(temporary).unlink()
        raise ConfigError(f"{path} cannot be written: {error}.") from error
