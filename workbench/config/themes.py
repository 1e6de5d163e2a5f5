"""Themes are TOML files: a name, dark or light, and eleven named colours.

A theme file needs no code: drop it into a themes folder and it can be chosen. This module reads and
checks the files without knowing anything of the screen that will wear the colours.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from workbench.errors import ConfigError, UnknownName
from workbench.records import dataclass

COLORS: tuple[str, ...] = (
    "background",
    "surface",
    "panel",
    "line",
    "foreground",
    "muted",
    "accent",
    "pass",
    "fail",
    "warn",
    "live",
)
"""Every theme gives all of them: three grounds from back to front, the thin lines between panes,
two strengths of text, and one colour each for focus, passed, failed, warned and streaming."""

DEFAULT_THEME = "ink"

_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}\Z")
_ANSI = frozenset(
    f"ansi_{bright}{hue}"
    for bright in ("", "bright_")
    for hue in ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
) | {"ansi_default"}


@dataclass(frozen=True, slots=True)
class ThemeFile:
    """One theme as its file has it.

    ``colors`` maps each of :data:`COLORS` to ``#rrggbb``, or with ``ansi`` to one of the terminal's
    own sixteen (``ansi_red``, ``ansi_default``...).
    """

    name: str
    label: str
    dark: bool
    colors: Mapping[str, str]
    ansi: bool = False
    path: Path | None = None


def parse_theme(text: str, where: str, path: Path | None = None) -> ThemeFile:
    """Read a theme from its TOML *text*; *where* names it in error messages.

    Raises:
        ConfigError: not TOML, or a key is missing, unknown or malformed.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not valid TOML: {error}.") from error
    name, label = data.get("name"), data.get("label")
    if not isinstance(name, str) or not _NAME.match(name):
        raise ConfigError(
            f"{where}: name must be lower case letters, digits and dashes.",
            'Write for example: name = "my-theme"',
        )
    dark, ansi = data.get("dark", True), data.get("ansi", False)
    if not isinstance(dark, bool) or not isinstance(ansi, bool):
        raise ConfigError(f"{where}: dark and ansi must be true or false.")
    colors = _colors(data.get("colors"), where, ansi=ansi)
    return ThemeFile(name, label if isinstance(label, str) else name, dark, colors, ansi, path)


def _colors(table: object, where: str, *, ansi: bool) -> dict[str, str]:
    if not isinstance(table, dict):
        raise ConfigError(f"{where} has no [colors] table.", "It needs " + ", ".join(COLORS) + ".")
    missing = [name for name in COLORS if name not in table]
    if missing:
        raise ConfigError(f"{where}: no colour for {', '.join(missing)}.")
    colors = {}
    for name, value in table.items():
        if name not in COLORS:
            raise UnknownName(f"colour in {where}", str(name), COLORS)
        good = isinstance(value, str) and (value in _ANSI if ansi else _HEX.match(value))
        if not good:
            example = "ansi_red" if ansi else "#1f6b37"
            raise ConfigError(f"{where}: {name} = {value!r} is no colour.", f"Like {example!r}.")
        colors[name] = str(value)
    return colors


def load_theme(path: Path) -> ThemeFile:
    """Read one theme file.

    Raises:
        ConfigError: it cannot be read or is no theme.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The theme {path.name} cannot be read: {error}.") from error
    return parse_theme(text, path.name, path)


def shipped_folder() -> Path:
    """Return the folder of the themes that come with Workbench: in the wheel, or a checkout's."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_data" / "themes"
    return inside if inside.is_dir() else package.parent / "themes"


def theme_paths(folders: Iterable[Path] = ()) -> dict[str, Path]:
    """Return every theme file by its stem, sorted; a file in *folders* hides a shipped one of the
    same name, a later folder an earlier one.
    """
    found: dict[str, Path] = {}
    for folder in (shipped_folder(), *folders):
        if folder.is_dir():
            found.update({path.stem: path for path in folder.glob("*.toml")})
    return dict(sorted(found.items()))


def find_theme(name: str, folders: Iterable[Path] = ()) -> ThemeFile:
    """Load the theme whose file is called *name*.

    Raises:
        UnknownName: there is no such file.
        ConfigError: the file is no theme.
    """
    paths = theme_paths(folders)
    if name not in paths:
        raise UnknownName("theme", name, paths)
    return load_theme(paths[name])
