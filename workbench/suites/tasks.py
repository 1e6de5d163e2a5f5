"""Task metrics of a run: by label, and of structured answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from workbench.checks.syntax import CheckSpec, parse_checks
from workbench.measure.fields import FieldScore, Match, score_fields, wanted
from workbench.measure.labels import TaskScore, score_labels
from workbench.suites.case import Case
from workbench.suites.results import Truth, UnitResult

_JSON_CHECKS = ("json", "json_schema")


def truths_of(cases: Iterable[Case], added: Sequence[str] = ()) -> dict[str, Truth]:
    """Return what is known to be right, by case. JSON is wanted by the cases whose expected value
    is an object or an array, or that a JSON check judges: one of theirs or one *added* to all. It
    may be fenced where such a check lets it be.

    Raises:
        CheckSyntaxError: a check cannot be read.
    """
    cases = list(cases)
    labels = tuple(sorted({true for case in cases for true in case.labels[:1]}))
    found = {}
    for case in cases:
        judging = _json_checks((*case.checks, *added))
        fenced = any("fence" in spec.argument.options for spec in judging)
        right = wanted(case.expected, fenced=fenced)
        as_json = right if right.values or judging else None
        if as_json is not None or case.labels:
            found[case.id] = Truth(as_json, labels if case.labels else ())
    return found


def _json_checks(checks: Sequence[str]) -> list[CheckSpec]:
    return [
        spec
        for text in checks
        if "json" in text
        for spec in parse_checks([text])
        if spec.name in _JSON_CHECKS and not spec.negated
    ]


def score_json(results: Iterable[UnitResult]) -> dict[str, FieldScore]:
    """Return the scores of structured answers by lane, where there are any."""
    matches: dict[str, list[Match]] = {}
    for result in results:
        if result.match is not None:
            matches.setdefault(result.lane, []).append(result.match)
    scored = {lane: score_fields(found) for lane, found in matches.items()}
    return {lane: score for lane, score in scored.items() if score is not None}


def score_by_label(
    results: Iterable[UnitResult],
    labels: Mapping[str, tuple[str, ...]],
    high_risk: Sequence[str] = (),
) -> dict[str, TaskScore]:
    """Return the scores by label of each lane, over the whole answers to cases with labels."""
    pairs: dict[str, list[tuple[str, str]]] = {}
    for result in results:
        true = labels.get(result.case)
        if true and result.label is not None:
            pairs.setdefault(result.lane, []).append((true[0], result.label))
    scored = {lane: score_labels(found, high_risk) for lane, found in pairs.items()}
    return {lane: score for lane, score in scored.items() if score is not None}
