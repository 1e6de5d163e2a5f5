"""One answer read from one response, whatever its format: batches of stamped text, then the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from workbench.errors import ProviderError, StreamBroken
from workbench.model.confidential import public_fields
from workbench.providers.base import Delta, Final, StreamItem
from workbench.providers.failures import BODY_LIMIT, from_status, not_a_stream
from workbench.providers.http.connection import ConnectionGone, Head, Part
from workbench.providers.http.exchange import Exchange

_REQUEST_IDS = ("x-request-id", "request-id", "x-generation-id", "apim-request-id")
"""Headers that name a request, the best known first (the third is OpenRouter's)."""

_NOT_STREAMS = ("application/json", "text/html", "application/xml", "text/xml")


class Decoder(Protocol):
    """What reads a body: see :class:`workbench.providers.openai_chat.ChatStream`."""

    done: bool
    error: ProviderError | None
    progress_ns: int

    @property
    def ended(self) -> bool:
        """True when the protocol's own end has come."""
        ...

    @property
    def begun(self) -> bool:
        """True when at least one chunk of the protocol has come."""
        ...

    def feed(self, parts: Sequence[Part]) -> list[Delta]:
        """Take pieces of the body; return the text they completed."""
        ...

    def rest(self) -> list[Delta]:
        """Return what was held back."""
        ...

    def final(self) -> Final:
        """Return the end of the answer."""
        ...


class Answer:
    """The answer to one request: :meth:`begin` with the response's head, then :meth:`next` batch by
    batch.

    *sent* are the parameters as they were sent, *reserved* the tokens the provider takes from the
    account's limits at admission. ``head`` is the response's as soon as there is one, ``final`` is
    set once the end has been returned.
    """

    def __init__(
        self, sent: Mapping[str, object], chat: Decoder, reserved: int | None = None
    ) -> None:
        self._sent = sent
        self._chat = chat
        self._reserved = reserved
        self._beginning = bytearray()
        self._wire: Exchange | None = None
        self.head: Head | None = None
        self.final: Final | None = None

    async def begin(self, wire: Exchange, head: Head) -> None:
        """Take the head of the response whose body *wire* reads.

        Raises:
            ProviderError: it is no event stream.
        """
        self._wire, self.head = wire, head
        await refuse(head, wire)

    async def next(self) -> Sequence[StreamItem]:
        """Return what arrived since, ``Final`` alone at the end, then nothing.

        Raises:
            ProviderError: the stream is not, or no longer, an answer.
        """
        chat, wire = self._chat, self._begun()
        while not chat.done and self.final is None:
            if chat.error is not None:
                raise chat.error
            try:
                parts = await wire.read()
            except ProviderError as error:
                return self._end(error)
            if not parts:
                break
            deltas = chat.feed(parts)
            if chat.progress_ns:
                wire.progress(chat.progress_ns)
                if chat.ended:
                    wire.finishing()
            elif not chat.begun and len(self._beginning) < BODY_LIMIT:
                self._beginning += b"".join(data for _, data in parts)[:BODY_LIMIT]
            if deltas:
                return deltas
        return self._end(None)

    def _end(self, broken: ProviderError | None) -> Sequence[StreamItem]:
        chat = self._chat
        if self.final is not None:
            return ()
        wire = self._begun()
        wire.whole = chat.ended
        if broken is not None and not chat.ended:
            if not isinstance(broken, ConnectionGone) or not chat.begun:
                raise broken
        elif not chat.begun and not chat.done:
            raise not_a_stream(self._responded(), bytes(self._beginning))
        rest = chat.rest()
        self.final = self._finished(broken)
        return (*rest, self.final)

    def so_far(self) -> Final:
        """Return what is known now, of an answer that will not get to its end. Tokens the server
        has counted so far are an estimate of those it made.
        """
        if self.final is not None:
            return self.final
        found = self._finished(None)
        data = {k: v for k, v in found.provider_data.items() if k != "cut_inside_event"}
        tokens = found.tokens
        if tokens.output is not None:
            tokens = replace(tokens, source="estimated")
        return replace(found, complete=False, tokens=tokens, provider_data=data)

    def _responded(self) -> Head:
        if self.head is None:
            raise RuntimeError("begin() comes first")
        return self.head

    def _begun(self) -> Exchange:
        if self._wire is None:
            raise RuntimeError("begin() comes first")
        return self._wire

    def _finished(self, broken: ProviderError | None) -> Final:
        """The chat's end, with what the response's head and the exchange know."""
        final, head = self._chat.final(), self.head
        data: dict[str, object] = {**final.provider_data, "request": public_fields(self._sent)}
        headers = head.headers if head is not None else ()
        limits = {k: v for k, v in headers if "ratelimit" in k or k == "retry-after"}
        if limits:
            data["rate_limits"] = limits
        if self._reserved is not None:
            data["reserved_tokens"] = self._reserved
        if self._wire is not None and self._wire.reconnected:
            data["reconnected"] = True
        if broken is not None:
            data["broken"] = broken.message
        named = {k: v for k, v in headers if k in _REQUEST_IDS}
        identity = next((named[k] for k in _REQUEST_IDS if named.get(k)), final.request_id)
        return replace(final, provider_data=data, request_id=identity)


def _coding_of(head: Head) -> str:
    """Return how a body is compressed; empty when it is not."""
    named = ",".join(head.get(name) or "" for name in ("content-encoding", "transfer-encoding"))
    codings = (part.strip().lower() for part in named.split(","))
    return ", ".join(c for c in codings if c not in ("", "identity", "chunked"))


async def refuse(head: Head, wire: Exchange) -> None:
    """Raise for a response that is no event stream."""
    if head.status != 200:
        raise from_status(head, await wire.read_all(16 * BODY_LIMIT))
    coding = _coding_of(head)
    if coding:
        raise StreamBroken(
            f"The server compressed the stream ({coding[:40]}) although asked not to.",
            "Turn compression off for event streams in the server or the proxy before it.",
            status=200,
        )
    kind = (head.get("content-type") or "").partition(";")[0].strip().lower()
    if kind in _NOT_STREAMS:
        raise not_a_stream(head, await wire.read_all(16 * BODY_LIMIT))
