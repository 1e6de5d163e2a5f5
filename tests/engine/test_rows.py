"""Data rows: one iteration sends a prompt over several inputs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic_ns

import pytest

from tests.engine.helpers import lane, plan, race, tools
from workbench.api.retro import Change, recheck
from workbench.engine.inprocess import InProcessEngine
from workbench.engine.plan import StartRace
from workbench.errors import PromptError
from workbench.measure.counted import pass_rates
from workbench.measure.failure import recoveries
from workbench.model.attempt import Tokens
from workbench.model.events import IterationEnded
from workbench.model.fold import SessionFold
from workbench.model.prompt import DataRow
from workbench.model.session import Session
from workbench.providers.base import Delta, Final, Sent
from workbench.suites.case import case_of

PLACES = (
    DataRow("fr", {"city": "Paris"}, ("contains:Paris",)),
    DataRow("de", {"city": "Berlin"}, ("contains:Rome",)),
    DataRow("it", {"city": "Rome"}),
)


class Echo:
    """Answers with what it was asked, and counts how many answers are under way."""

    def __init__(self) -> None:
        self.under_way = self.most = 0

    async def prepare(self, status):
        """Nothing."""

    async def stream(self, request):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        yield [Sent(monotonic_ns())]
        for _ in range(5):
            await asyncio.sleep(0)
        yield [Delta(monotonic_ns(), request.messages[-1].content)]
        yield [Final(monotonic_ns(), complete=True, finish_reason="stop", tokens=Tokens())]
        self.under_way -= 1

    async def close(self):
        """Nothing."""


async def echoed(a_plan):
    echo = Echo()
    client = InProcessEngine(replace(tools(), provider=lambda _lane, _services: echo))
    fold = SessionFold()
    await client.engine.race(StartRace(a_plan))
    async for batch in client.events():
        for event in batch:
            fold.apply(event)
        if any(isinstance(e, IterationEnded) for e in batch):
            break
    await client.close()
    return fold.iterations[1].record(), echo


async def test_each_lane_answers_each_row_with_its_values_and_is_judged_by_its_checks():
    a_plan = plan(lane("a"), lane("b"), prompt="Is it {{ city }} in {{ year }}?", rows=PLACES)
    iteration, _ = await echoed(
        replace(a_plan, variables={"city": "none", "year": "2026"}, checks=("contains:2026",))
    )
    found = {(a.row, a.lane): (a.text, a.verdict) for a in iteration.attempts}
    assert found == {
        ("fr", "a"): ("Is it Paris in 2026?", "pass"),
        ("fr", "b"): ("Is it Paris in 2026?", "pass"),
        ("de", "a"): ("Is it Berlin in 2026?", "fail"),
        ("de", "b"): ("Is it Berlin in 2026?", "fail"),
        ("it", "a"): ("Is it Rome in 2026?", "pass"),
        ("it", "b"): ("Is it Rome in 2026?", "pass"),
    }
    assert iteration.rows == PLACES
    rate = pass_rates(iteration.attempts)["a"]
    assert rate is not None
    assert (rate.count, rate.total) == (2, 3)
    assert (round(rate.low, 3), round(rate.high, 3)) == (0.208, 0.939)  # Wilson, 2 of 3


@pytest.mark.parametrize(("at_once", "most"), [(1, 1), (2, 2), (9, 3)])
async def test_a_lane_has_no_more_answers_under_way_than_the_plan_allows(at_once, most):
    _, echo = await echoed(plan(lane("a"), prompt="{{ city }}", rows=PLACES, at_once=at_once))
    assert echo.most == most


async def test_a_row_without_a_value_and_rows_of_the_same_name_start_nothing():
    short = (*PLACES, DataRow("x", {}))
    with pytest.raises(PromptError, match="Data row 'x': No value for the variable 'city'"):
        await race(plan(lane(), prompt="{{ city }}", rows=short))
    with pytest.raises(PromptError, match="Two data rows are called 'fr'"):
        await race(plan(lane(), prompt="{{ city }}", rows=(*PLACES, PLACES[0])))


async def test_retries_stay_in_their_row():
    flaky = replace(
        lane("a", text="ok", fail_after=0, fail_times=1), limits=replace(lane().limits, retries=1)
    )
    iteration, _ = await race(plan(flaky, prompt="{{ city }}", rows=PLACES[2:]))
    first, second = iteration.attempts
    assert (first.row, second.row) == ("it", "it")
    assert second.retry_of == first.number
    assert pass_rates(iteration.attempts)["a"].count == 1


async def test_a_case_of_a_rows_failure_has_its_input_and_its_checks():
    iteration, _ = await echoed(plan(lane("a"), prompt="Say {{ city }}", rows=PLACES))
    failed = next(a for a in iteration.attempts if a.verdict == "fail")
    session = Session("s", "", "", "", (iteration,))
    case = case_of(session, failed)
    assert case.variables == {"city": "Berlin"}
    assert case.messages[-1].content == "Say Berlin"
    assert case.checks == ("contains:Rome",)
    again = recheck(session, Change())
    assert [r.now.verdict for r in again] == [a.verdict for a in iteration.attempts]
    assert [r.now.row for r in again] == ["fr", "de", "it"]


async def test_another_row_that_passes_is_no_recovery():
    iteration, _ = await echoed(plan(lane("a"), prompt="Say {{ city }}", rows=PLACES))
    session = Session("s", "", "", "", (iteration,))
    assert all(r.seconds is None for r in recoveries(session))
