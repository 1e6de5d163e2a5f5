"""The alignment of long sequences: anchors, memory, and the fewest edits."""

from random import Random

import pytest
from rapidfuzz.distance import Indel

from workbench.diffing import align as module
from workbench.diffing.align import align

VOCABULARY = [f"w{n}" for n in range(3000)]


def edited(words: list[str], share: float, rng: Random) -> list[str]:
    made: list[str] = []
    for word in words:
        if rng.random() >= share:
            made.append(word)
        else:
            made += rng.choice(([], [rng.choice(VOCABULARY)], [word, rng.choice(VOCABULARY)]))
    return made


def check_is_an_alignment(a: list[str], b: list[str]) -> int:
    i_end = j_end = equal = 0
    for i, j, n in align(a, b):
        assert i >= i_end
        assert j >= j_end
        assert n > 0
        assert a[i : i + n] == b[j : j + n]
        i_end, j_end, equal = i + n, j + n, equal + n
    return equal


@pytest.mark.parametrize("share", [0.01, 0.2, 0.8])
def test_splitting_at_anchors_keeps_the_fewest_edits(share: float) -> None:
    rng = Random(7)
    weights = [1 / (n + 1) for n in range(len(VOCABULARY))]
    a = rng.choices(VOCABULARY, weights, k=4000)
    b = edited(a, share, rng)
    number = {word: chr(n) for n, word in enumerate(VOCABULARY)}
    best = Indel.distance("".join(number[w] for w in a), "".join(number[w] for w in b))
    assert len(a) + len(b) - 2 * check_is_an_alignment(a, b) <= best * 1.005


def test_a_piece_without_anchors_stays_within_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DIRECT_CELLS", 50)
    monkeypatch.setattr(module, "MOST_CELLS", 100)
    sizes: list[int] = []
    solve = module._Splitter._solve

    def watched(self: module._Splitter, a0: int, a1: int, b0: int, b1: int) -> None:
        sizes.append((a1 - a0) * (b1 - b0))
        solve(self, a0, a1, b0, b1)

    monkeypatch.setattr(module._Splitter, "_solve", watched)
    rng = Random(3)
    a, b = ([rng.choice("ab") for _ in range(500)] for _ in range(2))
    assert check_is_an_alignment(a, b) > 150
    assert max(sizes) <= 100


def test_a_moved_block_does_not_break_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DIRECT_CELLS", 10)
    a = [f"u{n}" for n in range(300)]
    b = a[100:200] + a[:100] + a[200:]
    assert check_is_an_alignment(a, b) == 200


def test_units_that_one_side_lacks_are_left_out_and_put_back() -> None:
    rng = Random(5)
    a = [w if rng.random() < 0.5 else f"old{n}" for n, w in enumerate("abcdefgh" * 50)]
    b = [w if rng.random() < 0.5 else f"new{n}" for n, w in enumerate("abcdefgh" * 50)]
    assert check_is_an_alignment(a, b) > 50
    assert align(["x"], ["y"]) == []
    assert align([], ["y"]) == []
