"""Every action by its name: in groups, most used first, and found by words in any order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual.binding import Binding, BindingType

from workbench.records import dataclass
from workbench.text import shorten
from workbench.tui.bindings import ACTIONS, SCOPES, Action, key_label, keys_of
from workbench.tui.view.lines import Line, spread

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Loop": ("send", "stop", "older", "newer", "history", "star", "abort", "live"),
    "Prompt": (
        *("prompt", "checks", "variables", "data", "next-row", "previous-row"),
        *("external-editor", "open-prompt", "save-prompt"),
        *("taller", "shorter", "wider", "narrower"),
    ),
    "Look": ("diff", "matrix", "replay", "measures", "recheck"),
    "Cases": ("case", "guard", "flips"),
    "Lanes": ("lanes", "choose-lanes", "models"),
    "Lane": (
        *("zoom", "details", "to-failure", "save-case", "copy-answer", "markdown", "reasoning"),
        *("next-attempt", "previous-attempt", "hide", "show-all", "stop-lane"),
        *("line-up", "line-down", "page-up", "page-down", "text-start", "text-end"),
    ),
    "Everywhere": ("sessions", "new-session", "themes", "palette", "help", "quit"),
}
"""The ids of the actions, by what they are about."""

_NAME = 12
"""Cells of a group's name."""


def grouped() -> dict[str, list[Action]]:
    """Return every action in its group; one that no group names stands in its scope's."""
    known = {action.id: action for action in ACTIONS}
    out = {name: [known.pop(i) for i in ids if i in known] for name, ids in GROUPS.items()}
    for action in known.values():
        out.setdefault(SCOPES[action.scope], []).append(action)
    return out


@dataclass(frozen=True, slots=True)
class Entry:
    """Something the palette offers. ``what`` does it: an action, or what a screen calls its own."""

    group: str
    title: str
    keys: str
    help: str
    what: Action | str

    def score(self, words: Sequence[str]) -> int:
        """Return how well *words* (lower case, in any order) match; 0 when one is missing."""
        title = self.title.casefold()
        starts = title.split()
        about = f"{self.help} {self.group} {self.keys}".casefold()
        total = 1
        for word in words:
            if any(start.startswith(word) for start in starts):
                total += 100
            elif word in title:
                total += 10
            elif word not in about:
                return 0
        return total


def entries(keymap: Mapping[str, str]) -> list[Entry]:
    """Return every action of the workbench, group by group."""
    return [
        Entry(group, a.title, "  ".join(map(key_label, keys_of(a, keymap))), a.help, a)
        for group, actions in grouped().items()
        for a in actions
    ]


def own_entries(bindings: Iterable[BindingType]) -> list[Entry]:
    """Return what a screen with these bindings can do by itself."""
    out: list[Entry] = []
    for binding in bindings:
        if isinstance(binding, Binding) and binding.description:
            keys = "  ".join(map(key_label, binding.key.split(",")))
            out.append(Entry("Here", binding.description, keys, "", binding.action))
    return out


def found(query: str, among: Sequence[Entry]) -> list[Entry]:
    """Return what matches *query*, best first; everything in order while there is none."""
    words = query.casefold().split()
    scored = [(entry.score(words), entry) for entry in among]
    return [e for score, e in sorted(scored, key=lambda pair: -pair[0]) if score]


def entry_lines(shown: Sequence[Entry], cells: int) -> list[Line]:
    """Return a line for each entry: its group where that begins, its title, its keys."""
    out: list[Line] = []
    before = ""
    for entry in shown:
        name = entry.group if entry.group != before else ""
        before = entry.group
        label = f"{shorten(name, _NAME - 2):<{_NAME}}"
        out.append(spread(((label, "muted"), (entry.title, "")), ((entry.keys, "accent"),), cells))
    return out
