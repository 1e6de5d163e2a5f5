"""Task metrics of structured answers: is it JSON, and which fields are exactly as expected?"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from workbench.measure.intervals import Rate, wilson
from workbench.records import dataclass

_FENCE = re.compile(r"\s*```(?:json)?[ \t]*\n(.*?)```\s*", re.DOTALL)
DEEPEST = 8
"""Objects further down are compared whole."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The values that would be right, any of them, each as canonical texts by field.

    The field ``""`` is the whole value. Without values only the validity is asked for. When
    ``fenced``, the answer may stand in a code fence.
    """

    values: tuple[dict[str, str], ...] = ()
    fenced: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """One answer. ``exact`` is None when nothing is expected; ``fields`` tells field by field
    whether it is as expected, by the expected value that fits best.
    """

    valid: bool
    exact: bool | None = None
    fields: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class FieldScore:
    """The answers of one lane. ``exact`` and ``fields`` count only cases that expect a value."""

    valid: Rate
    exact: Rate | None
    fields: tuple[tuple[str, Rate], ...]


def wanted(expected: Iterable[str], *, fenced: bool = False) -> Wanted:
    """Read expected answers; those that are no JSON object or array are left out."""
    found = (_read(text) for text in expected)
    return Wanted(tuple(fields for fields in found if fields and fields[""][0] in "{["), fenced)


def match(answer: str, right: Wanted) -> Match:
    """Compare one whole answer; white space around it does not matter, a code fence does unless it
    may be there.

    Numbers are equal by value (1 and 1.0), the order of keys does not count, a missing field is
    wrong, and a field that nobody expects only keeps the whole from being exact.
    """
    fence = _FENCE.fullmatch(answer) if right.fenced else None
    got = _read(fence[1] if fence else answer)
    if not right.values:
        return Match(got is not None)
    known = got or {}
    compared = [
        tuple((name, known.get(name) == text) for name, text in value.items() if name)
        for value in right.values
    ]
    exact = any(known.get("") == value[""] for value in right.values)
    best = max(compared, key=lambda fields: sum(same for _, same in fields) / max(1, len(fields)))
    return Match(got is not None, exact, best)


def score_fields(matches: Sequence[Match]) -> FieldScore | None:
    """Sum up the answers of a lane, each share with Wilson's 95 % interval; None without any."""
    valid = wilson(sum(each.valid for each in matches), len(matches))
    if valid is None:
        return None
    asked = [each.exact for each in matches if each.exact is not None]
    counts: dict[str, list[bool]] = defaultdict(list)
    for each in matches:
        for name, same in each.fields:
            counts[name].append(same)
    rates = ((name, wilson(sum(found), len(found))) for name, found in counts.items())
    return FieldScore(
        valid, wilson(sum(asked), len(asked)), tuple((n, rate) for n, rate in rates if rate)
    )


def _read(text: str) -> dict[str, str] | None:
    """Return a JSON text's fields as canonical texts, the whole under ``""``; None for no JSON."""
    try:
        value: object = json.loads(text, parse_float=_number, parse_constant=_refuse)
        fields = {"": _canonical(value)}
        _flatten(value, "", fields, DEEPEST)
    except (ValueError, RecursionError):
        return None
    return fields


def _flatten(value: object, path: str, into: dict[str, str], levels: int) -> None:
    if not isinstance(value, dict) or not value or not levels:
        if path:
            into[path] = _canonical(value)
        return
    for key, item in value.items():
        _flatten(item, f"{path}.{key}" if path else str(key), into, levels - 1)


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
