"""Checks in words that other tools understand.

A case's checks are read once into :class:`Rule` records; every exporter says which rules its
target can hold. What a target cannot hold is listed, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from workbench.checks.arguments import read_list, read_text, to_int
from workbench.checks.syntax import CheckSpec, parse_check
from workbench.errors import UsageError
from workbench.records import dataclass
from workbench.suites.case import Case
from workbench.suites.exporters.runtime.workbench_checks import Rule as RuleRecord
from workbench.suites.exporters.runtime.workbench_checks import broken
from workbench.suites.patterns import NotPortable, translate

RuleKind = Literal[
    "equals",
    "contains",
    "contains_any",
    "contains_all",
    "starts_with",
    "ends_with",
    "regex",
    "json",
    "max_chars",
    "max_words",
    "min_chars",
    "min_words",
]


@dataclass(frozen=True, slots=True)
class Rule:
    """One check in neutral words.

    ``values`` are the texts of ``equals`` (any of them), ``contains`` and the like, or the one
    pattern of ``regex`` (translated, see :mod:`workbench.suites.patterns`); ``number`` is the limit
    of the counting kinds. ``check`` is the check as it was written, empty for the rule made of a
    case's expected values.
    """

    kind: RuleKind
    values: tuple[str, ...] = ()
    number: int = 0
    ignore_case: bool = False
    trim: bool = False
    negated: bool = False
    check: str = ""

    def record(self) -> RuleRecord:
        """Return the rule as JSON for the checker that goes with an export."""
        return {
            "kind": self.kind,
            "values": list(self.values),
            "number": self.number,
            "ignore_case": self.ignore_case,
            "trim": self.trim,
            "negated": self.negated,
            "check": self.check,
        }


@dataclass(frozen=True, slots=True)
class Unmapped:
    """Something a target cannot hold: the case's id, what, and why."""

    case: str
    what: str
    why: str


def rules_of(case: Case) -> tuple[list[Rule], list[Unmapped]]:
    """Return the rules of *case*, and its checks that have no neutral words.

    A case without checks but with expected values is judged by those: the answer is one of them,
    white space around it aside.
    """
    rules: list[Rule] = []
    lost: list[Unmapped] = []
    for text in case.checks:
        try:
            rules.append(_rule(parse_check(text), case))
        except (UsageError, NotPortable) as error:
            lost.append(Unmapped(case.id, text, str(error)))
    if not case.checks and case.expected:
        rules.append(Rule("equals", case.expected, trim=True))
    return rules, lost


def _rule(spec: CheckSpec, case: Case) -> Rule:
    if spec.severity == "warn":
        raise NotPortable("a warning never fails an answer")
    lane = case.evidence.lane if case.evidence else None
    if spec.lanes and lane not in spec.lanes:
        raise NotPortable(f"it is limited to the lanes {', '.join(spec.lanes)}")
    make = _READERS.get(spec.name)
    if make is None:
        raise NotPortable("no counterpart outside of Workbench")
    return make(spec)


def _text(kind: RuleKind, *, negated: bool = False) -> Callable[[CheckSpec], Rule]:
    return lambda spec: _with(spec, kind, (read_text(spec.argument),), negated=negated)


def _list(kind: RuleKind) -> Callable[[CheckSpec], Rule]:
    return lambda spec: _with(spec, kind, read_list(spec.argument))


def _count(kind: RuleKind) -> Callable[[CheckSpec], Rule]:
    def read(spec: CheckSpec) -> Rule:
        number = to_int(spec.argument.text, "The number")
        return Rule(kind, number=number, negated=spec.negated, check=spec.text)

    return read


def _regex(*, negated: bool) -> Callable[[CheckSpec], Rule]:
    def read(spec: CheckSpec) -> Rule:
        options = spec.argument.options
        pattern = translate(read_text(spec.argument), ignore_case="i" in options)
        if "full" in options:
            pattern = rf"^(?:{pattern})(?![\s\S])"
        return Rule("regex", (pattern,), negated=negated != spec.negated, check=spec.text)

    return read


def _json(spec: CheckSpec) -> Rule:
    if spec.argument.options:
        raise NotPortable("its options have no counterpart outside of Workbench")
    return Rule("json", negated=spec.negated, check=spec.text)


def _with(
    spec: CheckSpec, kind: RuleKind, values: tuple[str, ...], *, negated: bool = False
) -> Rule:
    options = spec.argument.options
    if unknown := set(options) - {"i", "trim"}:
        raise NotPortable(f"its option /{min(unknown)} has no counterpart outside of Workbench")
    if "i" in options and not all(value.isascii() for value in values):
        raise NotPortable("letters beyond ASCII without regard to case")
    return Rule(
        kind,
        values,
        ignore_case="i" in options,
        trim="trim" in options,
        negated=negated != spec.negated,
        check=spec.text,
    )


_READERS: Mapping[str, Callable[[CheckSpec], Rule]] = {
    "contains": _text("contains"),
    "not_contains": _text("contains", negated=True),
    "contains_any": _list("contains_any"),
    "contains_all": _list("contains_all"),
    "equals": _text("equals"),
    "one_of": _list("equals"),
    "starts_with": _text("starts_with"),
    "ends_with": _text("ends_with"),
    "regex": _regex(negated=False),
    "not_regex": _regex(negated=True),
    "json": _json,
    "max_chars": _count("max_chars"),
    "max_words": _count("max_words"),
    "min_chars": _count("min_chars"),
    "min_words": _count("min_words"),
}


def expected_to_fail(case: Case, rules: Iterable[Rule]) -> bool | None:
    """Return whether the recorded answer breaks one of *rules*; None without a recorded answer."""
    if case.evidence is None:
        return None
    return any(broken(rule.record(), case.evidence.answer) for rule in rules)
