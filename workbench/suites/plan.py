"""What a run has to send: units of work, plain data that could go to another machine."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence

from workbench.errors import UsageError
from workbench.model.prompt import VARIABLE, Message, Prompt
from workbench.records import dataclass
from workbench.suites.case import Case
from workbench.suites.codec import dump
from workbench.suites.results import UnitResult, case_result


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing to send: a case to a lane, for the n-th time. ``first`` marks a case's first."""

    case: str
    lane: str
    repeat: int
    messages: tuple[Message, ...]
    checks: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str, int]:
        """What makes a unit the same as one of an earlier, interrupted run."""
        return self.case, self.lane, self.repeat


def plan_units(
    cases: Iterable[Case],
    lanes: Sequence[str],
    repeat: int = 1,
    *,
    checks: tuple[str, ...] = (),
    done: Container[tuple[str, str, int]] = (),
) -> Iterator[Unit]:
    """Yield the units case by case, without those that are *done*. Rejected cases are left out."""
    for case in cases:
        if case.review == "rejected":
            continue
        own = judged_by(case, checks)
        for number in range(1, repeat + 1):
            for lane in lanes:
                if (case.id, lane, number) not in done:
                    yield Unit(case.id, lane, number, case.messages, own)


def checks_of(case: Case) -> tuple[str, ...]:
    """Return the checks that judge *case*: its own, or else its expected values."""
    if case.checks or not case.expected:
        return case.checks
    return expecting(*case.expected)


def expecting(*answers: str) -> tuple[str, ...]:
    """Return the check that an answer is one of *answers*, white space around it apart."""
    return ("one_of/trim:" + ",".join(map(dump, answers)),)


def judged_by(case: Case, added: tuple[str, ...]) -> tuple[str, ...]:
    """Return all that judges *case* in a run with the checks *added*: what its record says too."""
    return (*checks_of(case), *added)


def prompt_of(case: Case) -> tuple[Prompt, dict[str, str]]:
    """Return a template and variables that give the case's messages, for the record of a run.

    The case's own, if they still do; else the messages as they are. A chat of several turns is
    written below one another: the record is for reading, what is sent are the messages.
    """
    if case.prompt is not None and _renders(case):
        return case.prompt, dict(case.variables)
    first, *rest = case.messages
    if first.role == "system" and len(rest) == 1:
        return Prompt(_plain(rest[0].content), _plain(first.content)), {}
    if not rest:
        return Prompt(_plain(first.content)), {}
    return Prompt(_plain("\n\n".join(f"{m.role}: {m.content}" for m in case.messages))), {}


def _renders(case: Case) -> bool:
    prompt = case.prompt
    if prompt is None or not prompt.user.strip():
        return False
    if any(name not in case.variables for name in prompt.variables()):
        return False
    return prompt.render(case.variables) == case.messages


def _plain(text: str) -> str:
    r"""Write *text* as a template that gives it: ``\{{`` for braces before a name."""
    return VARIABLE.sub(lambda m: "\\" + m.group(0), text)


def select(
    cases: Sequence[Case], only: str, last: Sequence[UnitResult], known: Container[str] = ()
) -> list[Case]:
    """Return the cases that ``--only`` asks for.

    ``failing``: failed, flaky or no verdict in the *last* results; ``changed``: new, or changed
    since (their signature is not in *known*); anything else is a tag.

    Raises:
        UsageError: no case has the tag.
    """
    if only == "failing":
        grouped: dict[str, list[UnitResult]] = {}
        for result in last:
            grouped.setdefault(result.case, []).append(result)
        passing = {c for c, found in grouped.items() if case_result(c, found).status == "pass"}
        return [case for case in cases if case.id not in passing]
    if only == "changed":
        return [case for case in cases if case.id not in known]
    tag = only.removeprefix("tag:")
    found = [case for case in cases if tag in case.tags]
    if not found:
        raise UsageError(
            f"No case has the tag {tag!r}.", "--only takes failing, changed, or a tag."
        )
    return found
