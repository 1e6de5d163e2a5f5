"""What comes back changed: what the other tool changed wins, the rest is as Workbench kept it.

A record holds less than a case: a target has no place for every check, or for evidence. So a
changed record is read twice, as it is now and as it was exported; a field that reads the same both
times was not touched, and comes from the case that Workbench put beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from workbench.suites.case import Case
from workbench.suites.codec import BadCase
from workbench.suites.importers.base import Record, kept_case
from workbench.suites.portable import Unmapped

T = TypeVar("T")
Build = Callable[[Record, str], tuple[Case, list[Unmapped]]]


def merged(
    record: Record, name: str, kept: object, again: Callable[[Case], object], build: Build
) -> tuple[Case, list[Unmapped]]:
    """Return the case of *record*, and what of it found no place.

    *kept* is what Workbench put into the record, *again* exports a case as the record was, *build*
    reads a record without *kept*.

    Raises:
        BadCase: the record is no case.
    """
    original = kept_case(kept)
    if original is None:
        return build(record, name)
    was = again(original)
    if was == record:
        return original, []
    now, lost = build(record, name)
    try:
        then, known = build(was, name) if isinstance(was, dict) else (now, [])
    except BadCase:
        return now, lost
    case = _merge(original, then, now)
    lost = [item for item in lost if item not in known]
    if original.evidence is not None and case.evidence is None:
        lost.append(Unmapped(case.id, "the recorded answer", "it answered another input"))
    return case, lost


def _merge(original: Case, then: Case, now: Case) -> Case:
    case = replace(
        original,
        id=_newer(original.id, then.id, now.id),
        title=_newer(original.title, then.title, now.title),
        checks=_checks(original.checks, then.checks, now.checks),
        expected=_newer(original.expected, then.expected, now.expected),
        labels=_newer(original.labels, then.labels, now.labels),
        tags=_newer(original.tags, then.tags, now.tags),
        notes=_newer(original.notes, then.notes, now.notes),
        evidence=_newer(original.evidence, then.evidence, now.evidence),
        metadata=_entries(original.metadata, then.metadata, now.metadata),
    )
    if now.messages == then.messages:
        same = now.expected == then.expected
        return case if same else replace(case, review=now.review)
    return replace(
        case,
        messages=now.messages,
        prompt=now.prompt,
        variables=now.variables,
        review=now.review,
        evidence=now.evidence if now.evidence != then.evidence else None,
    )


def _newer(original: T, then: T, now: T) -> T:
    return original if now == then else now


def _checks(
    original: tuple[str, ...], then: tuple[str, ...], now: tuple[str, ...]
) -> tuple[str, ...]:
    """Take out and add what the other tool did; checks it has no words for stay."""
    gone = set(then) - set(now)
    added = (check for check in now if check not in then)
    return (*(check for check in original if check not in gone), *added)


def _entries(
    original: Mapping[str, object], then: Mapping[str, object], now: Mapping[str, object]
) -> dict[str, object]:
    gone = then.keys() - now.keys()
    changed = {k: v for k, v in now.items() if k not in then or then[k] != v}
    return {k: v for k, v in original.items() if k not in gone} | changed
