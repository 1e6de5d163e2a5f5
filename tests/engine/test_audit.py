"""Audited aborts: the answer runs on unseen, and whether the abort was right is measured."""

from __future__ import annotations

from dataclasses import replace

from tests.engine.helpers import lane, plan, race, tools
from workbench.api.wiring import PipelineMaker
from workbench.checks.pipeline import Pipeline
from workbench.checks.syntax import parse_checks
from workbench.engine.inprocess import InProcessEngine
from workbench.engine.plan import StartRace
from workbench.measure.audits import audit_report
from workbench.model.events import IterationEnded
from workbench.model.fold import SessionFold
from workbench.model.lane import Lane

TEXT = "no JSON here, but more of it"


async def test_an_audited_abort_is_seen_as_aborted_and_its_rest_is_kept_apart() -> None:
    audited = plan(lane(text=TEXT, prompt_tokens=3), checks=("json",), abort="first", audit=1.0)
    iteration, _ = await race(audited)
    attempt = iteration.attempts[0]
    assert attempt.state == "aborted"
    assert attempt.audit is not None
    assert attempt.text + attempt.audit.rest == TEXT
    assert len(attempt.text) < len(TEXT)
    assert (attempt.audit.verdict, attempt.audit.false_abort) == ("fail", False)


async def test_what_an_audited_abort_would_have_saved_is_measured() -> None:
    audited = plan(lane(text=TEXT, prompt_tokens=3), checks=("json",), abort="first", audit=1.0)
    iteration, _ = await race(audited)
    avoided = iteration.attempts[0].avoided
    assert avoided is not None
    assert (avoided.source, avoided.tokens) == ("measured", 7 - 1)


async def test_without_an_audit_the_stream_is_stopped() -> None:
    iteration, _ = await race(plan(lane(text=TEXT), checks=("json",), abort="first", audit=0.0))
    assert iteration.attempts[0].audit is None


async def test_a_check_that_fails_early_and_passes_on_the_whole_is_a_false_abort() -> None:
    class Liar:
        """Fails the first time it is made, passes from then on: breaks the second law."""

        made = 0

        def __call__(self, texts: tuple[str, ...], lane: Lane) -> Pipeline:
            Liar.made += 1
            text = "not_contains:no" if Liar.made == 1 else "contains:no"
            del texts, lane
            return Pipeline(parse_checks((text,)))

    client = InProcessEngine(replace(tools(), pipeline=Liar()))
    a_plan = plan(lane(text=TEXT), checks=("x",), abort="first", audit=1.0)
    await client.engine.race(StartRace(a_plan))
    fold = SessionFold()
    async for batch in client.events():
        fold.apply_all(batch)
        if any(isinstance(e, IterationEnded) for e in batch):
            break
    await client.close()
    attempts = fold.iterations[1].record().attempts
    report = audit_report(attempts)
    assert (report.aborted, report.audited, report.false_aborts) == (1, 1, 1)
    assert report.rate is not None
    assert "1 false abort, 100%" in report.sentence()


async def test_an_audited_answer_that_breaks_off_says_nothing() -> None:
    broken = lane(text=TEXT, truncate=True)
    iteration, _ = await race(plan(broken, checks=("json",), abort="first", audit=1.0))
    assert iteration.attempts[0].state == "aborted"
    assert iteration.attempts[0].audit is None
    assert audit_report(iteration.attempts).rate is None


def test_the_maker_reads_a_check_once() -> None:
    maker = PipelineMaker()
    assert maker(("json",), lane()).names == maker(("json",), lane()).names == ("json",)
