"""Recognising text that was moved: deleted in one place and inserted, equal, in another."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.diffing.align import Match
from workbench.diffing.records import Options
from workbench.records import dataclass

_MOST_PLACES = 8
"""A beginning that occurs more often than this is boilerplate: nobody moved it."""


@dataclass(frozen=True, slots=True)
class UnitMove:
    """Units from ``a`` on, in the first text, stand from ``b`` on in the second."""

    a: int
    b: int
    units: int


def find_moves(
    matches: Sequence[Match], a_keys: Sequence[str], b_keys: Sequence[str], options: Options
) -> list[UnitMove]:
    """Return the moves between what *matches* leave, in order of the second text.

    The longest common run wins where several are possible; no unit is in two moves. A run counts
    from ``options.move_words`` words on, which for lines and sentences may be a single unit.
    """
    gone, come = _gaps(matches, len(a_keys), len(b_keys))
    seed = options.move_words if options.by in ("word", "json") else 1
    starts: dict[tuple[str, ...], list[int]] = {}
    for start, end in gone:
        for i in range(start, end - seed + 1):
            starts.setdefault(tuple(a_keys[i : i + seed]), []).append(i)
    if not starts:
        return []
    limit = {i: end for start, end in gone for i in range(start, end)}
    found: list[UnitMove] = []
    for start, end in come:
        found += _runs(start, end, starts, limit, a_keys, b_keys, seed)
    return _choose(found, a_keys, options)


def _gaps(
    matches: Sequence[Match], a_size: int, b_size: int
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    gone, come = [], []
    i = j = 0
    for x, y, n in (*matches, (a_size, b_size, 0)):
        if i < x:
            gone.append((i, x))
        if j < y:
            come.append((j, y))
        i, j = x + n, y + n
    return gone, come


def _runs(
    start: int,
    end: int,
    starts: dict[tuple[str, ...], list[int]],
    limit: dict[int, int],
    a_keys: Sequence[str],
    b_keys: Sequence[str],
    seed: int,
) -> list[UnitMove]:
    """Return the longest run that begins at each unit of one insertion, skipping what it covers."""
    found = []
    j = start
    while j <= end - seed:
        places = starts.get(tuple(b_keys[j : j + seed]), ())
        best = UnitMove(0, 0, 0)
        for i in places if len(places) <= _MOST_PLACES else ():
            n = seed
            while i + n < limit[i] and j + n < end and a_keys[i + n] == b_keys[j + n]:
                n += 1
            if n > best.units:
                best = UnitMove(i, j, n)
        if best.units:
            found.append(best)
        j += best.units or 1
    return found


def _choose(found: list[UnitMove], a_keys: Sequence[str], options: Options) -> list[UnitMove]:
    taken: set[int] = set()
    kept = []
    for move in sorted(found, key=lambda m: (-m.units, m.b)):
        place = range(move.a, move.a + move.units)
        if _words(a_keys[place.start : place.stop]) < options.move_words:
            continue
        if taken.isdisjoint(place):
            taken.update(place)
            kept.append(move)
    return sorted(kept, key=lambda m: m.b)


def _words(keys: Sequence[str]) -> int:
    """Count the words; signs alone are none."""
    return sum(any(c.isalnum() for c in word) for key in keys for word in key.split())
