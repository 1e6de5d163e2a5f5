"""A circuit breaker for one lane: a provider that keeps failing is left alone for a while.

It opens after five failures of the provider in a row, says so, and lets one attempt through when
its rest is over: a success closes it, a failure doubles the rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from workbench.errors import ProviderError, ProviderFailure

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
        self._last: ProviderError | None = None

    @property
    def open(self) -> bool:
        """True while nothing is let through."""
        return self._open_until is not None and self._clock() < self._open_until

    def check(self) -> None:
        """Let an attempt through, or not.

        Raises:
            ProviderError: the breaker is open; of the kind of the last failure.
        """
        if self._open_until is None or self._last is None:
            return
        left = self._open_until - self._clock()
        if left > 0:
            raise ProviderError(
                f"Not sent: the provider failed {self._failures} times in a row.",
                f"It is tried again in {left:.0f} s. The last failure: {self._last.message}",
                kind=self._last.kind,
            )
        # Half open: this attempt goes; others wait for its outcome for another rest.
        self._open_until = self._clock() + self._rest

    def succeeded(self) -> None:
        """Note an answer."""
        self._failures = 0
        self._rest = REST_SECONDS
        self._open_until = self._last = None

    def failed(self, error: ProviderError) -> None:
        """Note a failure. The person's own mistakes (key, model, parameters) do not count."""
        if error.kind not in _COUNTED:
            return
        self._failures += 1
        self._last = error
        if self._failures >= FAILURES:
            if self._open_until is not None:
                self._rest = min(self._rest * 2, LONGEST_REST)
            self._open_until = self._clock() + self._rest
