"""The documents programs read: one shape for an attempt, reused by every command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from workbench.measure.audits import audit_report
from workbench.measure.counted import pass_rates
from workbench.model.attempt import Attempt, Source
from workbench.model.session import Iteration

VERSION = 1

_TIMES = (
    "connect_ms",
    "reasoning_ttft_ms",
    "ttft_ms",
    "ttff_ms",
    "total_ms",
    "abort_ms",
    "clock_error_ms",
    "tokens_per_s",
)


def attempt_document(attempt: Attempt) -> dict[str, object]:
    """Return one attempt as plain data: every measure with its tag.

    Times are milliseconds and measured; ``tags`` says which of them are known. A measure that is
    not known is null, never zero.
    """
    verdict = attempt.verdict
    return {
        "attempt": attempt.number,
        "lane": attempt.lane,
        "model": attempt.model,
        "served_model": attempt.served_model,
        "row": attempt.row,
        "repeat": attempt.repeat,
        "origin": attempt.origin,
        "state": attempt.state,
        "text": attempt.text,
        "reasoning": attempt.reasoning,
        "verdict": verdict,
        "first_failure": asdict(attempt.first_failure) if attempt.first_failure else None,
        "checks": [asdict(check) for check in attempt.checks],
        "utc": attempt.utc,
        "race_ms": attempt.race_ms,
        **{name: getattr(attempt, name) for name in _TIMES},
        "tags": {name: _tag(attempt, name) for name in _TIMES},
        "tokens": asdict(attempt.tokens),
        "cost": asdict(attempt.cost),
        "avoided": asdict(attempt.avoided) if attempt.avoided else None,
        "audit": asdict(attempt.audit) if attempt.audit else None,
        "judged": [asdict(reply) for reply in attempt.judged],
        "finish_reason": attempt.finish_reason,
        "error": asdict(attempt.error) if attempt.error else None,
        "retry_of": attempt.retry_of,
        "fallback_of": attempt.fallback_of,
        "request_id": attempt.request_id,
        "provider_data": dict(attempt.provider_data),
    }


def _tag(attempt: Attempt, name: str) -> Source:
    if getattr(attempt, name) is None:
        return "unknown"
    return attempt.tokens.source if name == "tokens_per_s" else "measured"


def iteration_document(session: str | None, iteration: Iteration) -> dict[str, object]:
    """Return one iteration with its attempts: what ``workbench send --json`` prints."""
    return {
        "v": VERSION,
        "session": session,
        "iteration": iteration.number,
        "parent": iteration.parent,
        "prompt": asdict(iteration.prompt),
        "variables": dict(iteration.variables),
        "rows": [asdict(row) for row in iteration.rows],
        "checks": list(iteration.checks),
        "lanes": {
            lane: None if rate is None else asdict(rate)
            for lane, rate in pass_rates(iteration.attempts).items()
        },
        "total_ms": iteration.total_ms,
        "audit": asdict(audit_report(iteration.attempts)),
        "attempts": [attempt_document(a) for a in iteration.attempts],
    }


def exit_code(attempts: Sequence[Attempt]) -> int:
    """Return the exit code of a command: 0 all passed, 3 a provider failed, 1 a check failed.

    A provider's failure outweighs a check's: what was not answered was not judged. A failed
    attempt that was tried again, or answered by a fallback, does not count.
    """
    replaced = {a.retry_of for a in attempts} | {a.fallback_of for a in attempts}
    attempts = [a for a in attempts if a.number not in replaced]
    if any(a.first_failure and a.first_failure.kind == "provider" for a in attempts):
        return 3
    if any(a.state == "error" for a in attempts):
        return 3
    return 0 if all(a.verdict == "pass" for a in attempts) else 1
