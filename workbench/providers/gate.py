"""What stands before every request of a lane: its account's limiter and its own breaker."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from workbench.errors import ProviderError, StreamBroken
from workbench.model.lane import Limits
from workbench.providers.base import Final, Request
from workbench.providers.breaker import Breaker
from workbench.providers.limiter import Admission, Limiter


def _quiet(_text: str) -> None:
    return None


class Gate:
    """One per lane. *cap* is the ``max_tokens`` that is sent when a lane sets none."""

    def __init__(
        self,
        limiter: Limiter,
        limits: Limits,
        breaker: Breaker | None = None,
        cap: int | None = None,
    ) -> None:
        self._limiter = limiter
        self._limits = limits
        self._breaker = breaker or Breaker()
        self._cap = cap
        self._status: ContextVar[Callable[[str], None]] = ContextVar("status", default=_quiet)

    @property
    def status(self) -> Callable[[str], None]:
        """What tells the person of the attempt whose task this is: a lane may run several."""
        return self._status.get()

    @status.setter
    def status(self, tell: Callable[[str], None]) -> None:
        self._status.set(tell)

    def check(self) -> None:
        """Raise while the breaker is open.

        Raises:
            LaneResting: the lane's provider failed too often just now.
        """
        self._breaker.check()

    async def enter(self, request: Request) -> Admission:
        """Wait for the limits; the clock of the attempt has not started yet.

        Raises:
            LaneResting: as :meth:`check`.
        """
        self.check()
        tokens = reservation(request, self._cap)
        admission = await self._limiter.admit(self._limits, tokens, self.status)
        if request.params.max_tokens or self._cap:
            admission.reserved = tokens
        try:
            admission.trial = self._breaker.enter()
        except ProviderError:
            self._limiter.leave(admission, 0)
            raise
        if admission.trial:
            self.status("trying whether the provider works again")
        return admission

    def leave(self, admission: Admission, final: Final | None) -> None:
        """Note the end of a request. A stream that stopped before its end is a failure."""
        tokens = final.tokens if final is not None else None
        if tokens is None or tokens.prompt is None or tokens.output is None:
            self._limiter.leave(admission)
        else:
            # Providers that reserve at admission (Cerebras) do not give back: never less.
            self._limiter.leave(admission, max(admission.tokens, tokens.prompt + tokens.output))
        if final is not None and final.complete:
            self._breaker.succeeded()
        elif final is not None:
            self._breaker.failed(StreamBroken("The stream stopped before its end."))
        elif admission.trial:
            self._breaker.gave_up()

    def failed(self, error: ProviderError) -> None:
        """Note a failure; one that opens the breaker says so in its hint."""
        rest = self._breaker.failed(error)
        if rest is not None:
            error.hint = f"{error.hint} The lane rests for {rest:.0f} s now.".lstrip()
        if error.kind == "rate_limit" and error.retry_after:
            self._limiter.close_for(min(error.retry_after, 86_400.0))


def reservation(request: Request, cap: int | None = None) -> int:
    """Estimate the tokens a provider reserves at admission: the prompt, and all of ``max_tokens``
    (*cap* where the lane sets none).
    """
    return request.prompt_tokens + (request.params.max_tokens or cap or 0)
