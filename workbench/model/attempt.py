"""Attempts: one lane's answer in one iteration, with everything measured about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from workbench.model.verdict import CheckResult, FirstFailure, VerdictName
from workbench.records import dataclass

Source = Literal["measured", "estimated", "unknown"]
Channel = Literal["answer", "reasoning"]
Origin = Literal["live", "cache", "replay"]
AttemptState = Literal[
    "queued",
    "connecting",
    "waiting",
    "streaming",
    "complete",
    "truncated",
    "aborted",
    "cancelled",
    "error",
]
"""The first four are live; the last five are terminal."""

TERMINAL: frozenset[str] = frozenset({"complete", "truncated", "aborted", "cancelled", "error"})


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token counts. ``prompt`` and ``output`` are None when unknown, never zero for unknown."""

    prompt: int | None = None
    output: int | None = None
    reasoning: int | None = None
    cached: int | None = None
    source: Source = "unknown"


@dataclass(frozen=True, slots=True)
class Cost:
    """Money in US dollars. ``how`` says where the price comes from (list and date, override)."""

    usd: float | None = None
    source: Source = "unknown"
    how: str = ""


@dataclass(frozen=True, slots=True)
class Avoided:
    """What an abort saved. ``how`` says how an estimate was made."""

    tokens: int | None = None
    seconds: float | None = None
    usd: float | None = None
    source: Source = "unknown"
    how: str = ""


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of an aborted answer that ran on, unseen, to its end.

    ``verdict`` is what the check that caused the abort says of the whole answer; ``false_abort``
    is true when it passes. ``rest`` is the answer text after the abort, ``ms`` when it ended on
    the attempt's clock, ``output`` its output tokens in all.
    """

    false_abort: bool
    verdict: VerdictName
    rest: str
    ms: float
    output: int
    source: Source


@dataclass(frozen=True, slots=True)
class JudgeReply:
    """What another lane replied when it was asked to grade, kept apart from the attempt: ``index``
    is the check's place, ``ms`` the request's own time, ``tokens`` and ``usd`` its own.
    """

    index: int
    text: str
    ms: float
    tokens: int | None = None
    usd: float | None = None


@dataclass(frozen=True, slots=True)
class AttemptError:
    """A provider error as a record: ``kind`` is one of ``errors.PROVIDER_FAILURES``."""

    kind: str
    message: str
    hint: str = ""
    status: int | None = None
    body: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The record of one attempt. Times are milliseconds on the attempt's own clock, whose zero is
    the moment the request was handed to the open connection; ``race_ms`` is where that zero lies
    on the clock of its iteration.

    ``chunks`` holds ``(ms, text)`` of the answer as it arrived, ``reasoning_chunks`` the same for
    reasoning. ``number`` counts attempts within the session from 1. ``clock_error_ms`` is the
    measured delay of the engine's loop: the ± of every time here. ``row`` names the data row of
    the iteration that it answers, if there are any.
    """

    number: int
    iteration: int
    lane: str
    model: str
    repeat: int = 1
    state: AttemptState = "queued"
    text: str = ""
    reasoning: str | None = None
    chunks: tuple[tuple[float, str], ...] = ()
    reasoning_chunks: tuple[tuple[float, str], ...] = ()
    checks: tuple[CheckResult, ...] = ()
    verdict: VerdictName = "pending"
    first_failure: FirstFailure | None = None
    utc: str | None = None
    race_ms: float = 0.0
    connect_ms: float | None = None
    reasoning_ttft_ms: float | None = None
    ttft_ms: float | None = None
    total_ms: float | None = None
    abort_ms: float | None = None
    clock_error_ms: float | None = None
    tokens: Tokens = Tokens()
    tokens_per_s: float | None = None
    cost: Cost = Cost()
    avoided: Avoided | None = None
    audit: Audit | None = None
    judged: tuple[JudgeReply, ...] = ()
    finish_reason: str | None = None
    error: AttemptError | None = None
    retry_of: int | None = None
    fallback_of: int | None = None
    origin: Literal["live", "cache", "replay"] = "live"
    served_model: str | None = None
    request_id: str | None = None
    provider_data: Mapping[str, object] = field(default_factory=dict)
    row: str | None = None

    @property
    def ttff_ms(self) -> float | None:
        """Time to first failure in milliseconds; None when nothing failed."""
        return None if self.first_failure is None else self.first_failure.ms

    @property
    def chunk_times(self) -> tuple[float, ...]:
        """Arrival times of the answer's chunks, in milliseconds."""
        return tuple(ms for ms, _ in self.chunks)
