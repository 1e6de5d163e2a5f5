"""Keys that come back: a server may echo a key in an error, in the answer, or anywhere else.

They are masked where the answer enters, before any check, screen, pipe or file sees them. Lengths
stay what they were, and so do stamps.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import cast

from workbench.errors import ProviderError
from workbench.model.attempt import Channel
from workbench.providers.base import Delta, Final, Provider, Request, Stream, StreamItem
from workbench.redact import Redactor, StreamRedactor

MAX_DEPTH = 100
"""Deeper than anybody's answer; what lies below is not kept anyway."""


class MaskedProvider:
    """Another adapter, with every known key masked in what it says."""

    def __init__(self, inner: Provider, redactor: Redactor) -> None:
        self._inner = inner
        self._redactor = redactor

    async def prepare(self, status: Callable[[str], None]) -> None:
        """Prepare the other adapter.

        Raises:
            ProviderError: as the other adapter, masked.
        """
        try:
            await self._inner.prepare(lambda text: status(self._redactor(text)))
        except Exception as error:  # noqa: BLE001 - raised again: here only its words matter
            raise masked_error(error, self._redactor) from None

    def stream(self, request: Request) -> Stream:
        """Stream from the other adapter.

        Raises:
            ProviderError: as the other adapter, masked.
        """
        return self._masked(request)

    async def close(self) -> None:
        """Close the other adapter."""
        await self._inner.close()

    async def _masked(self, request: Request) -> AsyncGenerator[Sequence[StreamItem]]:
        mask = _StreamMask(self._redactor)
        batches = cast("AsyncGenerator[Sequence[StreamItem]]", self._inner.stream(request))
        async with aclosing(batches):
            try:
                async for batch in batches:
                    yield mask(batch)
            except Exception as error:  # noqa: BLE001 - raised again: here only its words matter
                if held := mask.flush():
                    yield held
                raise masked_error(error, self._redactor) from None


class _StreamMask:
    """Masks one stream, channel by channel. A key may come in many pieces."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._channel: Channel = "answer"
        self._stream = StreamRedactor(redactor)
        self._streams: dict[Channel, StreamRedactor] = {self._channel: self._stream}

    def __call__(self, batch: Sequence[StreamItem]) -> list[StreamItem]:
        """Return what may go on now."""
        out: list[StreamItem] = []
        for item in batch:
            if isinstance(item, Delta):
                if item.channel != self._channel:
                    out += self.flush()
                    self._channel = item.channel
                    self._stream = self._streams.setdefault(
                        item.channel, StreamRedactor(self._redactor)
                    )
                if self._stream.passes(item.text):
                    out.append(item)
                else:
                    out += self._feed(((item.stamp_ns, item.text),))
            elif isinstance(item, Final):
                out += self.flush()
                out.append(_masked_final(item, self._redactor))
            elif item.so_far is not None:
                out.append(
                    replace(item, so_far=partial(_masked_so_far, item.so_far, self._redactor))
                )
            else:
                out.append(item)
        return out

    def flush(self) -> list[StreamItem]:
        """Return what was held back, because nothing follows it."""
        return self._feed((), end=True)

    def _feed(self, pieces: Sequence[tuple[int, str]], *, end: bool = False) -> list[StreamItem]:
        found = self._stream.feed(pieces, end=end)
        return [Delta(int(ns), text, self._channel) for ns, text in found]


def masked_error(error: Exception, redactor: Redactor) -> Exception:
    """Return the error with its words masked; one that shows no key is returned as it is."""
    if isinstance(error, ProviderError):
        error.message = redactor(error.message)
        error.hint = redactor(error.hint)
        error.body = redactor(error.body)
        error.args = (error.message,)
        return error
    said = repr(error)
    if redactor(said) == said:
        return error
    return ProviderError(f"The adapter broke: {redactor(said)}.", "Is the key a single word?")


def _masked_so_far(so_far: Callable[[], Final], redactor: Redactor) -> Final:
    return _masked_final(so_far(), redactor)


def _masked_final(final: Final, redactor: Redactor) -> Final:
    data = masked(final.provider_data, redactor)
    return replace(
        final,
        finish_reason=final.finish_reason and redactor(final.finish_reason),
        served_model=final.served_model and redactor(final.served_model),
        request_id=final.request_id and redactor(final.request_id),
        provider_data=data if isinstance(data, dict) else {},
    )


def masked(value: object, redactor: Redactor, depth: int = 0) -> object:
    """Return JSON-like data with every text in it masked."""
    if isinstance(value, str):
        return redactor(value)
    if depth > MAX_DEPTH:
        return "(nested too deeply to be kept)"
    if isinstance(value, Mapping):
        return {redactor(str(k)): masked(v, redactor, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, redactor, depth + 1) for item in value]
    return value
