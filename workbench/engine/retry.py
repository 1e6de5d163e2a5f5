"""When a failed attempt is tried again, and after how long. A retry is an attempt of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import random as chance
from typing import Protocol

from workbench.engine.attempt import AttemptRun
from workbench.errors import LaneResting, ProviderError, ProviderFailure
from workbench.model.lane import Lane
from workbench.providers.base import Provider

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 120.0
PASSING: tuple[ProviderFailure, ...] = ("rate_limit", "server")
"""Failures that may pass by themselves."""
GATEWAY_TIMEOUTS = (408, 504)
"""Statuses with which a server or the proxy before it says that *it* ran out of time: like any
other error of the server. Running into a deadline of ours has no status and is not repeated.
"""


def may_pass(error: ProviderError) -> bool:
    """Return whether trying again soon can help.

    Only rate limits and errors of the server (its time-outs included) pass by themselves: a bad
    certificate stays bad, a server that is down is better told at once, and an attempt that used up
    the lane's own deadline would only use it up again. A provider that asks for more than two
    minutes is not waited for, and what a resting lane did not send is not sent again: the person
    is told instead, and the fallback asked.
    """
    if isinstance(error, LaneResting):
        return False
    passing = error.kind in PASSING or error.status in GATEWAY_TIMEOUTS
    return passing and (error.retry_after or 0) <= LONGEST_PAUSE_S


def pause_s(error: ProviderError, retries: int, random: Callable[[], float]) -> float:
    """Return how many seconds to wait before the next try.

    The pause doubles from half a second; what the provider asked for (``Retry-After``) is a lower
    bound. Up to a quarter is added at random, never taken away, so that lanes which
    failed together do not come back together.
    """
    base = max(FIRST_PAUSE_S * (1 << retries), error.retry_after or 0.0)
    return min(base, LONGEST_PAUSE_S) * (1 + random() / 4)


class Further(Protocol):
    """Numbers and announces one more attempt in the place of the one that failed."""

    async def __call__(
        self, lane: Lane, *, retry_of: int | None = None, fallback_of: int | None = None
    ) -> AttemptRun:
        """Return the attempt of *lane*, not yet run."""
        ...


async def go_on_after(
    run: AttemptRun,
    provider: Provider,
    lanes: Mapping[str, Lane],
    provider_of: Callable[[Lane], Provider],
    further: Further,
) -> AttemptRun:
    """After a provider failure: try again as the lane allows, then ask its fallback once.

    *run* has ended; *lanes* holds the fallbacks. Returns the attempt that had the last word.
    """
    retries = 0
    first = run
    while (error := run.failure) is not None:
        lane = run.lane
        if retries < lane.limits.retries and may_pass(error):
            pause = pause_s(error, retries, chance)
            retries += 1
            run = await further(lane, retry_of=run.number)
            if run.ended:
                return run  # cancelled while it was being numbered
            await run.run(provider, pause)
        elif (other := lanes.get(lane.fallback or "")) is not None and first.lane is lane:
            run = await further(other, fallback_of=run.number)
            if run.ended:
                return run
            provider, retries = provider_of(other), 0
            await run.run(provider)
        else:
            return run
    return run
