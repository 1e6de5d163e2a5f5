"""A change counts only when it is larger than the lane's own variation."""

import pytest

from workbench.diffing.noise import distance, noise_mark

OLD = [
    "The sky is blue today.",
    "The sky is blue now.",
    "The sky is very blue today.",
    "Blue is the sky.",
]
NEW = ["Grass grows green.", "Green grass grows.", "Grass grows so green.", "So green grows grass."]


def test_equal_answers_are_the_same() -> None:
    assert noise_mark(["a b"], ["a b"]).verdict == "same"
    assert noise_mark(["a b", "a b"], ["a b"]).verdict == "same"


def test_without_repeats_nobody_can_tell() -> None:
    mark = noise_mark(["a b c"], ["a b d"])
    assert (mark.verdict, mark.within, mark.p_value) == ("unknown", None, None)
    assert mark.between == pytest.approx(1 - 4 / 6)


def test_a_difference_as_large_as_the_lanes_own_is_noise() -> None:
    assert noise_mark(OLD[:2], OLD[2:]).verdict == "noise"
    mark = noise_mark([OLD[0], OLD[1], NEW[0], NEW[1]], [OLD[2], OLD[3], NEW[2], NEW[3]])
    assert mark.verdict == "noise"
    assert mark.p_value is not None
    assert mark.p_value > 0.05


def test_a_larger_difference_is_a_change() -> None:
    few = noise_mark(OLD[:2], NEW[:1])
    assert (few.verdict, few.p_value) == ("change", None)
    many = noise_mark(OLD, NEW)
    assert many.verdict == "change"
    assert many.p_value == pytest.approx(2 / 70)
    assert many.within is not None
    assert many.between > many.within


def test_many_repeats_are_judged_on_drawn_divisions_that_repeat() -> None:
    old = [f"answer {n} is blue" for n in range(12)]
    new = [f"result {n} was red" for n in range(12)]
    assert noise_mark(old, new) == noise_mark(old, new)
    assert noise_mark(old, new).verdict == "change"


def test_distance_runs_from_nothing_to_everything() -> None:
    assert distance("a b", "a b") == 0
    assert distance("a", "b") == 1
    assert distance("", "") == 0
