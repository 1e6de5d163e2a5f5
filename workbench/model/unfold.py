"""The other way round than :mod:`workbench.model.fold`: the events that made an iteration.

A screen keeps what it has folded, not every event; to play an iteration again it needs them back.
Folding them gives the same records. Each chunk is an event by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.model.events import Chunks, Event, FailedFirst, Judged, VerdictReached
from workbench.model.fold import LiveAttempt, LiveIteration
from workbench.model.verdict import CheckResult


def events_of(iteration: LiveIteration) -> Iterator[Event]:
    """Yield an iteration's events, attempt by attempt: each attempt's in the order they came."""
    yield iteration.started
    for attempt in iteration.attempts.values():
        yield from _attempt(attempt)
    if iteration.ended is not None:
        yield iteration.ended


def _attempt(attempt: LiveAttempt) -> Iterator[Event]:
    yield attempt.queued
    if attempt.started is not None:
        yield attempt.started
    timed: list[tuple[float, Event]] = []
    for ms, text in zip(attempt.reasoning_times, attempt.reasoning_parts, strict=True):
        timed.append((ms, Chunks(attempt.number, ((ms, text),), "reasoning")))
    for ms, text in zip(attempt.times, attempt.parts, strict=True):
        timed.append((ms, Chunks(attempt.number, ((ms, text),))))
    for index, check in enumerate(attempt.checks):
        if check.verdict != "pending":
            timed += _decided(attempt, index, check)
    first = attempt.first_failure
    if first is not None:
        failed = FailedFirst(
            attempt.number,
            first.kind,
            first.check,
            first.at_char,
            first.at_token,
            first.ms,
            first.reason,
        )
        timed.append((first.ms, failed))
    if attempt.aborted_by is not None:
        timed.append((attempt.aborted_by.ms, attempt.aborted_by))
    if attempt.ended is not None:
        timed.append((attempt.ended.ms, attempt.ended))
    for _, event in sorted(timed, key=lambda pair: pair[0]):
        yield event


def _decided(attempt: LiveAttempt, index: int, check: CheckResult) -> Iterator[tuple[float, Event]]:
    """Yield a verdict, behind what judges replied to reach it."""
    ms = check.ms or 0.0
    for reply in attempt.judged:
        if reply.index == index:
            yield (
                ms,
                Judged(attempt.number, index, reply.text, reply.ms, reply.tokens, reply.usd),
            )
    yield (
        ms,
        VerdictReached(
            attempt.number,
            index,
            check.name,
            "pass" if check.verdict == "pending" else check.verdict,
            check.at_char or 0,
            check.at_token or 0,
            ms,
            check.reason,
            check.span,
            check.severity,
        ),
    )
