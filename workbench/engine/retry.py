"""When a failed attempt is tried again, and after how long. A retry is an attempt of its own."""

from __future__ import annotations

from collections.abc import Callable

from workbench.errors import ProviderError, ProviderFailure

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 120.0
PASSING: tuple[ProviderFailure, ...] = ("rate_limit", "server")
"""Failures that may pass by themselves."""


def may_pass(error: ProviderError) -> bool:
    """Return whether trying again soon can help.

    Only rate limits and errors of the server pass by themselves: a bad certificate stays bad, a
    server that is down is better told at once. A provider that asks for more than two minutes is
    not waited for: the person is told instead.
    """
    return error.kind in PASSING and (error.retry_after or 0) <= LONGEST_PAUSE_S


def pause_s(error: ProviderError, retries: int, random: Callable[[], float]) -> float:
    """Return how many seconds to wait before the next try.

    What the provider asked for (``Retry-After``) is a lower bound; without it the pause doubles
    from half a second. Up to a quarter is added at random, never taken away, so that lanes which
    failed together do not come back together.
    """
    asked = error.retry_after
    base = FIRST_PAUSE_S * 2**retries if asked is None else asked
    return min(base, LONGEST_PAUSE_S) * (1 + random() / 4)
