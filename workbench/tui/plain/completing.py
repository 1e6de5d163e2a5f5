"""What Tab completes, where readline edits the lines: commands, then what they are about."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable

from workbench.errors import WorkbenchError
from workbench.files.home import from_home
from workbench.tui.plain.commands.registry import action_of, every
from workbench.tui.plain.spelling import spelled
from workbench.tui.plain.talk import Talk

_FILES = frozenset({"load", "write", "rows", "copy"})
_MOST = 200


def candidates(talk: Talk, line: str, word: str) -> list[str]:
    """Return what could stand for *word*, the last of *line* up to the cursor."""
    before = line[: len(line) - len(word)].split()
    if not before or before[0] == "help":
        return _beginning(word, (action.word for action in every()))
    try:
        action = action_of(before[0])
    except WorkbenchError:
        return []
    if action.word in _FILES and (action.word != "copy" or len(before) > 1):
        return _files(word)
    known: dict[str, Callable[[], Iterable[str]]] = {
        "check": lambda: talk.setup.language.completions(word),
        "set": talk.model.draft.prompt.variables,
        "edit": lambda: ("user", "system", *talk.model.draft.prompt.variables()),
        "row": lambda: [row.id for row in talk.table.rows[:_MOST]],
        "open": lambda: ["last", *talk.listed[:_MOST]],
    }
    return _beginning(word, known.get(action.word, lambda: list(talk.model.lanes))())


def _beginning(word: str, names: Iterable[str]) -> list[str]:
    folded = word.casefold()
    return sorted({name for name in names if name.casefold().startswith(folded) and _safe(name)})


def _safe(name: str) -> bool:
    """Return whether readline may write a name as it is."""
    return spelled(name) == name


def _files(word: str) -> list[str]:
    found = glob.iglob(f"{glob.escape(str(from_home(word) if word else ''))}*")  # noqa: PTH207
    return sorted(name for name, _ in zip(found, range(_MOST), strict=False) if _safe(name))


def completer(talk: Talk, line: Callable[[], str]) -> Callable[[str, int], str | None]:
    """Return what readline asks for the n-th candidate of a word in *line()*."""
    found: list[str] = []

    def complete(word: str, number: int) -> str | None:
        if number == 0:
            typed = line()
            found[:] = candidates(talk, typed, word)
            if len(found) == 1 and typed == word:
                found[0] += " "
        return found[number] if number < len(found) else None

    return complete
