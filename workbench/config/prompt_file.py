"""Prompt files: a prompt with its checks and variables' values, kept outside of any session.

A ``.toml`` file has ``system``, ``user``, ``checks``, a table ``[variables]`` and ``[[rows]]`` for
each data row (``id``, ``values``, ``checks``); any other file is the user message as it stands.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import field
from errno import EINVAL
from pathlib import Path
from stat import S_IMODE

from workbench.errors import PromptError
from workbench.files.replace import replace_file
from workbench.files.texts import read_text
from workbench.model.prompt import DataRow, Prompt
from workbench.records import dataclass

_MOST_BYTES = 4 * 1024 * 1024
_KEYS = frozenset({"system", "user", "checks", "variables", "rows"})


@dataclass(frozen=True, slots=True)
class PromptFile:
    """What a prompt file holds; ``checks`` is None where it says nothing of them."""

    prompt: Prompt
    checks: tuple[str, ...] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[DataRow, ...] = ()


def load_prompt(path: Path) -> PromptFile:
    """Read a prompt file.

    Raises:
        PromptError: it cannot be read, is larger than 4 MB, or a value in it is wrong.
    """
    text = read_text(path, _MOST_BYTES, kind=PromptError)
    if path.suffix != ".toml":
        return PromptFile(Prompt(text.removesuffix("\n")))
    try:
        return _read(tomllib.loads(text), path)
    except tomllib.TOMLDecodeError as error:
        raise PromptError(f"{path} is not valid TOML: {error}.") from error


def _read(data: Mapping[str, object], path: Path) -> PromptFile:
    unknown = sorted(data.keys() - _KEYS)
    if unknown:
        raise PromptError(f"{path}: {unknown[0]} means nothing here.", "It has " + _LIST)
    user, system = data.get("user"), data.get("system")
    checks, variables = data.get("checks"), data.get("variables", {})
    if not isinstance(user, str) or not isinstance(system, str | None):
        raise PromptError(f"{path}: user must be a text, and system too if it is there.")
    if not isinstance(variables, dict) or not _texts(variables.values()):
        raise PromptError(f"{path}: every value under [variables] must be a text.")
    if checks is not None and (not isinstance(checks, list) or not _texts(checks)):
        raise PromptError(f"{path}: checks must be a list of texts.", 'Like checks = ["json"].')
    return PromptFile(
        Prompt(user, system or None),
        None if checks is None else tuple(checks),
        dict(variables),
        _rows(data.get("rows", []), path),
    )


_LIST = "system, user, checks, [variables] and [[rows]]."


def _rows(found: object, path: Path) -> tuple[DataRow, ...]:
    rows: list[DataRow] = []
    for number, record in enumerate(found if isinstance(found, list) else [found], 1):
        row = _row(record, number)
        if row is None or any(row.id == other.id for other in rows):
            hint = 'Like id = "1" and values = { city = "Paris" }, each with an id of its own.'
            raise PromptError(f"{path}: [[rows]] number {number} is no data row.", hint)
        rows.append(row)
    return tuple(rows)


def _row(record: object, number: int) -> DataRow | None:
    if not isinstance(record, dict) or record.keys() - {"id", "values", "checks"}:
        return None
    name, values = record.get("id", str(number)), record.get("values", {})
    checks = record.get("checks", [])
    if not isinstance(name, str) or not isinstance(values, dict) or not isinstance(checks, list):
        return None
    if not _texts(values.values()) or not _texts(checks):
        return None
    return DataRow(name, values, tuple(checks))


def _texts(values: object) -> bool:
    return isinstance(values, list | type({}.values())) and all(isinstance(v, str) for v in values)


def save_prompt(path: Path, held: PromptFile) -> None:
    """Write a prompt file; a ``.toml`` one whole, any other the user message alone.

    Raises:
        PromptError: it cannot be written, or holds more than such a file can.
    """
    if path.suffix != ".toml":
        if held.prompt.system or held.checks or held.rows:
            hint = f"Save it as {path.stem}.toml."
            raise PromptError("Only a .toml file keeps system message, checks and rows.", hint)
        text = held.prompt.user + "\n"
    else:
        text = _toml(held)
    try:
        _write(Path(os.path.realpath(path)), text.encode("utf-8"))
    except OSError as error:
        raise PromptError(f"{path} cannot be written: {error.strerror}.") from error
    except ValueError as error:
        raise PromptError(f"{path} cannot be written: {error}.") from error


def _write(path: Path, data: bytes) -> None:
    if not path.exists():
        with path.open("xb") as file:
            file.write(data)
    elif path.is_file():
        replace_file(path, data, S_IMODE(path.stat().st_mode))  # the old one stays until then
    else:
        raise OSError(EINVAL, "It is not a file")


def _toml(held: PromptFile) -> str:
    import tomlkit

    document = tomlkit.document()
    if held.prompt.system:
        document["system"] = tomlkit.string(
            held.prompt.system, multiline=_in_lines(held.prompt.system)
        )
    document["user"] = tomlkit.string(held.prompt.user, multiline=_in_lines(held.prompt.user))
    if held.checks is not None:
        document["checks"] = list(held.checks)
    if held.variables:
        document["variables"] = dict(held.variables)
    if held.rows:
        rows = tomlkit.aot()
        for row in held.rows:
            table = tomlkit.table()
            table.update({"id": row.id, "values": dict(row.values)})
            if row.checks:
                table["checks"] = list(row.checks)
            rows.append(table)
        document["rows"] = rows
    return tomlkit.dumps(document)


def _in_lines(text: str) -> bool:
    """Return whether to write a text line by line; readers of TOML change a return there."""
    return "\n" in text and "\r" not in text
