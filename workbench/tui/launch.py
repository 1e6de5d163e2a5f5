"""Opens the screen: refuse early, start the engine's process, and only then import Textual."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.api.crash import mask_logs, redactor_of
from workbench.api.setup import settings_for
from workbench.checks.syntax import parse_check
from workbench.config import sample
from workbench.config.paths import config_dir, data_folder, state_dir
from workbench.config.settings import Settings, load_settings
from workbench.engine.child import ChildEngine, launch
from workbench.engine.plan import CASES, EngineClient, OpenSession
from workbench.errors import NotATerminal, WorkbenchError
from workbench.model.prompt import Prompt
from workbench.tui.view.draft import Draft, Guard, Live, Rules
from workbench.tui.view.fetch import Shelf, Watch, Weights
from workbench.tui.view.language import check_language
from workbench.tui.view.setup import RECENT, SessionEntry, Setup

if TYPE_CHECKING:
    from workbench.api.lane_desk import LaneDesk
    from workbench.model.lane import Lane
    from workbench.model.prompt import DataRow
    from workbench.suites.case import Case
    from workbench.suites.file import Added

ENGINE = "workbench.api.engine_main"
SUITE = "cases.jsonl"
"""The suite that failures are saved to, in the current folder."""


def open_screen(session: str | None = None, *, plain: bool = False) -> int:
    """Open the screen on a new session, or on *session*; return the exit code. *plain*, or the
    setting of that name, is line by line.

    Raises:
        NotATerminal: there is no terminal to draw on.
        ConfigError: the configuration cannot be read.
        UnknownName: there is no such session.
    """
    settings = settings_for()
    need_session(settings, session)
    plain = plain or settings.screen.plain
    able = sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if not (able or plain):
        raise NotATerminal(
            "The screen needs a terminal that can move its cursor.",
            "Line by line: workbench --plain. One prompt: workbench send PROMPT",
        )
    if plain:
        gc.enable()
    launched = launch(ENGINE, str(Path.cwd()))
    mask_logs()

    async def client() -> EngineClient:
        return ChildEngine(launched)

    if plain:
        from workbench.tui.plain.loop import run as talk

        return talk(client, with_drafts(make_setup(settings, session), settings))

    from workbench.tui.app import run  # imports Textual: only now, while the engine gets ready

    return run(client, with_drafts(make_setup(settings, session), settings))


def need_session(settings: Settings, session: str | None) -> None:
    """Make sure that the session to open is there.

    Raises:
        UnknownName: no session is called that.
        SessionError: several are.
    """
    if session is not None:
        from workbench.api.sessions import Sessions

        Sessions.of(settings).path(session)


def with_drafts(setup: Setup, settings: Settings) -> Setup:
    """Return *setup* with what was not sent last time, in this folder and session."""
    from hashlib import sha256

    from workbench.api.drafts import DraftFile
    from workbench.tui.view.keeper import begin_with

    redactor = lru_cache(1)(redactor_of)  # keys are looked up once, and not before they must be

    def mask(text: str) -> str:
        return redactor()(text)

    def store(session: str | None) -> DraftFile:
        place = f"{settings.sessions.absolute()}\0{session or ''}"
        name = sha256(os.fsencode(place)).hexdigest()[:24]
        return DraftFile(state_dir() / "drafts" / f"{name}.json", mask)

    return begin_with(setup, store)


def make_setup(settings: Settings, session: str | None = None) -> Setup:
    """Return what the screen is started with: the sample prompt, on a new session or *session*."""
    return Setup(
        lanes=tuple(settings.lanes.values()),
        prompt=sample.SAMPLE_PROMPT,
        checks=settings.defaults.checks or sample.SAMPLE_CHECKS,
        variables=sample.SAMPLE_VARIABLES,
        in_view=settings.defaults.lanes,
        abort=settings.defaults.abort,
        session=OpenSession(id=session, last=RECENT),
        theme=settings.screen.theme,
        theme_folders=_theme_folders(),
        keymap=settings.screen.keys,
        save_setting=lambda name, value: _remember(settings, name, value),
        check_problem=_check_problem,
        sessions=lambda query: _sessions(settings, query),
        suite=SUITE,
        save_case=lambda case: _save_case(settings, case),
        known_case=_known_case,
        language=check_language(Path.cwd()),
        rules=_rules(settings),
        fps=settings.screen.fps,
        shelf=Shelf(_models, _pull),
        mask=lambda text: redactor_of()(text),  # noqa: PLW0108 - keys are read late
        desk=_desk,
        guard=_guard(settings),
        blank=Draft(Prompt(""), settings.defaults.checks),
        live=Live(settings.live.pause, settings.live.fast, settings.live.budget),
        load_rows=lambda source: _load_rows(settings, source),
    )


def _guard(settings: Settings) -> Guard:
    found = settings.guard
    return Guard(found.on, found.suite, found.tags, found.lanes, found.budget, found.at_once)


def _load_rows(settings: Settings, source: str) -> tuple[DataRow, ...]:
    """Read data rows.

    Raises:
        UsageError: there is no such file or suite, or it cannot be read.
    """
    from workbench.api.data_rows import load_rows

    return load_rows(settings, source)


def _desk() -> LaneDesk:
    from workbench.api.lane_desk import LaneDesk

    return LaneDesk(Path.cwd())


def _models() -> Sequence[Weights]:
    from workbench.api.models import list_models

    return list_models()


def _pull(name: str, watch: Watch) -> object:
    from workbench.api.models import pull_model

    return pull_model(name, watch)


def _rules(settings: Settings) -> Rules:
    def fallbacks(lanes: Iterable[Lane]) -> tuple[Lane, ...]:
        from workbench.api.wiring import fallbacks_of

        lanes = tuple(lanes)
        return fallbacks_of(lanes, _now(settings)) if any(lane.fallback for lane in lanes) else ()

    defaults = settings.defaults
    return Rules(defaults.abort_on, defaults.repeat, defaults.sequential, defaults.audit, fallbacks)


def _now(settings: Settings) -> Settings:
    """Read the same files again: lanes may have been written since."""
    return load_settings(settings.user_file, settings.project_file.parent, settings.sessions)


def _theme_folders() -> tuple[Path, ...]:
    return (data_folder("themes"), config_dir() / "themes")


def _remember(settings: Settings, name: str, value: str) -> None:
    """Keep a choice in the file that set it, else in the user's own.

    Raises:
        ConfigError: the file cannot be written.
    """
    from workbench.config import edit

    key = f"screen.{name}"
    source = settings.source(key)
    path = settings.user_file if source == "default" else Path(source)
    edit.set_value(path, key, value)


def _check_problem(text: str) -> str | None:
    try:
        parse_check(text, Path.cwd())
    except WorkbenchError as error:
        return f"{error.message} {error.hint}".strip()
    return None


def _sessions(settings: Settings, query: str) -> Sequence[SessionEntry]:
    """List sessions, then what came of cases, then recorded examples; with a *query* those in which
    something matches it.
    """
    from workbench.api.sessions import Query, SessionInfo, Sessions

    sessions = Sessions.of(settings)

    def entry(info: SessionInfo, prefix: str = "", note: str = "") -> SessionEntry:
        moment = info.modified.isoformat(timespec="minutes")
        return SessionEntry(prefix + info.id, info.title, moment, info.iterations or 0, note)

    listed = sorted(sessions.list(), key=lambda info: info.title.startswith(CASES))
    own = {info.id: entry(info) for info in listed}
    recorded = [entry(info, "examples/", "example") for info in sessions.list_examples()]
    if not query.strip():
        return [*own.values(), *recorded]
    wanted = query.casefold()
    words = [word + "*" for word in query.split()]
    hits = sessions.search(Query(text=" ".join(words), limit=200)).hits
    found = {hit.session: hit.snippet for hit in reversed(hits)}
    titled = [e for e in (*own.values(), *recorded) if wanted in e.title.casefold()]
    names = {e.id for e in titled}
    inside = [replace(own[i], note=found[i]) for i in found if i in own and i not in names]
    return [*titled, *inside]


def _save_case(settings: Settings, case: Case) -> Added:
    """Append a case to the suite, or what it expects to its twin there; known secrets are masked.

    Raises:
        NotSaved: the file cannot be written.
    """
    from workbench.api.wiring import known_secrets
    from workbench.redact import Redactor
    from workbench.suites.file import keep_case

    return keep_case(Path.cwd() / SUITE, case, Redactor(known_secrets(_now(settings))))


def _known_case(case: Case) -> Case | None:
    """Return the case of the suite that has the same failure.

    Raises:
        UsageError: the suite cannot be read.
    """
    from workbench.suites.file import load_suite

    if not (Path.cwd() / SUITE).exists():
        return None
    known = load_suite(Path.cwd() / SUITE).cases
    return next((twin for twin in known if twin.signature == case.signature), None)
