"""The fold: one way from events to records, for live, replay and load."""

from workbench.model.attempt import Tokens
from workbench.model.events import (
    AttemptAborted,
    AttemptEnded,
    AttemptQueued,
    AttemptStarted,
    Chunks,
    FailedFirst,
    IterationEnded,
    IterationStarted,
    SessionStarted,
    VerdictReached,
)
from workbench.model.fold import SessionFold
from workbench.model.lane import Lane
from workbench.model.prompt import Prompt

LANE = Lane("fast", "scripted", "script")
HEAD = (
    SessionStarted("s", "A title", "2026-01-01T00:00:00Z", "workbench 0.1.0"),
    IterationStarted(1, Prompt("hi"), (LANE,), ("json",), "2026-01-01T00:00:00Z"),
    AttemptQueued(1, 1, "fast", "script", checks=("json",), severities=("fail",)),
    AttemptStarted(1, "2026-01-01T00:00:00Z", 3.0, 0.5),
)


def test_chunks_become_text_times_and_rate() -> None:
    fold = SessionFold().apply_all(
        (
            *HEAD,
            Chunks(1, ((90.0, "hm"),), "reasoning"),
            Chunks(1, ((100.0, "ab"), (150.0, "c"))),
            VerdictReached(1, 0, "json", "pass", 3, 2, 200.0),
            AttemptEnded(1, "complete", 200.0, Tokens(5, 12, source="measured")),
            IterationEnded(1, 201.0),
        )
    )
    attempt = fold.session().attempts()[0]
    assert (attempt.text, attempt.reasoning) == ("abc", "hm")
    assert (attempt.ttft_ms, attempt.reasoning_ttft_ms, attempt.total_ms) == (100.0, 90.0, 200.0)
    assert attempt.chunk_times == (100.0, 150.0)
    assert attempt.tokens_per_s == 12 / 0.060
    assert attempt.verdict == "pass"


def test_a_check_failure_is_the_verdict_even_when_the_answer_ended_well() -> None:
    fold = SessionFold().apply_all(
        (
            *HEAD,
            Chunks(1, ((100.0, "x"),)),
            VerdictReached(1, 0, "json", "fail", 0, 1, 100.0, "not JSON"),
            FailedFirst(1, "check", "json", 0, 1, 100.0, "not JSON"),
            AttemptEnded(1, "complete", 200.0),
        )
    )
    attempt = fold.attempts[1].record()
    assert (attempt.verdict, attempt.ttff_ms) == ("fail", 100.0)
    assert attempt.checks[0].reason == "not JSON"


def test_an_aborted_or_cancelled_attempt_without_failure_never_passes() -> None:
    for state in ("aborted", "cancelled", "error"):
        fold = SessionFold().apply_all((*HEAD, AttemptEnded(1, state, 5.0)))
        assert fold.attempts[1].record().verdict in ("pending", "error")


def test_the_abort_is_kept_with_its_moment() -> None:
    fold = SessionFold().apply_all((*HEAD, AttemptAborted(1, 120.0, "json")))
    assert fold.attempts[1].record().abort_ms == 120.0


def test_events_about_nobody_are_counted_and_harm_nothing() -> None:
    fold = SessionFold().apply_all((*HEAD, Chunks(99, ((1.0, "?"),)), IterationEnded(42, 1.0)))
    assert fold.strays == 2
    assert fold.session().attempts()[0].text == ""
