"""Cases: failed attempts turned into eval cases, and what makes two of them the same failure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from hashlib import sha256
from typing import Literal

from workbench.errors import UsageError
from workbench.model.attempt import Attempt
from workbench.model.prompt import Message, Prompt
from workbench.model.session import Iteration, Session
from workbench.model.verdict import CheckResult
from workbench.records import dataclass

Review = Literal["new", "reviewed", "rejected"]
REVIEWS: tuple[Review, ...] = ("new", "reviewed", "rejected")

_SPAN_CHARS = 40
_TITLE_CHARS = 72


@dataclass(frozen=True, slots=True)
class Evidence:
    """The failing answer a case was made from. ``ttff_ms`` is its time to first failure."""

    lane: str
    model: str
    answer: str
    check: str | None = None
    reason: str = ""
    at_char: int | None = None
    span: tuple[int, int] | None = None
    ttff_ms: float | None = None
    session: str | None = None
    attempt: int | None = None
    utc: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One eval case.

    ``messages`` are what is sent; ``prompt`` and ``variables`` are the template they came from,
    if it is known. ``expected`` are answers that would be right (any of them), ``labels`` the true
    classes of the input. ``metadata`` is free-form. ``extra`` keeps fields of a suite file that
    this version does not know.
    """

    id: str
    messages: tuple[Message, ...]
    title: str = ""
    checks: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    notes: str = ""
    review: Review = "new"
    prompt: Prompt | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    evidence: Evidence | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def signature(self) -> str:
        """What this failure is known by: prompt, check and normalised failing span, hashed.

        Two answers that fail the same check of the same prompt with the same words, apart from
        case, white space and digits, are the same failure.
        """
        return signature(self.messages, self.evidence, (*self.checks, *self.expected))


def signature(
    messages: Iterable[Message], evidence: Evidence | None, wanted: Iterable[str] = ()
) -> str:
    """Return 16 hexadecimal digits; without evidence *wanted* stands for the failure."""
    parts = [f"{m.role}\x1f{m.content}" for m in messages]
    if evidence is None:
        parts += ["", *wanted]
    else:
        parts += [evidence.check or evidence.reason, _normal(_failing_text(evidence))]
    return sha256("\x1e".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _failing_text(evidence: Evidence) -> str:
    if evidence.span is not None:
        return evidence.answer[evidence.span[0] : evidence.span[1]]
    at = evidence.at_char or 0
    return evidence.answer[at : at + _SPAN_CHARS]


def _normal(text: str) -> str:
    return re.sub(r"\d+", "#", " ".join(text.casefold().split()))


def prompt_key(case: Case) -> str:
    """Return what near-duplicates share: their messages without case, white space and digits."""
    text = "\x1e".join(f"{m.role}\x1f{_normal(m.content)}" for m in case.messages)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def case_of(
    session: Session,
    attempt: Attempt,
    *,
    expected: tuple[str, ...] = (),
    labels: tuple[str, ...] = (),
    tags: tuple[str, ...] = (),
    notes: str = "",
) -> Case:
    """Return the case of a failed attempt of *session*.

    Raises:
        UsageError: the attempt did not fail, or its iteration is not in the session.
    """
    iteration = session.iteration(attempt.iteration)
    if iteration is None:
        raise UsageError(f"Iteration {attempt.iteration} is not in the session {session.id}.")
    failed = attempt.first_failure
    if failed is None:
        raise UsageError(
            f"Attempt {attempt.number} did not fail: there is nothing to make a case of.",
            "`workbench sessions show NAME -i N` lists the attempts of iteration N.",
        )
    result = _result(attempt, failed.check)
    evidence = Evidence(
        lane=attempt.lane,
        model=attempt.model,
        answer=attempt.text,
        check=failed.check,
        reason=failed.reason,
        at_char=failed.at_char,
        span=result.span if result else None,
        ttff_ms=failed.ms,
        session=session.id,
        attempt=attempt.number,
        utc=attempt.utc,
    )
    return named(
        Case(
            id="",
            messages=iteration.messages(attempt.row),
            title=_title(iteration, failed.check or failed.kind),
            checks=_checks(iteration, attempt),
            expected=expected,
            labels=labels,
            tags=tags,
            notes=notes,
            prompt=iteration.prompt,
            variables=iteration.values(attempt.row),
            evidence=evidence,
        )
    )


def named(case: Case) -> Case:
    """Return *case* with an id made of its signature, if it has none."""
    return case if case.id else replace(case, id=f"c-{case.signature[:10]}")


def _result(attempt: Attempt, check: str | None) -> CheckResult | None:
    return next((c for c in attempt.checks if c.name == check and c.verdict == "fail"), None)


def _checks(iteration: Iteration, attempt: Attempt) -> tuple[str, ...]:
    own = next((other.checks for other in iteration.lanes if other.name == attempt.lane), ())
    return tuple(dict.fromkeys((*iteration.checks_by_row().get(attempt.row, ()), *own)))


def _title(iteration: Iteration, failed: str) -> str:
    line = " ".join(iteration.prompt.user.split())
    title = f"{failed}: {line}"
    return title if len(title) <= _TITLE_CHARS else title[: _TITLE_CHARS - 1] + "…"
