"""Opens the screen: refuse early, start the engine's process, and only then import Textual."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from workbench.api.setup import settings_for
from workbench.checks.syntax import parse_check
from workbench.config import edit, sample
from workbench.config.paths import config_dir, data_folder
from workbench.config.settings import Settings
from workbench.engine.child import ChildEngine, launch
from workbench.engine.plan import EngineClient, OpenSession
from workbench.errors import ConfigError, NotATerminal, WorkbenchError
from workbench.tui.setup import SessionEntry, Setup

ENGINE = "workbench.api.engine_main"


def open_screen(session: str | None = None) -> int:
    """Open the screen on a new session, or on *session*; return the exit code.

    Raises:
        NotATerminal: there is no terminal to draw on.
        ConfigError: the configuration cannot be read.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        raise NotATerminal(
            "The screen needs a terminal that can move its cursor.",
            "Without one use: workbench send PROMPT",
        )
    settings = settings_for()
    launched = launch(ENGINE, str(Path.cwd()))

    async def client() -> EngineClient:
        return ChildEngine(launched)

    from workbench.tui.app import run  # imports Textual: only now, while the engine gets ready

    local = tuple(settings.defaults.lanes)
    return run(
        client,
        Setup(
            lanes=tuple(settings.lanes.values()),
            prompt=sample.SAMPLE_PROMPT,
            checks=settings.defaults.checks or sample.SAMPLE_CHECKS,
            variables=sample.SAMPLE_VARIABLES,
            in_view=local,
            abort=settings.defaults.abort,
            session=OpenSession(id=session),
            theme=settings.screen.theme,
            theme_folders=_theme_folders(),
            keymap=settings.screen.keys,
            save_setting=lambda name, value: _remember(settings, name, value),
            check_problem=_check_problem,
            sessions=lambda query: _sessions(settings, query),
        ),
    )


def _theme_folders() -> tuple[Path, ...]:
    return (data_folder("themes"), config_dir() / "themes")


def _remember(settings: Settings, name: str, value: str) -> None:
    """Keep a choice in the file that set it, else in the user's own."""
    key = f"screen.{name}"
    source = settings.source(key)
    path = settings.user_file if source == "default" else Path(source)
    with suppress(ConfigError):
        edit.set_value(path, key, value)


def _check_problem(text: str) -> str | None:
    try:
        parse_check(text, Path.cwd())
    except WorkbenchError as error:
        return f"{error.message} {error.hint}".strip()
    return None


def _sessions(settings: Settings, query: str) -> Sequence[SessionEntry]:
    from workbench.store.sessions import list_sessions

    wanted = query.casefold()
    return [
        SessionEntry(
            info.id, info.title, info.modified.isoformat(timespec="minutes"), info.iterations or 0
        )
        for info in list_sessions(settings.sessions)
        if wanted in info.title.casefold() or wanted in info.id
    ]
