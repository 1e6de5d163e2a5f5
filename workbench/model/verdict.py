"""Verdicts: what a check says of an answer, where and when it was decided."""

from __future__ import annotations

from typing import Literal

from workbench.records import dataclass

VerdictName = Literal["pending", "pass", "fail", "error"]
"""``error`` means that the check itself crashed or was misconfigured: neither pass nor fail."""

Severity = Literal["fail", "warn"]
FailureKind = Literal["check", "deadline", "provider"]


@dataclass(frozen=True, slots=True)
class Decision:
    """A check's final word.

    ``at_char`` counts Unicode code points from 0: for an early fail, the first character after
    which no continuation could pass; the length of the text when only the end decided.
    ``span`` is the half-open range of the text to mark as the evidence, if there is one.
    """

    verdict: Literal["pass", "fail", "error"]
    at_char: int
    reason: str = ""
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A check's verdict within an attempt.

    ``at_token`` counts the output tokens received when it was decided; ``ms`` is milliseconds
    since the request was handed to the open connection. Both are None while pending.
    """

    name: str
    verdict: VerdictName = "pending"
    at_char: int | None = None
    at_token: int | None = None
    ms: float | None = None
    reason: str = ""
    span: tuple[int, int] | None = None
    severity: Severity = "fail"


@dataclass(frozen=True, slots=True)
class FirstFailure:
    """The first thing that went wrong in an attempt; ``ms`` is its TTFF."""

    kind: FailureKind
    check: str | None
    at_char: int | None
    at_token: int
    ms: float
    reason: str
