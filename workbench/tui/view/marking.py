"""Where failed checks are marked in an answer, and where there is room to say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from workbench.model.fold import LiveAttempt
from workbench.model.verdict import CheckResult
from workbench.records import dataclass
from workbench.text import cell_width
from workbench.tui.view.wrap import Wrapped

LEAST_NOTE = 8
"""Cells beside the failing text from which on its check is named there."""


@dataclass(frozen=True, slots=True)
class Marks:
    """``spans`` are columns to mark by row, ``notes`` what to say beside a row, ``places`` the
    failed checks in the order of the text, each with the row it is marked on.
    """

    spans: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)
    places: Sequence[tuple[int, CheckResult]] = ()


def settled(attempt: LiveAttempt, text: Wrapped) -> int:
    """Return how many rows of *text*, from the top, will not change any more."""
    return text.stable if attempt.live else len(text.rows)


def marks_of(attempt: LiveAttempt, text: Wrapped) -> Marks:
    """Find the rows and columns of every failed check's evidence in *text*."""
    found, still = Marks(), settled(attempt, text)
    places: list[tuple[int, CheckResult]] = []
    for check in attempt.checks:
        if check.verdict != "fail" or check.at_char is None:
            continue
        if check.span is None and check.at_char >= attempt.chars:
            continue
        start, end = check.span or (check.at_char, check.at_char + 1)
        rows = list(text.spans(start, end))
        for row, left, right in rows:
            found.spans.setdefault(row, []).append((left, right))
        if rows:
            places.append((rows[0][0], check))
            _note(found, text, [row for row, _, _ in rows if row < still], check)
    places.sort(key=lambda place: place[0])
    return Marks(found.spans, found.notes, places)


def _note(found: Marks, text: Wrapped, rows: Sequence[int], check: CheckResult) -> None:
    """Say the reason beside the first of *rows* that has room."""
    for row in rows:
        room = text.width - cell_width(text.rows[row])
        if room >= LEAST_NOTE and row not in found.notes:
            why = f": {check.reason}" if check.reason else ""
            found.notes[row] = f"  \u25c2 {check.name}{why}"
            return
