"""Keys with what they do, on one line: the last line of every screen and dialog.

Which keys the workbench shows follows the part that has the focus; a key never changes its place
because something streams.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from workbench.records import dataclass
from workbench.tui.view.lines import Line, Span, width
from workbench.tui.view.state import ViewModel

Key = tuple[str, str]
"""The label of a key and a word for what it does."""

Place = Literal["prompt", "checks", "lane"]
"""The part of the workbench that has the focus."""

GAP = 2
CLOSE: tuple[Key, ...] = (("Esc", "close"),)
CANCEL: tuple[Key, ...] = (("Esc", "cancel"),)
"""The last key of every screen: *cancel* where leaving drops what was typed or chosen."""


def key_spans(key: Key) -> Line:
    """Return a key in the accent's colour and its word."""
    label, word = key
    return ((label, "accent bold"), (f" {word}", "muted"))


@dataclass(frozen=True, slots=True)
class Laid:
    """A laid out line; ``places`` are its keys: first cell, cell after the last, and index."""

    line: Line
    places: tuple[tuple[int, int, int], ...]


def lay(keys: Sequence[Key], last: Sequence[Key], cells: int) -> Laid:
    """Lay out *keys* from the left and *last* from the right end of *cells* cells, each most
    important first. What does not fit is left out whole, of *last* only when it does not fit alone.
    The indices go through *keys*, then *last*.
    """
    places: list[tuple[int, int, int]] = []
    end = cells
    for index, key in enumerate(last, len(keys)):
        start = end - width(key_spans(key))
        if start < 0:
            break
        places.insert(0, (start, end, index))
        end = start - GAP
    at = 0
    for index, key in enumerate(keys):
        stop = at + width(key_spans(key))
        if stop > end:
            break
        places.insert(index, (at, stop, index))
        at = stop + GAP
    return Laid(_drawn([*keys, *last], places), tuple(places))


def _drawn(keys: Sequence[Key], places: Sequence[tuple[int, int, int]]) -> Line:
    spans: list[Span] = []
    at = 0
    for start, end, index in places:
        spans += [(" " * (start - at), ""), *key_spans(keys[index])]
        at = end
    return tuple(span for span in spans if span[0])


def key_line(keys: Sequence[Key], cells: int, last: Sequence[Key] = CLOSE) -> Line:
    """Return the line of :func:`lay`."""
    return lay(keys, last, cells).line


# -- the workbench ------------------------------------------------------------------------------

_FIRST: dict[Place, tuple[str, ...]] = {
    "prompt": ("send", "older", "lanes", "checks", "variables", "choose-lanes", "sessions"),
    "checks": ("send", "prompt", "older", "lanes", "choose-lanes", "sessions"),
    "lane": ("send", "prompt", "zoom", "lanes", "older", "sessions"),
}
_LATER: dict[Place, tuple[str, ...]] = {
    "prompt": (
        *("send", "older", "lanes", "diff", "case", "checks", "variables", "newer", "history"),
        *("replay", "matrix", "abort", "measures", "data", "sessions", "live"),
    ),
    "checks": (
        *("send", "prompt", "lanes", "recheck", "diff", "case", "matrix", "older", "newer"),
        *("history", "replay", "abort", "sessions"),
    ),
    "lane": (
        *("send", "zoom", "details", "to-failure", "save-case", "diff", "copy-answer", "prompt"),
        *("markdown", "older", "newer", "replay", "matrix", "history", "sessions"),
    ),
}


def actions_at(place: Place, model: ViewModel) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids of the actions worth a place from the left and from the right end of the bar,
    most important first. What stops a race is there while one runs.
    """
    keys = (_LATER if model.fold.iterations else _FIRST)[place]
    return keys, ("quit", "help", "stop" if model.running else "palette")
