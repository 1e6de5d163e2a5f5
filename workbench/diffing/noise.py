"""Is a change larger than what the lane does by itself?

A lane rarely answers the same prompt twice in the same words. With repeats of both versions the
distance between the versions is held against the distance among repeats of one version.

The distance of two answers is 1 − similarity, with similarity = 2·equal ÷ (units of both), the
units of a longest common subsequence; 0 for equal answers, 1 for answers without a common unit.

* ``between``: mean distance over all pairs of an old and a new answer;
* ``within``: mean distance over all pairs of two answers to the same version;
* ``p_value``: how often a division of all the answers into two groups of the same sizes, made
  without knowing the version, gives an energy distance (Székely & Rizzo 2013: 2·mean between −
  mean within old − mean within new, with each answer's distance 0 to itself counted) at least as
  large as the true division; every division is tried up to 10,000 of them, else 10,000 are drawn
  with a fixed seed.

It is a *change* when p ≤ ``alpha``. Where there are too few repeats to ever reach that (fewer than
four of each at 5 %), it is a *change* when the smallest distance between an old and a new answer
is larger than the largest distance within a version. Otherwise it is *noise*. When one version has
a single answer the other's repeats give the yardstick; when both have one it is *unknown*, unless
all answers are equal, which is *same*.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations, islice
from math import comb
from random import Random
from typing import Literal

from workbench.diffing.records import Options
from workbench.diffing.tokens import CUTTERS, keys
from workbench.records import dataclass

NoiseVerdict = Literal["same", "change", "noise", "unknown"]
_MOST_DIVISIONS = 10_000


@dataclass(frozen=True, slots=True)
class NoiseMark:
    """Whether two versions differ by more than the lane's own variation.

    Distances lie between 0 and 1. ``within`` is None without repeats, ``p_value`` None where the
    rule for few repeats decided.
    """

    verdict: NoiseVerdict
    between: float
    within: float | None
    p_value: float | None
    old_answers: int
    new_answers: int
    reason: str


def distance(a: str, b: str, options: Options | None = None) -> float:
    """Return 1 − similarity of two answers, between 0 and 1."""
    options = options or Options()
    return _distance(_units(a, options), _units(b, options))


def noise_mark(
    old: Sequence[str], new: Sequence[str], options: Options | None = None, *, alpha: float = 0.05
) -> NoiseMark:
    """Say whether the answers *new* differ from the answers *old* by more than the lane's noise.

    Both hold the answers of one lane to one version of the prompt, at least one each; see the
    module for the formula.
    """
    options = options or Options()
    units = [_units(text, options) for text in (*old, *new)]
    size = len(units)
    table = [[0.0] * size for _ in range(size)]
    for i, j in combinations(range(size), 2):
        table[i][j] = table[j][i] = _distance(units[i], units[j])
    first = tuple(range(len(old)))
    second = tuple(range(len(old), size))
    cross = [table[i][j] for i in first for j in second]
    inside = [table[i][j] for part in (first, second) for i, j in combinations(part, 2)]
    between = sum(cross) / len(cross)
    within = sum(inside) / len(inside) if inside else None
    verdict, reason, p_value = _judge(table, len(old), cross, inside, alpha)
    return NoiseMark(verdict, between, within, p_value, len(old), len(new), reason)


def _judge(
    table: Sequence[Sequence[float]],
    n: int,
    cross: Sequence[float],
    inside: Sequence[float],
    alpha: float,
) -> tuple[NoiseVerdict, str, float | None]:
    if not any(cross) and not any(inside):
        return "same", "all answers are equal", None
    if not inside:
        return "unknown", "no repeats to tell a change from the lane's own variation", None
    if _reachable(n, len(table) - n) <= alpha:
        p_value = _p_value(table, n)
        reason = f"permutation test: p = {p_value:.3g}, called a change at {alpha:g} or less"
        return ("change" if p_value <= alpha else "noise"), reason, p_value
    reason = (
        f"few repeats: smallest distance between versions {min(cross):.2f}, "
        f"largest within one {max(inside):.2f}"
    )
    return ("change" if min(cross) > max(inside) else "noise"), reason, None


def _units(text: str, options: Options) -> list[str]:
    return keys(
        CUTTERS[options.by](text),
        ignore_space=options.ignore_space,
        ignore_case=options.ignore_case,
    )


def _distance(a: Sequence[str], b: Sequence[str]) -> float:
    from workbench.diffing.align import align

    total = len(a) + len(b)
    return 1 - 2 * sum(n for _, _, n in align(a, b)) / total if total else 0.0


def _reachable(n: int, m: int) -> float:
    """Return the smallest p-value that n and m answers can give."""
    return (2 if n == m else 1) / comb(n + m, n)


def _p_value(table: Sequence[Sequence[float]], n: int) -> float:
    size = len(table)
    rows = [sum(row) for row in table]
    total = sum(rows)
    true = _energy(table, rows, total, range(n))
    tried = list(_divisions(size, n))
    as_large = sum(_energy(table, rows, total, group) >= true - 1e-12 for group in tried)
    if comb(size, n) <= _MOST_DIVISIONS:
        return as_large / len(tried)
    return (as_large + 1) / (len(tried) + 1)


def _divisions(size: int, n: int) -> Iterable[Sequence[int]]:
    if comb(size, n) <= _MOST_DIVISIONS:
        return combinations(range(size), n)
    draw = Random(0)  # noqa: S311 -- a reproducible draw, nothing secret

    def drawn() -> Iterable[Sequence[int]]:
        while True:
            yield draw.sample(range(size), n)

    return islice(drawn(), _MOST_DIVISIONS)


def _energy(
    table: Sequence[Sequence[float]], rows: Sequence[float], total: float, group: Sequence[int]
) -> float:
    """Return the energy distance of *group* from the rest."""
    n, m = len(group), len(table) - len(group)
    inside = sum(table[i][j] for i in group for j in group)
    cross = sum(rows[i] for i in group) - inside
    rest = total - inside - 2 * cross
    return 2 * cross / (n * m) - inside / (n * n) - rest / (m * m)
