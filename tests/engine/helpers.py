"""An engine of scripted lanes, run to its end, and what it said."""

from __future__ import annotations

from collections.abc import Callable

from workbench.api.wiring import PipelineMaker
from workbench.engine.core import Tools
from workbench.engine.inprocess import InProcessEngine
from workbench.engine.journal import MemoryJournal, Opened
from workbench.engine.plan import OpenSession, RacePlan, StartRace
from workbench.measure.pricing import PriceBook
from workbench.model.attempt import Cost, Tokens
from workbench.model.events import Event, IterationEnded
from workbench.model.fold import SessionFold
from workbench.model.lane import Lane, Limits, Params
from workbench.model.prompt import Prompt
from workbench.model.session import Iteration
from workbench.providers import registry
from workbench.providers.base import Services


def lane(name: str = "fast", /, **options: object) -> Lane:
    """Return a scripted lane that is not tried again."""
    params = options.pop("params", Params())
    checks = options.pop("checks", ())
    assert isinstance(params, Params)
    assert isinstance(checks, tuple)
    no_retries = Limits(retries=0)
    return Lane(
        name, "scripted", "script", params=params, checks=checks, options=options, limits=no_retries
    )


def tools(
    open_session: Callable[[OpenSession], Opened] | None = None,
    price: Callable[[Lane, Tokens], Cost] | None = None,
) -> Tools:
    """Return an engine's tools that save nothing unless told how."""
    return Tools(
        services=Services(lambda _name, _url: None),
        provider=registry.provider_for,
        pipeline=PipelineMaker(),
        price=price or PriceBook().cost,
        open_session=open_session or (lambda _: Opened(MemoryJournal())),
    )


def plan(*lanes: Lane, prompt: str = "Say something.", **changes: object) -> RacePlan:
    """Return a plan for those lanes."""
    return RacePlan(Prompt(prompt), lanes, **changes)  # type: ignore[arg-type]


async def race(
    a_plan: RacePlan,
    *,
    during: Callable[[InProcessEngine, Event], object] | None = None,
    price: Callable[[Lane, Tokens], Cost] | None = None,
) -> tuple[Iteration, list[Event]]:
    """Run one iteration; *during* sees every event and may return an awaitable to act."""
    client = InProcessEngine(tools(price=price))
    fold = SessionFold()
    events: list[Event] = []
    await client.engine.race(StartRace(a_plan))
    async for batch in client.events():
        for event in batch:
            events.append(event)
            fold.apply(event)
            wish = during(client, event) if during else None
            if hasattr(wish, "__await__"):
                await wish
        if any(isinstance(e, IterationEnded) for e in batch):
            break
    await client.close()
    return fold.iterations[1].record(), events
