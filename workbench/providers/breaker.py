"""A circuit breaker for one lane: a provider that keeps failing is left alone for a while.

It opens after five failures of the provider in a row and says so. When its rest is over it is half
open: one attempt goes on trial. An answer closes it, a failure doubles the rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from workbench.errors import LaneResting, ProviderError, ProviderFailure

FAILURES = 5
"""Failures in a row that open it."""
REST_SECONDS = 10.0
"""The first rest."""
LONGEST_REST = 120.0

_COUNTED: tuple[ProviderFailure, ...] = ("connect", "timeout", "server", "protocol")


class Breaker:
    """Counts what happened; *clock* is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._rest = REST_SECONDS
        self._open_until: float | None = None
        self._trial = False
        self._last: ProviderError | None = None

    @property
    def open(self) -> bool:
        """True while nothing is let through."""
        return self._open_until is not None and (self._left() > 0 or self._trial)

    def check(self) -> None:
        """Look, without taking the trial.

        Raises:
            LaneResting: nothing is let through now; of the kind of the last failure.
        """
        if not self.open or self._last is None:
            return
        left = self._left()
        when = (
            f"It is tried again in {max(1.0, left):.0f} s."
            if left > 0
            else "One attempt is trying it."
        )
        raise LaneResting(
            f"Not sent: the provider failed {self._failures} times in a row.",
            f"{when} The last failure: {self._last.message}",
            kind=self._last.kind,
        )

    def enter(self) -> bool:
        """Let an attempt through; True when it goes on trial (it must then be told of its end).

        Raises:
            LaneResting: as :meth:`check`.
        """
        self.check()
        self._trial = self._open_until is not None
        return self._trial

    def succeeded(self) -> None:
        """Note that the provider works."""
        self._failures = 0
        self._rest = REST_SECONDS
        self._open_until = self._last = None
        self._trial = False

    def failed(self, error: ProviderError) -> float | None:
        """Note a failure; returns the seconds of rest if it opened the breaker.

        A provider that answers with a refusal (wrong key, model, parameters; rate limits) works:
        such failures are not counted, and end a trial well.
        """
        if error.kind not in _COUNTED:
            if self._trial:
                self.succeeded()
            return None
        self._failures += 1
        self._last = error
        if self._open_until is not None:
            if self._left() > 0:
                return None  # it was under way when the others failed
            self._rest = min(self._rest * 2, LONGEST_REST)
        elif self._failures < FAILURES:
            return None
        self._trial = False
        self._open_until = self._clock() + self._rest
        return self._rest

    def gave_up(self) -> None:
        """Note that the trial was cancelled: the next attempt may try."""
        self._trial = False

    def _left(self) -> float:
        return 0.0 if self._open_until is None else self._open_until - self._clock()
