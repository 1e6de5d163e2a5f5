"""A diff laid out for reading, as plain data: side by side, or inline. Nothing is drawn here.

Rows follow from the alignment of the units, never the other way round: a line is paired with the
line that shares the most text with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from workbench.diffing.records import Diff, Op, OpKind
from workbench.records import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of one kind within a line, without its line feed. ``hunk`` counts changes from 1."""

    text: str
    kind: OpKind
    hunk: int | None = None
    move: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the side-by-side view. A side without a line there has number None.

    Line numbers count from 1. ``hunk`` is the first change in the row, None where all is equal.
    """

    a_line: int | None
    b_line: int | None
    a: tuple[Piece, ...]
    b: tuple[Piece, ...]
    hunk: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the inline view: what was removed stands before what was added."""

    pieces: tuple[Piece, ...]
    hunk: int | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """That many equal rows or lines are left out here."""

    count: int


def side_by_side(diff: Diff, a: str) -> tuple[Row, ...]:
    """Lay *diff* out in two columns; *a* is the first text."""
    left, right, links = _Side(), _Side(), []
    for hunk, op in _numbered(diff.ops):
        old, new = _texts(op, a)
        if op.kind == "equal":
            links += _equal(left, right, old, new)
        elif op.kind == "delete":
            left.add(old, op.kind, hunk, op.move)
        else:
            right.add(new, op.kind, hunk, op.move)
    return tuple(_rows(left.finish(), right.finish(), _ladder(links)))


def inline(diff: Diff, a: str) -> tuple[Line, ...]:
    """Lay *diff* out in one column; *a* is the first text.

    Where an equal stretch has two wordings (white space or case ignored) the second is shown.
    """
    side = _Side()
    for hunk, op in _numbered(diff.ops):
        old, new = _texts(op, a)
        side.add(old if op.kind == "delete" else new, op.kind, hunk, op.move)
    return tuple(Line(pieces, _hunk(pieces)) for pieces in side.finish())


def with_context(rows: Sequence[Row], context: int = 3) -> tuple[Row | Skipped, ...]:
    """Leave out equal rows farther than *context* rows from a change."""
    keep = [False] * len(rows)
    for number, row in enumerate(rows):
        if row.hunk is not None:
            low, high = max(0, number - context), min(len(rows), number + context + 1)
            keep[low:high] = [True] * (high - low)
    shown: list[Row | Skipped] = []
    for row, kept in zip(rows, keep, strict=True):
        last = shown[-1] if shown else None
        if kept:
            shown.append(row)
        elif isinstance(last, Skipped):
            shown[-1] = replace(last, count=last.count + 1)
        else:
            shown.append(Skipped(1))
    return tuple(shown)


def _numbered(ops: Iterable[Op]) -> Iterable[tuple[int | None, Op]]:
    """Number the changes that stand together from 1; equal stretches have no number."""
    hunk, inside = 0, False
    for op in ops:
        if op.kind != "equal" and not inside:
            hunk += 1
        inside = op.kind != "equal"
        yield (hunk if inside else None), op


def _texts(op: Op, a: str) -> tuple[str, str]:
    if op.kind == "equal" and not op.removed and not op.added:
        same = a[op.a[0] : op.a[1]]
        return same, same
    return op.removed, op.added


class _Side:
    """The lines of one column, as they grow."""

    def __init__(self) -> None:
        self.lines: list[list[Piece]] = [[]]

    @property
    def at(self) -> int:
        return len(self.lines) - 1

    def add(
        self, text: str, kind: OpKind, hunk: int | None = None, move: int | None = None
    ) -> list[tuple[int, int]]:
        """Append *text*; return each line it went to with its characters that are not space.

        A line feed that itself was added or removed leaves an empty piece, so that its line shows
        as changed.
        """
        went: list[tuple[int, int]] = []
        parts = text.split("\n")
        for number, part in enumerate(parts):
            if number:
                self.lines.append([])
            closes = number < len(parts) - 1
            if part or (closes and kind != "equal"):
                self.lines[-1].append(Piece(part, kind, hunk, move))
            went.append((self.at, len(part) - part.count(" ") + (1 if closes else 0)))
        return went

    def finish(self) -> list[tuple[Piece, ...]]:
        """Return the lines; the nothing after a last line feed is no line."""
        if not self.lines[-1]:
            self.lines.pop()
        return [tuple(line) for line in self.lines]


Link = tuple[int, int, int]
"""Line on the left, line on the right, characters they share."""


def _equal(left: _Side, right: _Side, old: str, new: str) -> list[Link]:
    """Add equal text to both sides and link the lines that hold the same part of it."""
    olds, news = left.add(old, "equal"), right.add(new, "equal")
    if old == new:
        return [(i, j, n) for (i, n), (j, _) in zip(olds, news, strict=True) if n]
    links: list[Link] = []
    x = y = 0
    rest_old, rest_new = olds[0][1], news[0][1]
    while True:
        share = min(rest_old, rest_new)
        if share:
            links.append((olds[x][0], news[y][0], share))
        rest_old, rest_new = rest_old - share, rest_new - share
        if not rest_old and x + 1 < len(olds):
            x += 1
            rest_old = olds[x][1]
        elif not rest_new and y + 1 < len(news):
            y += 1
            rest_new = news[y][1]
        else:
            return links


def _ladder(links: Iterable[Link]) -> list[tuple[int, int]]:
    """Choose pairs of lines that do not cross, each line once, the heavier link where two clash."""
    weights: dict[tuple[int, int], int] = {}
    for i, j, n in links:
        weights[i, j] = weights.get((i, j), 0) + n
    rungs: list[tuple[int, int]] = []
    for (i, j), weight in weights.items():
        if not rungs or (i > rungs[-1][0] and j > rungs[-1][1]):
            rungs.append((i, j))
        elif weight > weights[rungs[-1]]:
            before = rungs[-2] if len(rungs) > 1 else (-1, -1)
            if i > before[0] and j > before[1]:
                rungs[-1] = (i, j)
    return rungs


def _rows(
    left: list[tuple[Piece, ...]], right: list[tuple[Piece, ...]], rungs: list[tuple[int, int]]
) -> Iterable[Row]:
    i = j = 0
    for x, y in (*rungs, (len(left), len(right))):
        while i < x or j < y:
            a_line, b_line = (i if i < x else None), (j if j < y else None)
            yield _row(left, right, a_line, b_line)
            i, j = i + (i < x), j + (j < y)
        if x < len(left) and y < len(right):
            yield _row(left, right, x, y)
            i, j = x + 1, y + 1


def _row(
    left: list[tuple[Piece, ...]],
    right: list[tuple[Piece, ...]],
    i: int | None,
    j: int | None,
) -> Row:
    a = left[i] if i is not None else ()
    b = right[j] if j is not None else ()
    return Row(
        None if i is None else i + 1,
        None if j is None else j + 1,
        a,
        b,
        _hunk((*a, *b)),
    )


def _hunk(pieces: Iterable[Piece]) -> int | None:
    return min((p.hunk for p in pieces if p.hunk is not None), default=None)
