"""Graded checks in a race: judged by another lane, compared with one, never part of the timing."""

from __future__ import annotations

from dataclasses import replace

from tests.engine.helpers import lane, plan, tools
from workbench.api.document import attempt_document
from workbench.api.wiring import PipelineMaker
from workbench.engine.inprocess import InProcessEngine
from workbench.engine.plan import RacePlan, StartRace
from workbench.errors import UnknownName
from workbench.model.events import IterationEnded
from workbench.model.fold import SessionFold
from workbench.model.lane import Lane
from workbench.model.session import Iteration


async def graded(a_plan: RacePlan, *judges: Lane) -> Iteration:
    """Run a race whose checks may ask *judges*."""
    known = {judge.name: judge for judge in judges}

    def declared(name: str) -> Lane:
        if name not in known:
            raise UnknownName("lane", name, known)
        return known[name]

    client = InProcessEngine(replace(tools(), pipeline=PipelineMaker(grading=True), lane=declared))
    fold = SessionFold()
    await client.engine.race(StartRace(a_plan))
    async for batch in client.events():
        fold.apply_all(batch)
        if any(isinstance(e, IterationEnded) for e in batch):
            break
    await client.close()
    return fold.iterations[1].record()


async def test_a_judge_fails_the_answer_and_its_reply_time_and_tokens_are_kept_apart() -> None:
    judge = lane("judge", text='{"pass": false, "reason": "rude"}', ttft_ms=40, prompt_tokens=9)
    checks = ("judge/lane=judge:is polite",)
    iteration = await graded(plan(lane(text="hello", prompt_tokens=2), checks=checks), judge)
    (attempt,) = iteration.attempts
    assert attempt.verdict == "fail"
    assert attempt.first_failure is not None
    assert "rude" in attempt.first_failure.reason
    (reply,) = attempt.judged
    assert reply.ms >= 40
    assert attempt.total_ms is not None
    assert attempt.total_ms < reply.ms
    assert (attempt.tokens.output, reply.tokens) == (2, 9)
    assert "rude" in str(attempt_document(attempt)["judged"])


async def test_a_judge_in_a_group_is_asked_and_kept_apart() -> None:
    judge = lane("judge", text='{"pass": false, "reason": "rude"}')
    checks = ("warn any:(json) (judge/lane=judge:is polite)", "not judge/lane=judge:is polite")
    iteration = await graded(plan(lane(text="hello"), checks=checks), judge)
    (attempt,) = iteration.attempts
    assert [(c.verdict, c.severity) for c in attempt.checks] == [("fail", "warn"), ("pass", "fail")]
    assert attempt.verdict == "pass"
    assert sorted(reply.index for reply in attempt.judged) == [0, 1]


async def test_a_judge_nobody_declared_is_an_error_of_the_check() -> None:
    iteration = await graded(plan(lane(text="hello"), checks=("judge/lane=nobody:is polite",)))
    assert iteration.attempts[0].checks[0].verdict == "error"
    assert iteration.attempts[0].verdict == "error"


async def test_a_judge_that_fails_is_an_error_never_a_pass_or_a_fail() -> None:
    judge = lane("judge", text="x", fail_after=0)
    iteration = await graded(
        plan(lane(text="hello"), checks=("judge/lane=judge:is polite",)), judge
    )
    assert iteration.attempts[0].checks[0].verdict == "error"


async def test_agreement_waits_for_the_other_lane_in_a_sequential_race_too() -> None:
    first = lane("a", text="Paris", checks=("agree:b",))
    for sequential in (False, True):
        other = lane("b", text="paris", ttft_ms=30)
        iteration = await graded(plan(first, other, sequential=sequential))
        assert iteration.attempts[0].verdict == "pass"
        different = await graded(plan(first, lane("b", text="Rome"), sequential=sequential))
        assert different.attempts[0].verdict == "fail"


async def test_agreement_with_a_lane_that_failed_is_an_error() -> None:
    iteration = await graded(
        plan(lane("a", text="Paris", checks=("agree:b",)), lane("b", text="x", fail_after=0))
    )
    assert iteration.attempts[0].checks[0].verdict == "error"


async def test_a_broken_answer_is_not_graded() -> None:
    judge = lane("judge", text='{"pass": true, "reason": "fine"}')
    iteration = await graded(
        plan(lane(text="hello", truncate=True), checks=("judge/lane=judge:is polite",)), judge
    )
    assert iteration.attempts[0].checks[0].verdict == "pending"
    assert iteration.attempts[0].judged == ()
