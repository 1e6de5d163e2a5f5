"""The alignment of two sequences with the fewest edits, in bounded memory.

RapidFuzz's bit-parallel longest common subsequence (H. Hyyrö, *Bit-parallel LCS-length computation
revisited*, 2004) does the work. It keeps one bit for each pair of units, so long texts are first
split at anchors: runs of units that occur exactly once on both sides, chained so that the chain
covers as much as possible. Long anchors are tried first: the longer the run, the surer it belongs
to a best alignment. Only when nothing is unique does a piece too large for memory get cut without
such evidence.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence

from workbench.errors import UsageError

Match = tuple[int, int, int]
"""Start in the first sequence, start in the second, length: equal there."""

DIRECT_CELLS = 5_000_000
"""Pairs of units up to which splitting would cost more than it saves."""
MOST_CELLS = 1 << 28
"""Pairs of units one alignment may hold: 32 MB of bits."""
_SURE = (24, 12, 7)
_UNSURE = (4, 2, 1)


def align(a: Sequence[str], b: Sequence[str]) -> list[Match]:
    """Return the runs of equal units of a longest common subsequence, in order.

    Exact up to five million pairs of units and wherever the anchors lie on a best alignment.

    Raises:
        UsageError: more different units than there are code points (1,114,112).
    """
    first, second, a_index, b_index = _intern(a, b)
    found = _Splitter(first, second).run()
    if a_index is not None and b_index is not None:
        found = _unfilter(found, a_index, b_index)
    return join(found)


def join(matches: Iterable[Match]) -> list[Match]:
    """Return *matches* in order with those that touch on both sides made one."""
    joined: list[Match] = []
    for i, j, n in sorted(matches):
        if joined:
            i0, j0, n0 = joined[-1]
            if i0 + n0 == i and j0 + n0 == j:
                joined[-1] = (i0, j0, n0 + n)
                continue
        joined.append((i, j, n))
    return joined


def _intern(
    a: Sequence[str], b: Sequence[str]
) -> tuple[str, str, list[int] | None, list[int] | None]:
    """Write each sequence as a string with one code point per distinct unit.

    Units that one side lacks can match nothing: where they are many they are left out, and the
    index lists say where the remaining ones came from.
    """
    shared = set(a) & set(b)
    if len(shared) >= 0x110000:
        raise UsageError(
            "These texts have too many different units to compare.",
            "Compare by line instead of by word.",
        )
    names = {unit: chr(number) for number, unit in enumerate(sorted(shared), start=2)}
    first = [names.get(unit, "\x00") for unit in a]
    second = [names.get(unit, "\x01") for unit in b]
    lonely = first.count("\x00") + second.count("\x01")
    if lonely * 20 < len(first) + len(second):
        return "".join(first), "".join(second), None, None
    a_index = [i for i, name in enumerate(first) if name != "\x00"]
    b_index = [j for j, name in enumerate(second) if name != "\x01"]
    return (
        "".join(first).replace("\x00", ""),
        "".join(second).replace("\x01", ""),
        a_index,
        b_index,
    )


def _unfilter(matches: list[Match], a_index: list[int], b_index: list[int]) -> list[Match]:
    return [(a_index[i + k], b_index[j + k], 1) for i, j, n in matches for k in range(n)]


class _Splitter:
    """Splits a problem at anchors until each piece fits, and solves the pieces."""

    def __init__(self, a: str, b: str) -> None:
        self.a = a
        self.b = b
        self.matches: list[Match] = []
        self.open: list[tuple[int, int, int, int]] = [(0, len(a), 0, len(b))]

    def run(self) -> list[Match]:
        while self.open:
            piece = self._trim(*self.open.pop())
            a0, a1, b0, b1 = piece
            cells = (a1 - a0) * (b1 - b0)
            if cells <= DIRECT_CELLS:
                self._solve(*piece)
            elif self._split(piece, _SURE):
                continue
            elif cells <= MOST_CELLS:
                self._solve(*piece)
            elif not self._split(piece, _UNSURE):
                self._halve(*piece)
        return self.matches

    def _trim(self, a0: int, a1: int, b0: int, b1: int) -> tuple[int, int, int, int]:
        """Take what both sides begin and end with as matches; return what is left."""
        head = _common(self.a[a0:a1], self.b[b0:b1])
        if head:
            self.matches.append((a0, b0, head))
            a0, b0 = a0 + head, b0 + head
        tail = _common(self.a[a0:a1][::-1], self.b[b0:b1][::-1])
        if tail:
            a1, b1 = a1 - tail, b1 - tail
            self.matches.append((a1, b1, tail))
        return a0, a1, b0, b1

    def _solve(self, a0: int, a1: int, b0: int, b1: int) -> None:
        if a0 == a1 or b0 == b1:
            return
        from rapidfuzz.distance import Indel

        for op in Indel.opcodes(self.a[a0:a1], self.b[b0:b1]):
            if op.tag == "equal":
                size = op.src_end - op.src_start
                self.matches.append((a0 + op.src_start, b0 + op.dest_start, size))

    def _split(self, piece: tuple[int, int, int, int], lengths: tuple[int, ...]) -> bool:
        """Cut at the longest anchors there are; False when there are none."""
        a0, a1, b0, b1 = piece
        for length in lengths:
            chain = _chain(_anchors(self.a[a0:a1], self.b[b0:b1], length))
            if chain:
                break
        else:
            return False
        i, j = a0, b0
        for x, y, n in chain:
            self.matches.append((a0 + x, b0 + y, n))
            self.open.append((i, a0 + x, j, b0 + y))
            i, j = a0 + x + n, b0 + y + n
        self.open.append((i, a1, j, b1))
        return True

    def _halve(self, a0: int, a1: int, b0: int, b1: int) -> None:
        """Cut both sides in the middle: the last resort, where nothing tells where to cut."""
        i, j = (a0 + a1) // 2, (b0 + b1) // 2
        self.open += [(a0, i, b0, j), (i, a1, j, b1)]


def _common(a: str, b: str) -> int:
    """Return how many characters *a* and *b* have in common at their start."""
    size = min(len(a), len(b))
    if a[:size] == b[:size]:
        return size
    low, high = 0, size
    while high - low > 1:
        middle = (low + high) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle
    return low


def _anchors(a: str, b: str, length: int) -> list[Match]:
    """Return runs made of substrings of *length* that are unique on both sides, in order of a."""
    a_grams = [a[i : i + length] for i in range(len(a) - length + 1)]
    b_grams = [b[j : j + length] for j in range(len(b) - length + 1)]
    shared = set(b_grams).intersection(a_grams)
    if not shared:
        return []  # mostly rewritten texts have few long runs in common, or none
    where = {gram: j for j, gram in _unique(b_grams, shared)}
    runs: list[Match] = []
    for i, gram in _unique(a_grams, shared):
        j = where.get(gram)
        if j is None:
            continue
        if runs:
            i0, j0, n0 = runs[-1]
            if i - i0 == j - j0 and i <= i0 + n0:
                runs[-1] = (i0, j0, i - i0 + length)
                continue
        runs.append((i, j, length))
    return runs


def _unique(grams: list[str], of: set[str]) -> Iterable[tuple[int, str]]:
    """Yield the place of each of the grams *of* that occurs once in *grams*."""
    found = [(i, gram) for i, gram in enumerate(grams) if gram in of]
    count = Counter(gram for _, gram in found)
    return ((i, gram) for i, gram in found if count[gram] == 1)


def _chain(runs: list[Match]) -> list[Match]:
    """Return the increasing chain of *runs* (ordered by the first side) that covers the most.

    Heaviest increasing subsequence: a front of (end in b, units covered) kept increasing in both,
    O(n log n). Runs may overlap by a few units; a link is then shortened at its start.
    """
    ends: list[int] = []
    weights: list[int] = []
    tops: list[int] = []
    back: list[int] = []
    for number, (_, j, n) in enumerate(runs):
        place = bisect_left(ends, j + 1)
        weight = n + (weights[place - 1] if place else 0)
        back.append(tops[place - 1] if place else -1)
        spot = bisect_left(ends, j + n)
        if spot and weights[spot - 1] >= weight:
            continue
        stop = spot
        while stop < len(ends) and weights[stop] <= weight:
            stop += 1
        ends[spot:stop], weights[spot:stop], tops[spot:stop] = [j + n], [weight], [number]
    chain: list[Match] = []
    at = tops[-1] if tops else -1
    while at >= 0:
        chain.append(runs[at])
        at = back[at]
    return _without_overlap(chain[::-1])


def _without_overlap(chain: list[Match]) -> list[Match]:
    """Shorten runs that reach back into the one before, on either side."""
    kept: list[Match] = []
    i_end = j_end = 0
    for i, j, n in chain:
        cut = max(0, i_end - i, j_end - j)
        if cut < n:
            kept.append((i + cut, j + cut, n - cut))
            i_end, j_end = i + n, j + n
    return kept
