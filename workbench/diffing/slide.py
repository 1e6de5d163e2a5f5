"""Moving changes to where a reader would put them, without making one more edit.

An inserted or deleted run that ends like what stands before it (or begins like what follows) can be
shifted and is as small as before. The best place begins a paragraph, else a line, else a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.diffing.align import Match

_REACH = 200


def slide(
    matches: list[Match],
    a_keys: Sequence[str],
    b_keys: Sequence[str],
    a_units: Sequence[str],
    b_units: Sequence[str],
) -> list[Match]:
    """Return *matches* with every pure insertion or deletion between two of them shifted."""
    if len(matches) < 2:
        return matches
    moved = [matches[0]]
    for match in matches[1:]:
        i, j, n = match
        i0, j0, n0 = moved[-1]
        a_end, b_end = i0 + n0, j0 + n0
        if a_end == i:
            shift = _shift(b_keys, b_units, (b_end, j), (n0, n))
        elif b_end == j:
            shift = _shift(a_keys, a_units, (a_end, i), (n0, n))
        else:
            shift = 0
        moved[-1] = (i0, j0, n0 + shift)
        moved.append((i + shift, j + shift, n - shift))
    return [match for match in moved if match[2]]


def _shift(
    keys: Sequence[str], units: Sequence[str], run: tuple[int, int], room: tuple[int, int]
) -> int:
    """Return by how many units the *run* is best shifted: to the left negative.

    *room* is how long the equal runs before and after are.
    """
    start, end = run
    left = 0
    while left < min(room[0], _REACH) and keys[start - left - 1] == keys[end - left - 1]:
        left += 1
    right = 0
    while right < min(room[1], _REACH) and keys[start + right] == keys[end + right]:
        right += 1
    if not left and not right:
        return 0
    return max(range(-left, right + 1), key=lambda by: (_rank(units, start + by), -abs(by)))


def _rank(units: Sequence[str], start: int) -> int:
    """Return how good a place *start* is to begin a change: 3 after an empty line, 0 anywhere."""
    if start == 0:
        return 3
    before = units[start - 1]
    word = before.rstrip()
    gap = before[len(word) :]
    if gap.count("\n") > 1:
        return 3
    if gap:
        return 2 if "\n" in gap else int(word.endswith((".", "!", "?", ":", ";", "。")))
    return 0
