"""Groups: ``all``, ``any`` and ``at_least`` of several checks, decided as soon as they are.

The members stand in parentheses: ``any:(json) (contains:sorry)``. Parentheses within a member
must balance; a member for which they do not is written as a JSON string.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from workbench.checks.arguments import to_int
from workbench.checks.base import Argument, Check, Definition, Progress, TimedCheck
from workbench.checks.syntax import CheckSpec, parse_check
from workbench.errors import CheckSyntaxError, UsageError
from workbench.model.verdict import Decision

MAX_MEMBERS = 50
MAX_DEPTH = 50


class Group:
    """Passes when *needed* members passed, fails when so many cannot pass any more.

    A member's error makes the group an error when the others do not decide it.
    """

    def __init__(self, members: Sequence[CheckSpec], needed: int) -> None:
        self._labels = [member.label for member in members]
        self._checks = [member.make() for member in members]
        self._negated = [member.negated for member in members]
        self._open = dict(enumerate(self._checks))
        self._timed = {i: c for i, c in self._open.items() if isinstance(c, TimedCheck)}
        self._decided: dict[int, Decision] = {}
        self._needed = needed
        self._seen = 0

    def due_ms(self) -> float | None:
        """See the protocol."""
        dues = [check.due_ms() for i, check in self._timed.items() if i in self._open]
        return min((due for due in dues if due is not None), default=None)

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        self._seen += len(text)
        new = []
        for index, check in self._open.items():
            decision = check.feed(text)
            if decision is not None:
                new.append((decision.at_char, index, decision))
        return self._take(sorted(new, key=lambda item: item[:2])) if new else None

    def tick(self, progress: Progress) -> Decision | None:
        """See the protocol."""
        new = []
        for index, check in self._timed.items():
            decision = check.tick(progress) if index in self._open else None
            if decision is not None:
                new.append((decision.at_char, index, decision))
        return self._take(new) if new else None

    def finish(self) -> Decision:
        """See the protocol."""
        last = [(self._seen, index, check.finish()) for index, check in self._open.items()]
        decision = self._take(last)
        if decision is not None:
            return decision
        index, broken = next((i, d) for i, d in self._decided.items() if d.verdict == "error")
        return Decision("error", self._seen, f"{self._labels[index]}: {broken.reason}")

    def _take(self, new: list[tuple[int, int, Decision]]) -> Decision | None:
        """Take decisions in the order of their offsets; the one that settles the group counts."""
        for _, index, decision in new:
            self._decided[index] = decision
            self._open.pop(index, None)
            verdicts = [self._verdict(i, d) for i, d in self._decided.items()]
            passed, failed = verdicts.count("pass"), verdicts.count("fail")
            total = len(self._checks)
            if passed >= self._needed:
                reason = f"{passed} of {total} pass: {self._labels[index]}: {decision.reason}"
                return Decision("pass", decision.at_char, reason, decision.span)
            if failed > total - self._needed:
                reason = f"{self._labels[index]}: {decision.reason}"
                if total > 1 and self._needed < total:
                    reason = f"{failed} of {total} fail, the last one {reason}"
                return Decision("fail", decision.at_char, reason, decision.span)
        return None

    def _verdict(self, index: int, decision: Decision) -> str:
        if decision.verdict == "error" or not self._negated[index]:
            return decision.verdict
        return "fail" if decision.verdict == "pass" else "pass"


def read_members(source: str, start: int) -> list[CheckSpec]:
    """Read ``(check) (check)...`` from offset *start* on.

    Raises:
        CheckSyntaxError: something else stands there, or a member cannot be read.
    """
    members: list[CheckSpec] = []
    at = start
    while at < len(source):
        if source[at].isspace():
            at += 1
            continue
        text, inner, at = _member(source, at)
        try:
            members.append(parse_check(text))
        except CheckSyntaxError as error:
            raise CheckSyntaxError(
                error.message, column=inner + error.column, hint=error.hint
            ) from error
        except UsageError as error:
            raise CheckSyntaxError(error.message, column=inner + 1, hint=error.hint) from error
        member = members[-1]
        if member.lanes or member.severity == "warn":
            raise CheckSyntaxError(
                "A member has no severity and no lanes of its own.",
                column=inner + 1,
                hint="Write warn and lanes= before the group.",
            )
    if not 1 <= len(members) <= MAX_MEMBERS:
        raise CheckSyntaxError(
            f"A group has 1 to {MAX_MEMBERS} members.", column=start + 1, hint="Write (json) (...)."
        )
    return members


def _member(source: str, at: int) -> tuple[str, int, int]:
    """Return a member's text, the offset of its first character, and where the next may begin."""
    if source[at] == '"':
        try:
            text, end = json.JSONDecoder(strict=False).raw_decode(source, at)
        except ValueError:
            raise CheckSyntaxError("This is not a JSON string.", column=at + 1) from None
        return str(text), at + 1, end
    if source[at] != "(":
        raise CheckSyntaxError(
            "A member stands in parentheses.", column=at + 1, hint="Write (json) (max_words:9)."
        )
    depth = 0
    for end in range(at, len(source)):
        depth += {"(": 1, ")": -1}.get(source[end], 0)
        if depth == 0:
            return source[at + 1 : end], at + 1, end + 1
    raise CheckSyntaxError(
        "This parenthesis is not closed.",
        column=at + 1,
        hint="Write a member with single parentheses as a JSON string.",
    )


def _depth(source: str) -> None:
    deepest = depth = 0
    for char in source:
        depth += {"(": 1, ")": -1}.get(char, 0)
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise CheckSyntaxError(f"Parentheses nest more than {MAX_DEPTH} deep.")


def _factory(members: list[CheckSpec], needed: int) -> Callable[[], Check]:
    return lambda: Group(members, needed)


def _parse_all(argument: Argument) -> Callable[[], Check]:
    _depth(argument.text)
    members = read_members(argument.text, 0)
    return _factory(members, len(members))


def _parse_any(argument: Argument) -> Callable[[], Check]:
    _depth(argument.text)
    return _factory(read_members(argument.text, 0), 1)


def _parse_at_least(argument: Argument) -> Callable[[], Check]:
    _depth(argument.text)
    stop = argument.text.find("(")
    head = argument.text[:stop] if stop >= 0 else argument.text
    number = to_int(head, "The number of members that must pass", least=1)
    members = read_members(argument.text, len(head))
    if number > len(members):
        raise CheckSyntaxError(f"There are only {len(members)} members.")
    return _factory(members, number)


_COST = "the sum of its members"

ALL = Definition(
    name="all",
    summary="Every one of several checks passes.",
    syntax="all:(CHECK) (CHECK)...",
    example="all:(json) (max_chars:2000)",
    when="early",
    cost=_COST,
    parse=_parse_all,
    decides="Fails with the first member that fails; passes with the last one that passes.",
)
ANY = Definition(
    name="any",
    summary="At least one of several checks passes.",
    syntax="any:(CHECK) (CHECK)...",
    example="any:(json) (starts_with:I cannot)",
    when="early",
    cost=_COST,
    parse=_parse_any,
    decides="Passes with the first member that passes; fails with the last one that fails.",
)
AT_LEAST = Definition(
    name="at_least",
    summary="At least so many of several checks pass.",
    syntax="at_least:N (CHECK) (CHECK)...",
    example="at_least:2 (contains:price) (contains:date) (contains:name)",
    when="early",
    cost=_COST,
    parse=_parse_at_least,
    decides="Decides as soon as enough passed, or too many failed.",
)
