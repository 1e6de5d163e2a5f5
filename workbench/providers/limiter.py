"""Limits of one account: requests and tokens per minute and requests at once, by origin and key.

All lanes with the same origin and key share one limiter, because the provider counts them
together. What it admits never exceeds the limits in any 60 seconds. A 429 with ``Retry-After``
closes it for all of them, so that they do not come back as a herd.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from workbench.errors import LaneResting
from workbench.model.lane import Limits
from workbench.records import dataclass

WINDOW = 60.0
"""Seconds that "per minute" looks back over."""

LONGEST_WAIT = 120.0
"""Seconds that a provider's ``Retry-After`` is waited for; after a longer one requests fail."""

Status = Callable[[str], None]


@dataclass(slots=True)
class Admission:
    """One admitted request: when (seconds, loop time) and the tokens it counts for.

    ``reserved`` are the tokens a provider takes from the account's limits at admission, None where
    nothing caps the answer; ``trial`` says that it is to show whether a provider that failed works
    again.
    """

    at: float
    tokens: int
    reserved: int | None = None
    trial: bool = False


class Limiter:
    """Admits requests in order of arrival."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._past: deque[Admission] = deque()
        self._active = 0
        self._counting = False
        self._closed_until = 0.0
        self._line = asyncio.Lock()
        self._freed = asyncio.Event()

    async def admit(self, limits: Limits, tokens: int, status: Status) -> Admission:
        """Wait until a request with *tokens* reserved fits, and count it.

        *status* tells the person how long it takes. Call :meth:`leave` when the request is over.

        Raises:
            LaneResting: the provider wants no requests for longer than anybody waits.
        """
        if self._line.locked():
            status(f"waiting in line for {self.origin}")
        async with self._line:
            while True:
                now = asyncio.get_running_loop().time()
                if limits.concurrent is not None and self._active >= limits.concurrent:
                    status(f"waiting: {self._active} requests at once to {self.origin}")
                    self._freed.clear()
                    await self._freed.wait()
                    continue
                self._refuse_if_closed_for_long(now)
                wait = self.wait(now, limits, tokens)
                if wait <= 0:
                    break
                reserved = f" ({tokens} tokens to reserve)" if limits.tokens_per_minute else ""
                status(f"waiting {wait:.0f} s for the limits of {self.origin}{reserved}")
                await asyncio.sleep(wait)
            admission = Admission(now, tokens)
            self._counting |= _counts(limits)
            if self._counting:
                self._past.append(admission)
            self._active += 1
            return admission

    def _refuse_if_closed_for_long(self, now: float) -> None:
        left = self._closed_until - now
        if left > LONGEST_WAIT:
            raise LaneResting(
                f"Not sent: {self.origin} wants no requests for another {left:.0f} s.",
                "It said so with its last refusal (Retry-After); a quota may be used up.",
                kind="rate_limit",
                retry_after=left,
            )

    def wait(self, now: float, limits: Limits, tokens: int) -> float:
        """Return how many seconds a request with *tokens* has to wait at loop time *now*.

        A request that alone is larger than the limit waits until nothing else counts.
        """
        while self._past and self._past[0].at <= now - WINDOW:
            self._past.popleft()
        until = self._closed_until
        if limits.requests_per_minute is not None:
            over = len(self._past) - max(1, limits.requests_per_minute)
            if over >= 0:
                until = max(until, self._past[over].at + WINDOW)
        if limits.tokens_per_minute is not None:
            used = sum(admission.tokens for admission in self._past)
            for admission in self._past:
                if used + tokens <= limits.tokens_per_minute:
                    break
                used -= admission.tokens
                until = max(until, admission.at + WINDOW)
        return until - now

    def leave(self, admission: Admission, tokens: int | None = None) -> None:
        """Note the end of a request, and what it really used when that is known."""
        if tokens is not None:
            admission.tokens = tokens
        self._active -= 1
        self._freed.set()

    def close_for(self, seconds: float) -> None:
        """Admit nothing for *seconds* (the provider's ``Retry-After``)."""
        now = asyncio.get_running_loop().time()
        self._closed_until = max(self._closed_until, now + seconds)


def _counts(limits: Limits) -> bool:
    return limits.requests_per_minute is not None or limits.tokens_per_minute is not None


class Limiters:
    """The limiters of one engine."""

    def __init__(self) -> None:
        self._by_account: dict[tuple[str, int], Limiter] = {}

    def of(self, origin: str, key: object) -> Limiter:
        """Return the limiter of an account: an origin, and a key known by its hash alone."""
        return self._by_account.setdefault((origin, hash(key)), Limiter(origin))

    async def close(self) -> None:
        """Forget them."""
        self._by_account.clear()
