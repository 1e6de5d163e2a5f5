"""Actions are named data, and keys are a map over them.

Every action has an id (which a keymap in the configuration can give other keys), a name for the
palette, a word for the key bar and a sentence for the help screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from textual.binding import Binding, BindingType

from workbench.errors import UnknownName
from workbench.model.events import Notice
from workbench.records import dataclass

Scope = Literal["workbench", "lane", "app"]


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do.

    ``id`` names the method (``action_`` and the id with underscores), ``keys`` are the default
    keys, ``bar`` is its word in the key bar (empty: not there), ``priority`` beats the editor,
    ``on_screen`` says that the screen answers, not the widget that has the focus.
    """

    id: str
    keys: str
    title: str
    bar: str
    help: str
    scope: Scope = "workbench"
    priority: bool = False
    on_screen: bool = False

    @property
    def method(self) -> str:
        """The action's name as the toolkit knows it."""
        return ("screen." if self.on_screen else "") + self.id.replace("-", "_")


ACTIONS: tuple[Action, ...] = (
    Action(
        "send",
        "ctrl+j,f5,ctrl+enter",
        "Send the prompt",
        "send",
        "Send the prompt to every lane in the race.",
        priority=True,
    ),
    Action(
        "stop",
        "escape",
        "Stop, or back to the prompt",
        "stop",
        "Cancel what runs, else go back to the prompt.",
    ),
    Action(
        "older",
        "ctrl+o",
        "Older iteration",
        "older",
        "Show the iteration before this one; edits are kept.",
        priority=True,
    ),
    Action(
        "newer",
        "ctrl+n",
        "Newer iteration",
        "newer",
        "Show the iteration after this one.",
        priority=True,
    ),
    Action(
        "history", "f8", "History", "history", "List every iteration and go to one.", priority=True
    ),
    Action("lanes", "ctrl+l", "Next lane", "lanes", "Move the focus to the next lane."),
    Action("prompt", "f2", "Edit the prompt", "prompt", "Move the focus to the user message."),
    Action(
        "checks", "f3", "Edit the checks", "checks", "Move the focus to the checks, one per line."
    ),
    Action("variables", "f4", "Variables", "vars", "Give the prompt's variables values."),
    Action(
        "data",
        "alt+d",
        "Data rows",
        "rows",
        "The prompt over several inputs: a table of rows, verdicts by lane.",
    ),
    Action(
        "next-row", "alt+right", "Next data row", "row", "Show the answers to the next data row."
    ),
    Action("previous-row", "alt+left", "Previous data row", "", "Show those to the row before it."),
    Action("guard", "alt+g", "Cases after each race", "", "The cases that guard the prompt."),
    Action("flips", "alt+j", "Flipped cases", "", "Compare the answers of cases that flipped."),
    Action(
        "choose-lanes",
        "ctrl+r",
        "Lanes: choose, edit, add",
        "choose",
        "Choose the lanes that race; add, change, copy, remove and try them.",
        priority=True,
    ),
    Action(
        "abort",
        "ctrl+t",
        "Abort on first failure",
        "abort",
        "Abort lanes on their first failure, or let them run.",
        priority=True,
    ),
    Action("star", "ctrl+s", "Star this iteration", "", "Put a star on the iteration in view."),
    Action(
        "matrix",
        "f6",
        "Verdict matrix",
        "matrix",
        "Show every check of every lane, live.",
        priority=True,
    ),
    Action(
        "diff",
        "ctrl+d",
        "Compare answers",
        "diff",
        "Compare answers with the iteration before, or lanes.",
        priority=True,
    ),
    Action(
        "recheck",
        "f11,alt+c",
        "Ask other checks",
        "recheck",
        "Ask other checks of every recorded answer; nothing is sent.",
        priority=True,
    ),
    Action(
        "replay",
        "f7",
        "Replay",
        "replay",
        "Play the iteration again as it streamed.",
        priority=True,
    ),
    Action(
        "case",
        "f10",
        "Save failure as a case",
        "case",
        "Make an eval case of the lane's failure.",
        priority=True,
    ),
    Action(
        "open-prompt",
        "alt+o",
        "Open a prompt file",
        "",
        "Load prompt, checks and values.",
        priority=True,  # a terminal sends Alt and a letter: an editor would take the letter
    ),
    Action(
        "save-prompt",
        "alt+s",
        "Save to a prompt file",
        "",
        "Save prompt, checks and values.",
        priority=True,
    ),
    Action(
        "measures",
        "alt+m",
        "Measures",
        "measures",
        "Charts and figures of the whole session.",
        priority=True,
    ),
    Action(
        "models",
        "alt+p",
        "Embedded models",
        "models",
        "Fetch the embedded models, or see how far it is.",
        priority=True,
    ),
    Action("live", "f12", "Live mode", "live", "Send by itself after a pause in typing."),
    Action(
        "sessions",
        "ctrl+f",
        "Sessions",
        "sessions",
        "Find and open another session.",
        priority=True,
    ),
    Action(
        "new-session", "alt+e", "New session", "", "Begin anew with an empty prompt.", priority=True
    ),
    Action(
        "external-editor",
        "ctrl+g",
        "Edit in $EDITOR",
        "",
        "Edit the focused text in $VISUAL or $EDITOR.",
        priority=True,
    ),
    Action("taller", "alt+down,ctrl+down", "Taller prompt", "", "Give the prompt more rows."),
    Action("shorter", "alt+up,ctrl+up", "Shorter prompt", "", "Give the lanes more rows."),
    Action(
        "wider",
        "alt+w",
        "Wider pane",
        "",
        "Give the pane in focus more columns: a lane, the messages, the checks.",
        priority=True,
    ),
    Action(
        "narrower",
        "alt+n",
        "Narrower pane",
        "",
        "Give it fewer columns, and the others more.",
        priority=True,
    ),
    Action("themes", "f9", "Choose a theme", "", "Try on themes; the choice is kept.", "app"),
    Action(
        "palette",
        "ctrl+p",
        "Every action",
        "all",
        "Find an action by its name.",
        "app",
        priority=True,
    ),
    Action("help", "f1", "Help", "help", "Show every key and what it does.", "app", priority=True),
    Action(
        "quit",
        "ctrl+q",
        "Quit",
        "quit",
        "Leave; everything is saved already.",
        "app",
        priority=True,
    ),
    Action("line-up", "up,k", "Scroll up", "", "Scroll the lane one row up.", "lane"),
    Action("line-down", "down,j", "Scroll down", "", "Scroll the lane one row down.", "lane"),
    Action("page-up", "pageup,b", "Page up", "", "Scroll the lane one page up.", "lane"),
    Action("page-down", "pagedown,space", "Page down", "", "Scroll one page down.", "lane"),
    Action("text-start", "home,g", "Start of the answer", "", "Go to the answer's start.", "lane"),
    Action("text-end", "end,G", "End of the answer", "", "Go to the end and follow it.", "lane"),
    Action(
        "to-failure",
        "f",
        "Show the failure",
        "failure",
        "Go to what failed in the lane, then to the next failure.",
        "lane",
    ),
    Action(
        "next-attempt",
        "right,n",
        "Next attempt",
        "attempts",
        "Where a lane was asked several times: its next attempt.",
        "lane",
        on_screen=True,
    ),
    Action(
        "previous-attempt",
        "left,p",
        "Previous attempt",
        "",
        "The attempt before it.",
        "lane",
        on_screen=True,
    ),
    Action(
        "details",
        "d",
        "Details",
        "details",
        "Checks, warnings, judges' replies, times and cost.",
        "lane",
        on_screen=True,
    ),
    Action(
        "reasoning",
        "r",
        "Reasoning",
        "reasoning",
        "Show the lane's reasoning, or its answer.",
        "lane",
    ),
    Action("zoom", "z,enter", "Zoom", "zoom", "Give this lane the screen.", "lane", on_screen=True),
    Action("hide", "h", "Hide this lane", "", "Hide it; it still races.", "lane", on_screen=True),
    Action(
        "show-all", "H", "Show all lanes", "", "Show hidden lanes again.", "lane", on_screen=True
    ),
    Action(
        "markdown",
        "m",
        "As Markdown",
        "markdown",
        "Read the answer as Markdown.",
        "lane",
        on_screen=True,
    ),
    Action(
        "save-case",
        "s",
        "Save this lane's failure as a case",
        "case",
        "Make an eval case of this failure.",
        "lane",
        on_screen=True,
    ),
    Action("stop-lane", "x", "Stop this lane", "stop", "Cancel this lane.", "lane", on_screen=True),
    Action(
        "copy-answer",
        "c,y",
        "Copy the answer",
        "copy",
        "Copy the answer's text to the clipboard.",
        "lane",
        on_screen=True,
    ),
)

SCOPES: Mapping[Scope, str] = {
    "workbench": "Workbench",
    "lane": "In a lane",
    "app": "Everywhere",
}


def bindings(scope: Scope) -> list[BindingType]:
    """Return the bindings of one scope, each with its action's id."""
    return [
        Binding(a.keys, a.method, a.title, id=a.id, priority=a.priority, show=False)
        for a in ACTIONS
        if a.scope == scope
    ]


_SHOWN = {
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "Esc",
    "space": "Space",
    "up": "\u2191",
    "down": "\u2193",
    "home": "Home",
    "end": "End",
    "left": "\u2190",
    "right": "\u2192",
    "enter": "Enter",
    "tab": "Tab",
}


def key_label(key: str) -> str:
    """Return a key as people write it: ``^J``, ``F5``, ``Alt+D``, ``Esc``."""
    for prefix, shown in (("ctrl+", "^"), ("alt+", "Alt+")):
        if key.startswith(prefix):
            rest = key.removeprefix(prefix)
            return shown + (rest.upper() if len(rest) == 1 else key_label(rest))
    if key in _SHOWN:
        return _SHOWN[key]
    return key.upper() if key[:1] == "f" and key[1:].isdigit() else key


def unknown_keys(keymap: Mapping[str, str]) -> Notice | None:
    """Return a warning when a keymap names an action that there is not."""
    known = {action.id for action in ACTIONS}
    for name in keymap:
        if name not in known:
            error = UnknownName("action in screen.keys", name, known)
            return Notice("warning", error.message, error.hint)
    return None


def first_key(action: Action, keymap: Mapping[str, str]) -> str:
    """Return the label of an action's first key; empty when a keymap leaves it none."""
    return next(map(key_label, keys_of(action, keymap)), "")


def keys_of(action: Action, keymap: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys of an action under a keymap, first choice first."""
    return tuple(k.strip() for k in keymap.get(action.id, action.keys).split(",") if k.strip())
