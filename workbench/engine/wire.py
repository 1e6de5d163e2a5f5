"""Frames between the engine's process and the screen's: four bytes of length, then msgpack.

A frame from the engine is a batch of events, one to the engine is one command. Text with lone
surrogates, which msgpack cannot carry, travels as ASCII JSON in the same frame.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from workbench.engine.plan import COMMAND_TAGS, Command
from workbench.model.events import EVENT_TAGS, Event

_HEAD = struct.Struct("!IB")
_MSGPACK, _JSON = 0, 1

T = TypeVar("T")


class Codec(Generic[T]):
    """Encodes and decodes batches of tagged dataclasses."""

    def __init__(self, tags: Mapping[str, type[T]]) -> None:
        self._tag_of = {kind: tag for tag, kind in tags.items()}
        self._types = dict(tags)
        self._encoder = msgspec.msgpack.Encoder()
        self._outer = msgspec.msgpack.Decoder(list[tuple[str, msgspec.Raw]])
        self._decoders = {tag: msgspec.msgpack.Decoder(kind) for tag, kind in tags.items()}

    def encode(self, items: Sequence[T]) -> bytes:
        """Return one frame with all *items*."""
        tagged = [(self._tag_of[type(item)], item) for item in items]
        try:
            kind, body = _MSGPACK, self._encoder.encode(tagged)
        except UnicodeEncodeError:
            kind, body = _JSON, json.dumps(msgspec.to_builtins(tagged)).encode("ascii")
        return _HEAD.pack(len(body), kind) + body

    def decode(self, kind: int, body: bytes) -> list[T]:
        """Return the items of one frame's body."""
        if kind == _JSON:
            pairs = json.loads(body)
            return [msgspec.convert(item, type=self._types[tag]) for tag, item in pairs]
        return [self._decoders[tag].decode(raw) for tag, raw in self._outer.decode(body)]

    async def read(self, reader: asyncio.StreamReader) -> list[T]:
        """Return the items of the next frame.

        Raises:
            asyncio.IncompleteReadError: the other side has ended.
        """
        size, kind = _HEAD.unpack(await reader.readexactly(_HEAD.size))
        return self.decode(kind, await reader.readexactly(size))


def event_codec() -> Codec[Event]:
    """Return the codec of frames from the engine."""
    return Codec[Event](EVENT_TAGS)


def command_codec() -> Codec[Command]:
    """Return the codec of frames to the engine."""
    return Codec[Command](COMMAND_TAGS)
