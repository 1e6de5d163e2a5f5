"""Task metrics by label: what was it, what did the lane say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from workbench.measure.intervals import Rate, wilson
from workbench.records import dataclass

NONE = "(none)"
"""What a lane said when its answer names no label, or more than one."""


@dataclass(frozen=True, slots=True)
class LabelScore:
    """One label. ``precision`` is None when the lane never said it, ``recall`` when it never was.

    ``false_negatives`` is the share of its inputs for which the lane said something else.
    """

    label: str
    support: int
    precision: Rate | None
    recall: Rate | None
    false_negatives: Rate | None
    high_risk: bool


@dataclass(frozen=True, slots=True)
class TaskScore:
    """All labels of one lane. ``confusion`` counts (true label, what the lane said)."""

    accuracy: Rate
    labels: tuple[LabelScore, ...]
    confusion: Mapping[tuple[str, str], int]


def score_labels(
    pairs: Iterable[tuple[str, str]], high_risk: Sequence[str] = ()
) -> TaskScore | None:
    """Score pairs of (true label, what the lane said); None without any.

    Precision is TP ÷ (TP + FP), recall TP ÷ (TP + FN), the false negative rate 1 − recall; each
    with Wilson's 95 % interval.
    """
    confusion = Counter(pairs)
    total = confusion.total()
    accuracy = wilson(sum(n for (true, said), n in confusion.items() if true == said), total)
    if accuracy is None:
        return None
    names = sorted({true for true, _ in confusion} | {said for _, said in confusion} - {NONE})
    scores = []
    for name in names:
        right = confusion[name, name]
        was = sum(n for (true, _), n in confusion.items() if true == name)
        said = sum(n for (_, other), n in confusion.items() if other == name)
        scores.append(
            LabelScore(
                name,
                was,
                wilson(right, said),
                wilson(right, was),
                wilson(was - right, was),
                name in high_risk,
            )
        )
    return TaskScore(accuracy, tuple(scores), dict(confusion))


def label_said(answer: str, known: Iterable[str]) -> str:
    """Return which of the *known* labels an answer names: the whole answer, or the only one in it.

    Case, white space and signs around it do not matter.
    """
    plain = _plain(answer)
    labels = {_plain(label): label for label in known}
    if plain in labels:
        return labels[plain]
    words, named = f" {plain} ", []
    for key in sorted(filter(None, labels), key=len, reverse=True):
        if f" {key} " in words:  # "high risk" does not name "risk" as well
            words = words.replace(f" {key} ", " | ")
            named.append(labels[key])
    return named[0] if len(named) == 1 else NONE


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())
