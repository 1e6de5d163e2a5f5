"""Task metrics by label."""

import pytest

from workbench.measure.labels import NONE, label_said, score_labels


def test_scores_are_those_of_the_confusion_matrix() -> None:
    pairs = [("a", "a")] * 6 + [("a", "b")] * 2 + [("b", "b")] * 3 + [("b", NONE)]
    score = score_labels(pairs, high_risk=["b"])
    assert score is not None
    assert score.accuracy.value == pytest.approx(9 / 12)
    a, b = score.labels
    assert (a.precision.value, a.recall.value) == (1.0, 0.75)
    assert (b.precision.value, b.recall.value) == (0.6, 0.75)
    assert (b.false_negatives.value, b.high_risk, b.support) == (0.25, True, 4)
    assert score.confusion["a", "b"] == 2
    assert score_labels([]) is None


def test_a_label_never_said_has_no_precision() -> None:
    score = score_labels([("a", "b")])
    assert score is not None
    assert [label.precision is None for label in score.labels] == [True, False]
    assert [label.recall is None for label in score.labels] == [False, True]


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("Positive", "positive"),
        (' "NEGATIVE."\n', "negative"),
        ("The sentiment is positive!", "positive"),
        ("positive or negative", NONE),
        ("nonpositively", NONE),
        ("", NONE),
        ("high risk", "high-risk"),
    ],
)
def test_an_answer_names_a_label_or_none(answer: str, label: str) -> None:
    assert label_said(answer, ("positive", "negative", "high-risk")) == label
