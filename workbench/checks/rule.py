"""``rule``: an expression over the fields of a JSON answer, decided when they are complete."""

from __future__ import annotations

from collections.abc import Callable

from workbench.checks.arguments import shown
from workbench.checks.base import Argument, Check, Definition
from workbench.checks.json_build import JsonBuilder
from workbench.checks.json_check import FENCE, Scanner, scan, scan_end
from workbench.checks.json_fence import FencedScanner
from workbench.checks.json_scan import JsonScanner
from workbench.checks.json_value import JsonValue, path_text
from workbench.checks.rule_language import (
    Missing,
    Path,
    Rule,
    RuleFailed,
    RuleTooCostly,
    read_rule,
    step,
)
from workbench.model.verdict import Decision


class FieldRule:
    """Evaluates its rule the moment every field it names is complete, or known to be missing."""

    __slots__ = ("_decision", "_fields", "_rule", "_scanner", "_start", "_wanted")

    def __init__(self, rule: Rule, *, fence: bool) -> None:
        self._rule = rule
        self._wanted = set(rule.paths)
        self._fields: dict[Path, JsonValue | Missing] = {}
        self._decision: Decision | None = None
        builder = JsonBuilder(self._complete, max(map(len, rule.paths)))
        make = FencedScanner if fence else JsonScanner
        self._scanner: Scanner = make(builder)

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        failed, deep = scan(self._scanner, text)
        if self._decision is None and failed is not None:
            reason = f"not JSON: {self._scanner.reason}"
            return Decision("fail", failed, reason, (failed, failed + 1))
        return self._decision or deep

    def finish(self) -> Decision:
        """See the protocol."""
        complete, unread = scan_end(self._scanner)
        if self._decision is not None:
            return self._decision
        if unread is not None:
            return unread
        reason = "the answer ended before" if complete else f"not JSON: {self._scanner.reason}"
        return Decision("fail", self._scanner.seen, reason)

    def _complete(self, path: Path, value: JsonValue, at: int) -> None:
        """Take every wanted field that lies at *path* or below it."""
        found = [wanted for wanted in self._wanted if wanted[: len(path)] == path]
        for wanted in found:
            field: JsonValue | Missing = value
            for key in wanted[len(path) :]:
                field = step(field, key)
            self._fields[wanted] = field
            self._wanted.discard(wanted)
        if found and not self._wanted and self._decision is None:
            self._decision = self._judge(at)

    def _judge(self, at: int) -> Decision:
        source = self._rule.source
        try:
            holds = self._rule.holds(self._fields)
        except RuleFailed as error:
            return Decision("fail", at, f"{source}: {error}")
        except RuleTooCostly as error:
            return Decision("error", at, f"{source}: {error}")
        if holds:
            return Decision("pass", at, f"{source} holds")
        named = (
            f"{path_text(path).removeprefix('$').removeprefix('.')} is {_brief(self._fields[path])}"
            for path in self._rule.paths[:4]
            if path
        )
        return Decision("fail", at, f"{source} does not hold: " + ", ".join(named))


def _brief(value: JsonValue | Missing) -> str:
    match value:
        case str():
            return shown(value)
        case list():
            return f"a list of {len(value)}"
        case dict():
            return "an object"
        case int() if abs(value) > 10**30:
            return "a very large number"
        case Missing():
            return "missing"
        case _:
            return shown(str(value)).strip('"')


def _parse(argument: Argument) -> Callable[[], Check]:
    rule = read_rule(argument.text)
    fence = "fence" in argument.options
    return lambda: FieldRule(rule, fence=fence)


RULE = Definition(
    name="rule",
    summary="An expression over the fields of a JSON answer holds.",
    syntax="rule[/fence]:EXPRESSION or @FILE",
    example="rule:tax <= total",
    when="early",
    cost="a state machine per character, one evaluation when the fields are complete",
    parse=_parse,
    decides=(
        "Decides when every field it names is complete or its object has ended without it; "
        "fails where the answer stops being JSON before. A missing field fails unless exists() "
        "asks for it."
    ),
    options=(FENCE,),
    files=True,
)
