"""What the decoders of event streams share: events out of stamped bytes, until an error."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from workbench.errors import ProviderError
from workbench.providers.allowance import Allowance, too_large
from workbench.providers.base import Delta
from workbench.providers.http.connection import Part
from workbench.providers.sse import MAX_EVENT, ServerEvent, SseDecoder


class EventBody(ABC):
    """Takes the body of one response, piece by piece; see
    :class:`workbench.providers.answer.Decoder`. One per attempt.

    ``progress_ns`` is the stamp of the last event that carried tokens of any kind: deadlines go
    by it, so that comments and pings keep nothing alive. ``done`` is True after the protocol's end
    marker.
    """

    __slots__ = ("_allowance", "_last_ns", "_sse", "done", "error", "progress_ns")

    def __init__(self, max_event: int = MAX_EVENT) -> None:
        self._sse = SseDecoder(max_event)
        self._allowance = Allowance()
        self._last_ns = 0
        self.done = False
        self.error: ProviderError | None = None
        self.progress_ns = 0

    def feed(self, parts: Sequence[Part]) -> list[Delta]:
        """Take pieces of the body; return the text they completed, stamped.

        An error in place of an event, something that is none, and an event or answer beyond the
        limits end the stream: ``error`` is set and what came before it is returned.
        """
        deltas: list[Delta] = []
        if self.error is not None:
            return deltas
        try:
            for stamp, data in parts:
                self._last_ns = stamp
                for event in self._sse.feed(data):
                    self._take(event, stamp, deltas)
                if self._sse.overflow:
                    raise too_large("One event of the stream", MAX_EVENT)
        except ProviderError as error:
            self.error = error
        return deltas

    @abstractmethod
    def _take(self, event: ServerEvent, stamp: int, deltas: list[Delta]) -> None:
        """Take one event and add the text it completed to *deltas*.

        Raises:
            ProviderError: it ends the stream.
        """
