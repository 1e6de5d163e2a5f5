"""What stands before every request of a lane: its account's limiter and its own breaker."""

from __future__ import annotations

from collections.abc import Callable

from workbench.errors import ProviderError
from workbench.model.lane import Limits
from workbench.providers.base import Final, Request
from workbench.providers.breaker import Breaker
from workbench.providers.limiter import Admission, Limiter


class Gate:
    """One per lane. ``reserved`` are the tokens the request under way was admitted with."""

    def __init__(self, limiter: Limiter, limits: Limits, breaker: Breaker | None = None) -> None:
        self._limiter = limiter
        self._limits = limits
        self._breaker = breaker or Breaker()
        self.status: Callable[[str], None] = lambda _: None

    def check(self) -> None:
        """Raise while the breaker is open.

        Raises:
            ProviderError: the lane's provider failed too often just now.
        """
        self._breaker.check()

    async def enter(self, request: Request) -> Admission:
        """Wait for the limits; the clock of the attempt has not started yet.

        Raises:
            ProviderError: as :meth:`check`.
        """
        self.check()
        return await self._limiter.admit(self._limits, reservation(request), self.status)

    def leave(self, admission: Admission, final: Final | None) -> None:
        """Note the end of a request."""
        tokens = final.tokens if final is not None else None
        if tokens is None or tokens.prompt is None or tokens.output is None:
            self._limiter.leave(admission)
        else:
            # Providers that reserve at admission (Cerebras) do not give back: never less.
            self._limiter.leave(admission, max(admission.tokens, tokens.prompt + tokens.output))
        if final is not None and final.complete:
            self._breaker.succeeded()

    def failed(self, error: ProviderError) -> None:
        """Note a failure."""
        self._breaker.failed(error)
        if error.kind == "rate_limit" and error.retry_after:
            self._limiter.close_for(min(error.retry_after, 600.0))


def reservation(request: Request) -> int:
    """Estimate the tokens a provider reserves at admission: the prompt at four characters a
    token, and all of ``max_tokens``.
    """
    prompt = sum(len(message.content) for message in request.messages) // 4
    return prompt + (request.params.max_tokens or 0)
