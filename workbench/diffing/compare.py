"""Comparing two texts: :func:`diff` makes a :class:`~workbench.diffing.records.Diff` and
:func:`apply` turns the first text into the second with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from workbench.diffing.align import Match, align
from workbench.diffing.moves import UnitMove, find_moves
from workbench.diffing.records import Diff, JsonChange, Move, Op, Options, Span, Summary
from workbench.diffing.slide import slide
from workbench.diffing.structure import compare_json
from workbench.diffing.tokens import CUTTERS, keys
from workbench.errors import UsageError


def diff(a: str, b: str, options: Options | None = None) -> Diff:
    """Compare *a* with *b* with the fewest edits.

    Raises:
        UsageError: by JSON, when one of the two is not JSON; or when the texts have more than a
            million different units.
    """
    options = options or Options()
    changes: tuple[JsonChange, ...] = ()
    if options.by == "json":
        changes = compare_json(a, b, ignore_case=options.ignore_case)
    texts = _Texts(a, b, options)
    matches = slide(texts.matches(), texts.a_keys, texts.b_keys, texts.a_units, texts.b_units)
    moves = find_moves(matches, texts.a_keys, texts.b_keys, options) if options.moves else []
    ops = texts.ops(_fold(matches, options.folding, texts.sizes), moves)
    return Diff(
        options,
        ops,
        texts.summary(matches, moves, ops),
        tuple(texts.move(number, move) for number, move in enumerate(moves, start=1)),
        changes,
    )


def apply(diff: Diff, a: str) -> str:
    """Return the second text of *diff*, made from the first.

    Raises:
        UsageError: *a* is not the text the diff was made from.
    """
    made: list[str] = []
    at = 0
    for op in diff.ops:
        start, end = op.a
        same = _plain(op)
        if start != at or end > len(a) or (not same and a[start:end] != op.removed):
            raise _stranger(at)
        made.append(a[start:end] if same else op.added)
        at = end
    if at != len(a):
        raise _stranger(at)
    return "".join(made)


def _stranger(at: int) -> UsageError:
    return UsageError(
        f"This diff was made from another text (they part at character {at}).",
        "Apply it to the text it was made from.",
    )


def _fold(matches: list[Match], shortest: int, sizes: tuple[int, int]) -> list[Match]:
    """Drop equal runs shorter than *shortest* units that stand between two changes."""
    return [
        (i, j, n) for i, j, n in matches if n >= shortest or i == j == 0 or (i + n, j + n) == sizes
    ]


class _Texts:
    """Two texts cut into units, with where each unit starts."""

    def __init__(self, a: str, b: str, options: Options) -> None:
        cut = CUTTERS[options.by]
        self.options = options
        self.a, self.b = a, b
        self.a_units, self.b_units = cut(a), cut(b)
        self.a_at = [0, *accumulate(map(len, self.a_units))]
        self.b_at = [0, *accumulate(map(len, self.b_units))]
        self.ignore_space = options.ignore_space or options.by == "json"
        case = options.ignore_case
        self.a_keys = keys(self.a_units, ignore_space=self.ignore_space, ignore_case=case)
        self.b_keys = keys(self.b_units, ignore_space=self.ignore_space, ignore_case=case)
        self.sizes = (len(self.a_units), len(self.b_units))
        self.spaces = 0

    def matches(self) -> list[Match]:
        if self.a == self.b:
            return [(0, 0, len(self.a_units))] if self.a_units else []
        return align(self.a_keys, self.b_keys)

    def ops(self, matches: Sequence[Match], moves: Sequence[UnitMove]) -> tuple[Op, ...]:
        """Make ops of the matches and, between them, of what is left on each side."""
        gone = {move.a: (number, move.units) for number, move in enumerate(moves, start=1)}
        come = {move.b: (number, move.units) for number, move in enumerate(moves, start=1)}
        made: list[Op] = []
        i = j = 0
        for x, y, n in (*matches, (*self.sizes, 0)):
            if i < x or j < y:
                made += self._change(i, x, j, y, gone, come)
            if n:
                made += self._equal(x, y, n)
            i, j = x + n, y + n
        return tuple(_joined(made))

    def _equal(self, i: int, j: int, n: int) -> list[Op]:
        """Make ops of equal units; white space that differs behind one is a change of its own."""
        ops: list[Op] = []
        a_from, b_from = self.a_at[i], self.b_at[j]
        a_to, b_to = self.a_at[i + n], self.b_at[j + n]
        if self.a[a_from:a_to] == self.b[b_from:b_to]:
            return [Op("equal", (a_from, a_to), (b_from, b_to))]
        for k in range(0 if self.ignore_space else n):
            old, new = self.a_units[i + k], self.b_units[j + k]
            if old == new:
                continue
            a_tail, b_tail = old[len(old.rstrip()) :], new[len(new.rstrip()) :]
            if a_tail == b_tail:
                continue
            self.spaces += 1
            a_end, b_end = self.a_at[i + k + 1], self.b_at[j + k + 1]
            a_cut, b_cut = a_end - len(a_tail), b_end - len(b_tail)
            ops += self._same((a_from, a_cut), (b_from, b_cut))
            if a_tail:
                ops.append(Op("delete", (a_cut, a_end), (b_cut, b_cut), removed=a_tail))
            if b_tail:
                ops.append(Op("insert", (a_end, a_end), (b_cut, b_end), added=b_tail))
            a_from, b_from = a_end, b_end
        return [*ops, *self._same((a_from, a_to), (b_from, b_to))]

    def _same(self, a: Span, b: Span) -> list[Op]:
        if a[0] == a[1] and b[0] == b[1]:
            return []
        old, new = self.a[slice(*a)], self.b[slice(*b)]
        return [Op("equal", a, b)] if old == new else [Op("equal", a, b, old, new)]

    def _change(
        self,
        i: int,
        x: int,
        j: int,
        y: int,
        gone: dict[int, tuple[int, int]],
        come: dict[int, tuple[int, int]],
    ) -> list[Op]:
        here = self.b_at[j]
        if self.ignore_space and not any(self.a_keys[i:x]) and not any(self.b_keys[j:y]):
            old, new = self.a[self.a_at[i] : self.a_at[x]], self.b[here : self.b_at[y]]
            return [Op("equal", (self.a_at[i], self.a_at[x]), (here, self.b_at[y]), old, new)]
        gone_parts = _cut(i, x, gone, self.a_at)
        come_parts = _cut(j, y, come, self.b_at)
        tail = self._shared_space(gone_parts, come_parts)
        there = self.a_at[x] - tail
        ops = [
            Op("delete", (start, end), (here, here), removed=self.a[start:end], move=move)
            for start, end, move in _shorter(gone_parts, tail)
        ]
        ops += [
            Op("insert", (there, there), (start, end), added=self.b[start:end], move=move)
            for start, end, move in _shorter(come_parts, tail)
        ]
        if tail:
            b_end = self.b_at[y]
            ops.append(Op("equal", (there, there + tail), (b_end - tail, b_end)))
        return ops

    def _shared_space(self, gone: list[Part], come: list[Part]) -> int:
        """Return how many characters of white space both sides of a change end with."""
        if not gone or not come or gone[-1][2] or come[-1][2]:
            return 0
        old = self.a[gone[-1][0] : gone[-1][1]]
        new = self.b[come[-1][0] : come[-1][1]]
        most = min(len(old) - len(old.rstrip()), len(new) - len(new.rstrip()))
        return next((n for n in range(most, 0, -1) if old[-n:] == new[-n:]), 0)

    def move(self, number: int, move: UnitMove) -> Move:
        return Move(
            number,
            (self.a_at[move.a], self.a_at[move.a + move.units]),
            (self.b_at[move.b], self.b_at[move.b + move.units]),
            move.units,
        )

    def summary(
        self, matches: Sequence[Match], moves: Sequence[UnitMove], ops: Sequence[Op]
    ) -> Summary:
        equal = sum(n for _, _, n in matches)
        sizes = self.sizes
        starts = (
            op.kind != "equal" and (number == 0 or ops[number - 1].kind == "equal")
            for number, op in enumerate(ops)
        )
        return Summary(
            by=self.options.by,
            a_units=sizes[0],
            b_units=sizes[1],
            equal=equal,
            deleted=sizes[0] - equal,
            inserted=sizes[1] - equal,
            moved=sum(move.units for move in moves),
            spaces=self.spaces,
            hunks=sum(starts),
            similarity=2 * equal / sum(sizes) if any(sizes) else 1.0,
            identical=self.a == self.b,
        )


def _plain(op: Op) -> bool:
    return op.kind == "equal" and not op.removed and not op.added


def _joined(ops: Iterable[Op]) -> Iterable[Op]:
    """Make one of equal stretches that touch."""
    last: Op | None = None
    for op in ops:
        if last is None:
            last = op
        elif _plain(last) and _plain(op):
            last = Op("equal", (last.a[0], op.a[1]), (last.b[0], op.b[1]))
        else:
            yield last
            last = op
    if last is not None:
        yield last


Part = tuple[int, int, int | None]
"""Start and end of a piece of text, and the move it belongs to."""


def _shorter(parts: list[Part], tail: int) -> list[Part]:
    """Take *tail* characters off the last part."""
    if not tail:
        return parts
    start, end, move = parts[-1]
    return [*parts[:-1], *([(start, end - tail, move)] if end - tail > start else [])]


def _cut(start: int, end: int, moves: dict[int, tuple[int, int]], at: Sequence[int]) -> list[Part]:
    """Cut the units from *start* to *end* where moved text begins and ends."""
    cuts: list[Part] = []
    plain = unit = start
    while unit < end:
        if unit not in moves:
            unit += 1
            continue
        number, size = moves[unit]
        if plain < unit:
            cuts.append((at[plain], at[unit], None))
        cuts.append((at[unit], at[unit + size], number))
        unit += size
        plain = unit
    if plain < end:
        cuts.append((at[plain], at[end], None))
    return cuts
