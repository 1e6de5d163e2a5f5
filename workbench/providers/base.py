"""What a provider is: an adapter from a lane to a stream of stamped text.

An adapter is made once per lane and reused for every attempt. The engine first awaits
``prepare()`` (start the local model, open and warm the connection; outside the clock), then
iterates ``stream()``. Stamps are ``time.monotonic_ns()`` read where the bytes arrive, never where
they are consumed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Protocol, TypeVar

from workbench.model.attempt import Channel, Origin, Tokens
from workbench.model.lane import Deadlines, Lane, Params
from workbench.model.prompt import Message, estimated_tokens
from workbench.providers.turns import Turns
from workbench.records import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the engine hands it over. ``repeat`` counts equal ones of a race from 1."""

    model: str
    messages: tuple[Message, ...]
    params: Params = Params()
    deadlines: Deadlines = Deadlines()
    repeat: int = 1

    @property
    def prompt_tokens(self) -> int:
        """About how many tokens the messages are."""
        return estimated_tokens(self.messages)


@dataclass(frozen=True, slots=True)
class Sent:
    """The request has been handed to the open connection: the clock's zero.

    ``connect_ms`` is what opening the connection took just now, in milliseconds, or None when a
    warm one was reused. ``origin`` says so when nothing was sent at all. ``so_far`` returns what is
    known at any later time, for an answer that does not get to its ``Final``: what was sent, the
    response's headers, usage so far.
    """

    stamp_ns: int
    connect_ms: float | None = None
    origin: Origin = "live"
    so_far: Callable[[], Final] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Delta:
    """Text that arrived with the read stamped ``stamp_ns``. One delta is counted as one token
    until the provider reports usage.
    """

    stamp_ns: int
    text: str
    channel: Channel = "answer"


@dataclass(frozen=True, slots=True)
class Final:
    """The last event of a stream that ended as the protocol says.

    ``complete`` is False when the stream stopped without the protocol's own end (no finish reason,
    no end marker): the attempt is then *truncated*, never a success. ``finish_reason`` is the
    provider's word (``stop``, ``length``, ``content_filter``, ``tool_calls``...).
    ``provider_data`` keeps what else is worth keeping (timings, rate limits, tool calls).
    """

    stamp_ns: int
    complete: bool
    finish_reason: str | None = None
    tokens: Tokens = Tokens()
    served_model: str | None = None
    request_id: str | None = None
    provider_data: Mapping[str, object] = field(default_factory=dict)


StreamItem = Sent | Delta | Final


class Stream(Protocol):
    """What ``Provider.stream`` returns; an async generator is one."""

    def __aiter__(self) -> AsyncIterator[Sequence[StreamItem]]:
        """Iterate over what arrives, one sequence per read."""
        ...

    async def aclose(self) -> None:
        """Close the connection at once."""
        ...


class Provider(Protocol):
    """An adapter for one lane."""

    async def prepare(self, status: Callable[[str], None]) -> None:
        """Make ready outside the clock; *status* tells the person what takes time.

        Raises:
            ProviderError: the lane cannot be used now.
        """
        ...

    def stream(self, request: Request) -> Stream:
        """Send and yield what arrives, one sequence per read: ``Sent`` first, then ``Delta``,
        then exactly one ``Final``. Closing the iterator (or cancelling its consumer) closes the
        connection at once.

        Raises:
            ProviderError: anything that is not an answer. What came before it is kept.
        """
        ...

    async def close(self) -> None:
        """Release what is this lane's own. Never raises; may be called twice."""
        ...


class Closable(Protocol):
    """Something with an async ``close()``."""

    async def close(self) -> None:
        """Release everything; never raises; may be called twice."""
        ...


T = TypeVar("T", bound=Closable)


class Services:
    """What the adapters of one engine share.

    ``secret(name, base_url)`` returns the key of the environment variable or keyring entry
    *name*, or None; it refuses an origin the key is not bound to. ``cores`` is how many CPU cores
    local models may use together and ``local_lanes`` how many local models will run;
    ``models_dir`` is the folder of downloaded weights. ``turns`` wakes those who read answers.
    """

    def __init__(
        self,
        secret: Callable[[str, str], str | None],
        *,
        cores: int = 1,
        local_lanes: int = 1,
        models_dir: Path | None = None,
    ) -> None:
        self.secret = secret
        self.cores = cores
        self.local_lanes = local_lanes
        self.models_dir = models_dir
        self.turns = Turns()
        self._shared: dict[type[object], object] = {}
        self._closers: list[Callable[[], Awaitable[None]]] = []

    def share(self, kind: type[T], make: Callable[[], T]) -> T:
        """Return the engine's one instance of *kind* (a connection pool, say), made on first use.

        Its async ``close()`` is awaited when the engine ends.
        """
        found = self._shared.get(kind)
        if isinstance(found, kind):
            return found
        made = make()
        self._shared[kind] = made
        self._closers.append(made.close)
        return made

    async def close(self) -> None:
        """Close everything shared, last made first."""
        for closer in reversed(self._closers):
            await closer()
        self._closers.clear()


class ProviderFactory(Protocol):
    """Makes the adapter of a lane; must be cheap and must not touch the network."""

    def __call__(self, lane: Lane, services: Services) -> Provider:
        """Return the adapter.

        Raises:
            ConfigError: the lane lacks something this provider needs.
        """
        ...
