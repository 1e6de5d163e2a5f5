"""Many lanes and many cancels through the engine, over real sockets: nothing is left in use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from benchmarks.server import Behaviour, serve, url_of
from tests.engine.helpers import plan, tools
from workbench.engine.core import Tools
from workbench.engine.inprocess import InProcessEngine
from workbench.engine.plan import Cancel, RacePlan, StartRace
from workbench.model.events import Chunks, IterationEnded
from workbench.model.fold import SessionFold
from workbench.model.lane import Lane, Limits, Prices
from workbench.model.session import Iteration
from workbench.providers.http.address import parse_address
from workbench.providers.http.pool import Pool

LANES = 256


@pytest.fixture
async def url() -> AsyncIterator[str]:
    server = await serve(Behaviour(tokens=3, text="words"))
    yield url_of(server)
    server.close()


def lanes(url: str, model: str, count: int, concurrent: int | None = None) -> tuple[Lane, ...]:
    limits = Limits(retries=0, concurrent=concurrent)
    return tuple(
        Lane(f"lane{n}", "compatible", model, base_url=url, limits=limits) for n in range(count)
    )


async def race_on(
    client: InProcessEngine, a_plan: RacePlan, *, cancel_on_chunk: bool = False
) -> Iteration:
    """Run one race on an engine that goes on; each lane may be cancelled at its first chunk."""
    fold = SessionFold()
    race = await client.engine.race(StartRace(a_plan))
    async for batch in client.events():
        for event in batch:
            fold.apply(event)
            if cancel_on_chunk and isinstance(event, Chunks):
                await client.send(Cancel(event.attempt))
        if any(isinstance(e, IterationEnded) for e in batch):
            break
    return fold.iterations[race.iteration].record()


def in_use(made: Tools, url: str) -> int:
    pool = made.services.share(Pool, Pool)
    return pool.open_count - pool.idle_count(parse_address(url).endpoint)


async def test_256_lanes_at_once_all_answer_and_every_connection_is_free_again(url: str) -> None:
    made = tools()
    client = InProcessEngine(made)
    a_plan = plan(*lanes(url, "m:first=20", LANES), checks=("contains:quick",))
    for again in (False, True):
        iteration = await race_on(client, a_plan)
        assert [a.state for a in iteration.attempts] == ["complete"] * LANES
        assert {a.text for a in iteration.attempts} == {"the quick brown "}
        assert in_use(made, url) == 0
        warm = [a.connect_ms is None for a in iteration.attempts]
        assert all(warm) or not again
    await client.close()
    assert made.services.share(Pool, Pool).open_count == 0


async def test_1000_cancels_leave_no_slot_and_no_connection_in_use(url: str) -> None:
    made = tools()
    client = InProcessEngine(made)
    shared = lanes(url, "m:tokens=100000,pace=50", 50, concurrent=50)
    cancelled = 0
    for _ in range(20):
        iteration = await race_on(client, plan(*shared), cancel_on_chunk=True)
        cancelled += sum(a.state == "cancelled" for a in iteration.attempts)
        assert in_use(made, url) == 0
    assert cancelled == 1000
    # Every slot of the limiter is free: as many again answer at once.
    iteration = await race_on(client, plan(*lanes(url, "m", 50, concurrent=50)))
    assert [a.state for a in iteration.attempts] == ["complete"] * 50
    await client.close()


@pytest.mark.parametrize(("abort", "state"), [("first", "aborted"), ("off", "complete")])
async def test_what_an_aborted_answer_cost_is_an_estimate_and_a_whole_one_is_measured(
    url: str, abort: str, state: str
) -> None:
    lane = replace(
        lanes(url, "m:tokens=400,pace=400" if abort == "first" else "m", 1)[0],
        prices=Prices(input=1.0, output=2.0),
    )
    client = InProcessEngine(tools())
    iteration = await race_on(client, plan(lane, checks=("not_contains:brown",), abort=abort))
    (attempt,) = iteration.attempts
    await client.close()
    assert attempt.state == state
    assert attempt.cost is not None
    assert attempt.cost.usd
    assert attempt.cost.source == ("estimated" if abort == "first" else "measured")
