"""Lanes: one model at a provider with its sampling parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from workbench.records import dataclass

Reasoning = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


@dataclass(frozen=True, slots=True)
class Params:
    """Sampling parameters. ``None`` means: not sent, the provider's default holds.

    ``max_tokens`` counts output tokens; ``stop`` are strings that end the answer; ``extra`` is
    merged into the request body as it stands.
    """

    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    response_format: str | None = None
    reasoning_effort: Reasoning | None = None
    logprobs: int | None = None
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Limits of the connection, in seconds; each ends the attempt as a provider error."""

    connect: float = 10.0
    first_token: float = 120.0
    between_tokens: float = 60.0
    total: float = 600.0


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in US dollars per million tokens, overriding the price list."""

    input: float | None = None
    output: float | None = None
    cached_input: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a lane may ask of its provider; None means no limit.

    Requests and tokens per minute are shared by all lanes with the same origin and key.
    ``retries`` is how often a failed request is sent again (only after failures that pass by
    themselves: rate limits and errors of the server), each as a visible attempt.
    """

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrent: int | None = None
    retries: int = 2


FREE = ("local", "scripted", "replay")
"""Providers that run on this machine and send nobody a bill."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One column: what to ask, where, and how.

    ``base_url`` is the origin and path of an OpenAI-compatible server; ``path`` a GGUF file of a
    ``local`` lane. ``key_env`` names the environment variable that holds the key; the key itself
    is never in here. ``checks`` are added to those of the prompt for this lane alone. ``options``
    are the provider's own settings (the script of ``scripted``, the recording of ``replay``).
    ``max_cost`` is in US dollars per attempt: one that passes it is aborted. ``fallback`` names the
    lane to ask when this one's provider fails.
    """

    name: str
    provider: str
    model: str
    base_url: str | None = None
    path: str | None = None
    key_env: str | None = None
    params: Params = Params()
    checks: tuple[str, ...] = ()
    deadlines: Deadlines = Deadlines()
    prices: Prices | None = None
    max_cost: float | None = None
    fallback: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    limits: Limits = Limits()

    @property
    def free(self) -> bool:
        """True when it runs on this machine: no request leaves, and nobody sends a bill."""
        return self.provider in FREE

    @property
    def cap(self) -> str | None:
        """The check that keeps ``max_cost``; where it fails the attempt ends in any case."""
        if self.max_cost is None:
            return None
        return "max_cost:" + f"{self.max_cost:.12f}".rstrip("0").rstrip(".")

    @property
    def own_checks(self) -> tuple[str, ...]:
        """What is checked of every answer of this lane, its cap included."""
        return self.checks if self.cap in (None, *self.checks) else (*self.checks, str(self.cap))
