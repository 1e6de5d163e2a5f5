"""What a screen is started with; filled in by whoever opens it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from workbench.config.prompt_file import PromptFile
from workbench.config.themes import DEFAULT_THEME
from workbench.engine.plan import CASES, EngineClient, OpenSession
from workbench.model.events import AbortMode, Notice
from workbench.model.lane import Lane
from workbench.model.prompt import DataRow, Prompt
from workbench.records import dataclass
from workbench.tui.view.draft import Draft, Guard, Live, Rules
from workbench.tui.view.fetch import Shelf

if TYPE_CHECKING:  # a screen that saves no case does not load the suites
    from workbench.api.lane_desk import LaneDesk
    from workbench.suites.case import Case
    from workbench.suites.file import Added

ClientFactory = Callable[[], Awaitable[EngineClient]]
"""Makes the engine's client, on the screen's event loop. The engine itself may already run."""

RECENT = 50
"""Iterations of a saved session that are read when it is opened: its first screen is there at
once, however long it is. Earlier ones are read when they are asked for."""

MOST = 200


def more(known: int) -> int:
    """Return how many earlier iterations to read next, with *known* of them there already."""
    return max(RECENT, min(known, MOST))


EXAMPLES = "examples/"
"""How the ids of recorded examples begin."""


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """A session as a browser lists it; ``utc`` is when it was last worked on."""

    id: str
    title: str
    utc: str
    iterations: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class CheckFault:
    """Why a line cannot be read, and at which column (from 1) of it; 0 means: as a whole."""

    column: int
    message: str
    hint: str = ""


def _no_fault(_check: str) -> CheckFault | None:
    return None


def _no_words(_text: str) -> Sequence[str]:
    return ()


def _no_meaning(_check: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class CheckLanguage:
    """What the checks editor needs to know of checks.

    ``fault(line)`` is None when the line can be read, ``completions(text)`` what could replace the
    word at the end of *text*, ``meaning(line)`` how its kind of check is written and what it does.
    """

    fault: Callable[[str], CheckFault | None] = _no_fault
    completions: Callable[[str], Sequence[str]] = _no_words
    meaning: Callable[[str], str] = _no_meaning


class DraftStore(Protocol):
    """Where the one unsent draft is; see :class:`workbench.api.drafts.DraftFile`."""

    def load(self) -> PromptFile | None:
        """Return the draft, or None."""
        ...

    def save(self, held: PromptFile) -> bool:
        """Keep a draft; False when it cannot be written."""
        ...

    def remove(self) -> None:
        """Forget it."""
        ...


def _accept(_check: str) -> str | None:
    return None


def _forget(_name: str, _value: str) -> None:
    return None


def _unknown(_case: Case) -> Case | None:
    return None


def worked_on(entries: Iterable[SessionEntry], here: str | None = None) -> str | None:
    """Return the id of the session that was worked on last, of *entries* newest first: no example,
    none that only keeps what came of cases, and not the one that is open *here*.
    """
    for entry in entries:
        kept = entry.id.startswith(EXAMPLES) or entry.title.startswith(CASES)
        if not kept and entry.id != here:
            return entry.id
    return None


def _no_sessions(_query: str) -> Sequence[SessionEntry]:
    return ()


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything the screen needs to know and may not find out by itself.

    ``lanes`` are all that are configured, ``in_view`` the names of those that race (empty: all).
    ``session`` is opened first. ``save_setting(name, value)`` remembers a choice made on the
    screen. ``check_problem(text)`` returns why a check cannot be read, or None.
    ``sessions(query)`` lists sessions, newest first; an empty query means all. ``keymap`` maps
    binding ids to keys. ``save_case`` appends a case to the suite that is called ``suite``,
    and ``known_case`` finds the one with the same failure there. ``live`` says what live mode may
    do. ``language`` helps to write checks, ``rules`` say how races are run, ``fps`` is how often a
    second the screen is painted at most. ``mask`` hides secrets in what a crash says. ``desk()`` is
    where lanes are written; without one they can only be chosen. ``shelf`` holds the weights that
    can be fetched.
    ``load_rows(source)`` reads data rows; ``guard`` says which cases run after each race.
    ``rows`` are the prompt's data rows. ``drafts(session)`` is where what was not sent is kept;
    ``first`` is what a session begins with where nobody has written anything yet, ``blank`` what
    one begins with that was asked for. ``notice`` is said first.
    """

    lanes: tuple[Lane, ...]
    prompt: Prompt
    checks: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    in_view: tuple[str, ...] = ()
    abort: AbortMode = "off"
    session: OpenSession = field(default_factory=OpenSession)
    theme: str = DEFAULT_THEME
    theme_folders: tuple[Path, ...] = ()
    keymap: Mapping[str, str] = field(default_factory=dict)
    save_setting: Callable[[str, str], None] = _forget
    check_problem: Callable[[str], str | None] = _accept
    sessions: Callable[[str], Sequence[SessionEntry]] = _no_sessions
    suite: str = "cases.jsonl"
    save_case: Callable[[Case], Added] | None = None
    known_case: Callable[[Case], Case | None] = _unknown
    live: Live = Live()
    language: CheckLanguage = CheckLanguage()
    rules: Rules = field(default_factory=Rules)
    fps: int = 24
    mask: Callable[[str], str] = str
    desk: Callable[[], LaneDesk] | None = None
    shelf: Shelf | None = None
    load_rows: Callable[[str], tuple[DataRow, ...]] | None = None
    guard: Guard = Guard()
    rows: tuple[DataRow, ...] = ()
    drafts: Callable[[str | None], DraftStore] | None = None
    first: Draft | None = None
    blank: Draft = Draft(Prompt(""), ())
    notice: Notice | None = None
