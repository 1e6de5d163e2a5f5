"""A very long chunk is judged in slices: others go on, and the verdicts are those of one piece."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.engine.helpers import lane, plan, race, tools
from workbench.checks.base import Progress
from workbench.checks.pipeline import Pipeline
from workbench.checks.syntax import parse_checks
from workbench.engine import judging
from workbench.engine.inprocess import InProcessEngine
from workbench.engine.judging import SLICE, StreamJudge
from workbench.engine.plan import Cancel, StartRace
from workbench.model.events import AttemptEnded, Chunks, Event, IterationEnded, VerdictReached
from workbench.model.fold import SessionFold
from workbench.model.lane import Lane
from workbench.model.verdict import Decision

LONG = "word " * 40_000


@pytest.fixture(autouse=True)
def _a_turn_for_others_after_each_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "TURN_NS", 0)


async def test_other_lanes_stream_while_a_long_chunk_is_judged() -> None:
    a_plan = plan(
        lane("slow", chunks=(LONG,)),
        lane("fast", text="x" * 80),
        checks=("max_words:39999", "json"),
    )
    _, events = await race(a_plan)
    ended = next(i for i, e in enumerate(events) if isinstance(e, AttemptEnded) and e.attempt == 2)
    judged = next(
        i for i, e in enumerate(events) if isinstance(e, VerdictReached) and e.attempt == 1
    )
    assert ended < judged


async def test_a_long_chunk_counts_as_one_arrival() -> None:
    a_plan = plan(lane(chunks=(LONG, "end")), checks=("max_words:39999", "not_contains:end"))
    iteration, events = await race(a_plan)
    verdicts = [e for e in events if isinstance(e, VerdictReached)]
    arrivals = [ms for e in events if isinstance(e, Chunks) for ms, _ in e.pieces]
    assert [(v.verdict, v.at_token) for v in verdicts] == [("fail", 1), ("fail", 2)]
    assert [v.ms for v in verdicts] == arrivals
    assert verdicts[0].at_char == len(LONG) - len("word ")
    assert iteration.attempts[0].text == LONG + "end"


async def test_a_deadline_that_passes_while_a_chunk_is_judged_comes_behind_its_verdicts() -> None:
    checks = ("deadline:total<10ms", 'json_schema:{"type":"array"}', "max_chars:99999")
    _, events = await race(plan(lane(chunks=("[" + "1," * 50_000,)), checks=checks))
    verdicts = [e for e in events if isinstance(e, VerdictReached)]
    assert {v.name.partition(":")[0] for v in verdicts} == {"deadline", "json_schema", "max_chars"}
    assert [v.ms for v in verdicts] == sorted(v.ms for v in verdicts)


async def test_a_lane_cancelled_while_a_chunk_is_judged_keeps_the_text() -> None:
    async def cancel(client: InProcessEngine, event: Event) -> None:
        if isinstance(event, Chunks) and event.attempt == 2:
            await client.send(Cancel(1))

    a_plan = plan(
        lane("slow", chunks=(LONG * 10,)), lane("fast", text="x"), checks=("max_words:999999",)
    )
    iteration, _ = await race(a_plan, during=cancel)
    slow = iteration.attempts[0]
    assert (slow.state, slow.text) == ("cancelled", LONG * 10)
    assert slow.checks[0].verdict == "pending"


async def test_an_audit_of_a_long_answer_lets_others_stream() -> None:
    a_plan = plan(
        lane("slow", chunks=("no", LONG * 4)),
        lane("fast", text="x" * 400),
        checks=("not_contains:no",),
        abort="first",
        audit=1.0,
    )
    iteration, _ = await race(a_plan)
    assert iteration.attempts[0].audit is not None
    assert iteration.attempts[0].audit.rest == LONG * 4


def test_verdicts_of_one_chunk_come_in_the_order_of_their_characters() -> None:
    checks = (
        "max_chars:50",
        "not_contains:no",
        "max_chars:4000",
        "max_tokens:0",
        "starts_with/trim:yes",
    )
    text = " " * 10 + "no" + "x" * 3 * SLICE
    judge = StreamJudge(1, Pipeline(parse_checks(checks)))
    judged = judge.chunk(5.0, text)
    assert [v.at_char for v in judged.verdicts[:3]] == [10, 11, 50]
    assert judged.failed is not None
    assert judged.failed.check == "starts_with/trim:yes"
    by_character = StreamJudge(1, Pipeline(parse_checks(checks[:3] + checks[4:])))
    found = [v for char in text for v in by_character.chunk(5.0, char).verdicts]
    texts = [v for v in judged.verdicts if not v.name.startswith("max_tokens")]
    assert [(v.name, v.at_char) for v in found] == [(v.name, v.at_char) for v in texts]


async def test_a_slow_last_word_lets_other_lanes_go_on_and_cannot_be_cancelled() -> None:
    judging_ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Slow(Pipeline):
        """Waits at its end until the other lane has ended."""

        def finish(self, progress: Progress) -> list[tuple[int, Decision]]:
            asyncio.run_coroutine_threadsafe(judging_ended.wait(), loop).result(10)
            return super().finish(progress)

    def pipeline(texts: tuple[str, ...], lane: Lane) -> Pipeline:
        kind = Slow if lane.name == "slow" else Pipeline
        return kind(parse_checks(texts))

    client = InProcessEngine(replace(tools(), pipeline=pipeline))
    fold = SessionFold()
    lanes = (lane("slow", text="{}"), lane("fast", text="{}", ttft_ms=200))
    await client.engine.race(StartRace(plan(*lanes, checks=("json", "language:en"))))
    async for batch in client.events():
        fold.apply_all(batch)
        if any(isinstance(e, AttemptEnded) and e.attempt == 2 for e in batch):
            await client.send(Cancel(1))
            judging_ended.set()
        if any(isinstance(e, IterationEnded) for e in batch):
            break
    await client.close()
    slow, fast = fold.iterations[1].record().attempts
    assert (slow.state, slow.checks[0].verdict) == ("complete", "pass")
    assert slow.total_ms is not None
    assert fast.total_ms is not None
    assert slow.total_ms < fast.total_ms
