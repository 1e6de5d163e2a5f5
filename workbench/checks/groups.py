"""Groups: ``all``, ``any`` and ``at_least`` of several checks, decided as soon as they are.

The members stand in parentheses: ``any:(json) (contains:sorry)``. Parentheses within a member
must balance; a member for which they do not is written as a JSON string.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from workbench.checks.arguments import to_int
from workbench.checks.base import (
    Argument,
    Check,
    CodeCheck,
    Context,
    Definition,
    Grade,
    GradedCheck,
    Progress,
    Reply,
    TimedCheck,
)
from workbench.checks.syntax import CheckSpec, parse_check
from workbench.errors import CheckSyntaxError, UnknownName
from workbench.model.verdict import Decision
from workbench.records import dataclass
from workbench.text import plural

MAX_MEMBERS = 50
MAX_DEPTH = 50


class Group:
    """Passes when *needed* members passed, fails when so many cannot pass any more.

    A member's error makes the group an error when the others do not decide it.
    """

    def __init__(self, members: Sequence[CheckSpec], checks: Sequence[Check], needed: int) -> None:
        self._labels = [member.label for member in members]
        self._checks = checks
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
        return self._end(self._open) or self._broken()

    def trust(self) -> None:
        """See :class:`~workbench.checks.base.CodeCheck`: members can be code."""
        for check in self._checks:
            if hasattr(check, "trust"):
                cast("CodeCheck", check).trust()

    def stop(self) -> None:
        """See :class:`~workbench.checks.base.CodeCheck`."""
        for check in self._checks:
            if hasattr(check, "stop"):
                cast("CodeCheck", check).stop()

    def _end(self, indices: Iterable[int]) -> Decision | None:
        """Let these members decide at the end of the answer."""
        return self._take([(self._seen, i, self._checks[i].finish()) for i in list(indices)])

    def _broken(self) -> Decision:
        """Return the error of a group that an error of a member leaves undecided."""
        index, broken = next((i, d) for i, d in self._decided.items() if d.verdict == "error")
        return Decision("error", self._seen, f"{self._labels[index]}: {broken.reason}")

    def _take(self, new: list[tuple[int, int, Decision]]) -> Decision | None:
        """Take decisions in the order of their offsets; the one that settles the group counts."""
        for _, index, decision in new:
            self._decided[index] = decision
            self._open.pop(index, None)
            settled = self._settled(index, decision)
            if settled is not None:
                self.stop()
                return settled
        return None

    def _settled(self, index: int, decision: Decision) -> Decision | None:
        """Return the group's decision if that of a member has settled it."""
        verdicts = [self._verdict(i, d) for i, d in self._decided.items()]
        passed, failed = verdicts.count("pass"), verdicts.count("fail")
        total = len(self._checks)
        reason = f"{self._labels[index]}: {decision.reason}"
        if passed >= self._needed:
            reason = f"{passed} of {total} pass: {reason}"
            return Decision("pass", decision.at_char, reason, decision.span)
        if failed > total - self._needed:
            if total > 1 and self._needed < total:
                reason = f"{failed} of {total} fail, the last one {reason}"
            return Decision("fail", decision.at_char, reason, decision.span)
        return None

    def _verdict(self, index: int, decision: Decision) -> str:
        if decision.verdict == "error" or not self._negated[index]:
            return decision.verdict
        return "fail" if decision.verdict == "pass" else "pass"


class GradedGroup(Group):
    """A group with members that the engine grades: asked only when the others leave it open."""

    def __init__(self, members: Sequence[CheckSpec], checks: Sequence[Check], needed: int) -> None:
        super().__init__(members, checks, needed)
        self._graded = {i for i, check in enumerate(self._checks) if hasattr(check, "grade")}

    def settle(self) -> Decision | None:
        """The answer is complete: decide, as far as that goes without grading."""
        return self._end(self._open.keys() - self._graded)

    async def grade(self, text: str, context: Context) -> Grade:
        """See :class:`~workbench.checks.base.GradedCheck`; all that are left are asked at once."""
        left = sorted(self._open)
        graded = await asyncio.gather(
            *(cast("GradedCheck", self._checks[i]).grade(text, context) for i in left),
            return_exceptions=True,
        )
        replies: list[Reply] = []
        new = []
        for index, grade in zip(left, graded, strict=True):
            if isinstance(grade, BaseException):
                crashed = Decision("error", len(text), f"the check crashed: {grade!r}")
                new.append((len(text), index, crashed))
            else:
                replies += grade.replies
                new.append((len(text), index, grade.decision))
        return Grade(self._take(new) or self._broken(), tuple(replies))


@dataclass(frozen=True, slots=True)
class GroupMaker:
    """Makes groups of *members*. ``inlined`` is the argument without names of files, None when it
    names none as it stands.
    """

    members: tuple[CheckSpec, ...]
    needed: int
    inlined: str | None = None

    def __call__(self) -> Check:
        """Return a fresh group."""
        checks = [member.make() for member in self.members]
        asks = any(hasattr(check, "grade") for check in checks)
        return (GradedGroup if asks else Group)(self.members, checks, self.needed)


def _read(argument: Argument, start: int) -> tuple[tuple[CheckSpec, ...], str | None]:
    """Read ``(check) (check)...`` from offset *start* on; return the members, and the argument
    without names of files if it names some.

    Raises:
        CheckSyntaxError: something else stands there, or a member cannot be read.
    """
    source, at = argument.text, start
    members: list[CheckSpec] = []
    texts = []
    while at < len(source):
        if source[at].isspace():
            at += 1
            continue
        text, inner, at = _member(source, at)
        try:
            members.append(parse_check(text, argument.folder))
        except CheckSyntaxError as error:
            raise CheckSyntaxError(
                error.bare, column=inner + error.column, hint=error.hint
            ) from error
        except UnknownName as error:
            raise CheckSyntaxError(
                error.bare, column=inner + error.column, hint=error.hint
            ) from error
        texts.append(text)
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
    if all(member.text == text for member, text in zip(members, texts, strict=True)):
        return tuple(members), None
    inlined = " ".join(json.dumps(member.text, ensure_ascii=False) for member in members)
    return tuple(members), source[:start] + inlined


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


def _parse_all(argument: Argument) -> Callable[[], Check]:
    _depth(argument.text)
    members, inlined = _read(argument, 0)
    return GroupMaker(members, len(members), inlined)


def _parse_any(argument: Argument) -> Callable[[], Check]:
    _depth(argument.text)
    members, inlined = _read(argument, 0)
    return GroupMaker(members, 1, inlined)


def _parse_at_least(argument: Argument) -> Callable[[], Check]:
    _depth(argument.text)
    stop = argument.text.find("(")
    head = argument.text[:stop] if stop >= 0 else argument.text
    number = to_int(head, "The number of members that must pass", least=1)
    members, inlined = _read(argument, len(head))
    if number > len(members):
        raise CheckSyntaxError(
            f"There {'is' if len(members) == 1 else 'are'} only {plural(len(members), 'member')}."
        )
    return GroupMaker(members, number, inlined)


_COST = "the sum of its members"
_ONE = (
    "Each member decides for itself, so the group is as early as they are; that two of them can "
    "never hold together is not seen. `not` before a group or a member turns it around at the "
    "same character. Members that another lane grades are asked at the end, only when the others "
    "leave it open."
)

ALL = Definition(
    name="all",
    summary="Every one of several checks passes.",
    syntax="all:(CHECK) (CHECK)...",
    example="all:(json) (max_chars:2000)",
    when="early",
    cost=_COST,
    parse=_parse_all,
    decides=f"Fails with the first member that fails; passes with the last one that passes. {_ONE}",
)
ANY = Definition(
    name="any",
    summary="At least one of several checks passes.",
    syntax="any:(CHECK) (CHECK)...",
    example="any:(json) (starts_with:I cannot)",
    when="early",
    cost=_COST,
    parse=_parse_any,
    decides=f"Passes with the first member that passes; fails with the last one that fails. {_ONE}",
)
AT_LEAST = Definition(
    name="at_least",
    summary="At least so many of several checks pass.",
    syntax="at_least:N (CHECK) (CHECK)...",
    example="at_least:2 (contains:price) (contains:date) (contains:name)",
    when="early",
    cost=_COST,
    parse=_parse_at_least,
    decides=f"Decides as soon as enough passed, or too many failed. {_ONE}",
)
