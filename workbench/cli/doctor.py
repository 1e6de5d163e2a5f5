"""``workbench doctor``: what is configured, where it comes from, and what is missing."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import click

from workbench import __version__
from workbench.api.guard import suite_there
from workbench.api.keys import Keys
from workbench.api.lanes import try_declared
from workbench.api.setup import settings_for
from workbench.checks.syntax import parse_checks
from workbench.cli import diagnostics, output
from workbench.config.paths import cache_dir, config_dir, data_folder, models_dir
from workbench.config.settings import Settings
from workbench.config.themes import find_theme
from workbench.errors import UnknownName, UsageError, WorkbenchError
from workbench.model.lane import Lane
from workbench.providers.models.catalogue import find_model
from workbench.providers.models.files import state
from workbench.providers.presets import resolve


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(*, as_json: bool) -> int:
    """Show every setting with its source, and whether each lane can be used.

    Nothing is sent. Exit code: 0 everything in use is ready, 1 something is missing or wrong.
    """
    settings = settings_for()
    values = _settings(settings)
    keys = Keys(settings)
    lanes = [_lane(settings, keys, name) for name in settings.lanes]
    problems = _problems(settings)
    if as_json:
        output.document(
            {
                "v": 1,
                "workbench": __version__,
                "python": platform.python_version(),
                "settings": [dict(zip(("key", "value", "source"), v, strict=True)) for v in values],
                "lanes": [dict(zip(("lane", "state", "source"), v, strict=True)) for v in lanes],
                "problems": [dict(zip(("key", "problem"), v, strict=True)) for v in problems],
            }
        )
    else:
        output.line(
            f"workbench {__version__}, Python {platform.python_version()} on {sys.platform}"
        )
        output.line()
        output.table(("setting", "value", "from"), values)
        output.line()
        output.table(("lane", "state", "from"), lanes)
    for key, problem in problems:
        diagnostics.warn(f"{key}: {problem}")
    used = {f"{name}" for name in settings.defaults.lanes}
    ready = all(state == "ready" for name, state, _ in lanes if name in used)
    return 0 if ready and not problems else 1


def _settings(settings: Settings) -> list[tuple[str, str, str]]:
    rows = []
    for table, record in (
        ("defaults", settings.defaults),
        ("screen", settings.screen),
        ("guard", settings.guard),
        ("live", settings.live),
    ):
        for name in record.__struct_fields__:
            key = f"{table}.{name}"
            rows.append((key, _show(getattr(record, name)), settings.source(key)))
    rows.append(("proxy", _show(settings.proxy), settings.source("proxy")))
    rows.append(("cores", str(settings.cores or "all"), settings.source("cores")))
    rows.append(("sessions", str(settings.sessions), settings.source("sessions")))
    rows.append(("cache", str(cache_dir()), _environment("WORKBENCH_CACHE")))
    rows.append(("models", str(models_dir()), _environment("WORKBENCH_CACHE")))
    return rows


def _environment(name: str) -> str:
    return f"${name}" if os.environ.get(name) else "default"


def _show(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{k} = {v}" for k, v in value.items()) or "none"
    return "none" if value is None else str(value)


def _lane(settings: Settings, keys: Keys, name: str) -> tuple[str, str, str]:
    lane = settings.lanes[name]
    source = settings.source(f"lanes.{name}")
    if lane.provider == "local":
        found = _local_state(lane.model, lane.path)
        return name, _declared_state(settings, lane) if found == "ready" else found, source
    key = resolve(lane).key_env
    if key and keys.source(key) == "missing":
        return name, f"no key in ${key}, nor in the keyring", source
    return name, _declared_state(settings, lane), source


def _declared_state(settings: Settings, lane: Lane) -> str:
    try:
        try_declared(settings, lane)
    except WorkbenchError as error:
        return _said(error)
    return "ready"


def _said(error: WorkbenchError) -> str:
    return f"{error.message} {error.hint}".rstrip()


def _theme_folders() -> tuple[Path, ...]:
    return data_folder("themes"), config_dir() / "themes"


def _problems(settings: Settings) -> list[tuple[str, str]]:
    """Look at settings that name something: the key, and what is wrong with it."""
    found = []
    folder = settings.project_file.parent
    tries: list[tuple[str, Callable[[], object]]] = [
        ("defaults.checks", lambda: parse_checks(settings.defaults.checks, folder)),
        ("screen.theme", lambda: find_theme(settings.screen.theme, _theme_folders())),
        *(("guard.lanes", partial(settings.lane, name)) for name in settings.guard.lanes),
        ("guard.suite", lambda: _need_suite(settings)),
    ]
    for key, look in tries:
        try:
            look()
        except WorkbenchError as error:
            found.append((key, _said(error)))
    return found


def _need_suite(settings: Settings) -> None:
    if settings.guard.on and not suite_there(settings, settings.guard.suite):
        raise UsageError(f"There is no suite {settings.guard.suite} yet.")


def _local_state(model: str, path: str | None) -> str:
    if find_spec("xllamacpp") is None:
        return "xllamacpp is not installed: pip install 'workbench[local]'"
    if path is not None:
        return "ready" if Path(path).is_file() else f"no file {path}"
    try:
        found = state(models_dir(), find_model(model))
    except UnknownName as error:
        return error.message
    return "ready" if found == "ready" else f"not here: workbench models pull {model}"
