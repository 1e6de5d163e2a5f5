"""Server-sent events: one incremental decoder for every provider, after the WHATWG rules.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

Fed with bytes in any chunking, it gives the same events: lines end in LF, CR or CRLF wherever a
read cuts them, one leading byte order mark is dropped, comments and unknown fields are ignored,
an event without data is none, and what stands unfinished at the end is discarded. Data stays
bytes: every byte that matters here is ASCII, so a character cut in two is whole again before
anybody decodes it.

One extension: a line ``error: ...`` (older llama.cpp servers) is an event named ``error``.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_EVENT = 16 << 20
"""Bytes one event may have."""

_BOM = b"\xef\xbb\xbf"


class ServerEvent(NamedTuple):
    """One dispatched event; ``name`` is empty unless the stream named it."""

    data: bytes
    name: str = ""


class SseDecoder:
    """Bytes in, events out. One per response."""

    __slots__ = ("_data", "_max", "_name", "_size", "_skip_lf", "_started", "_tail", "overflow")

    def __init__(self, max_event: int = MAX_EVENT) -> None:
        self._max = max_event
        self._tail = bytearray()
        self._size = 0
        self._data: list[bytes] = []
        self._name = ""
        self._skip_lf = False
        self._started = False
        self.overflow = False

    @property
    def unfinished(self) -> bool:
        """True when the stream, if it ended now, would leave an event without its blank line."""
        return bool(self._data or self._tail)

    def feed(self, data: bytes) -> list[ServerEvent]:
        """Take the next bytes; return the events they completed.

        When an event grows beyond the limit, ``overflow`` turns True and nothing more is taken:
        the events before it are still returned.
        """
        if not self._started:
            data = self._drop_mark(data)
        if self._skip_lf and data:
            self._skip_lf = False
            if data[0] == 10:
                data = data[1:]
        if b"\r" in data:
            self._skip_lf = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = data.split(b"\n")
        last = lines.pop()
        if lines and self._tail:
            lines[0] = bytes(self._tail) + lines[0]
            self._tail.clear()
        events = self._take(lines) if lines and not self.overflow else []
        if last and not self.overflow:
            self._tail += last
            self.overflow = self._size + len(self._tail) > self._max
        return events

    def _take(self, lines: list[bytes]) -> list[ServerEvent]:
        events: list[ServerEvent] = []
        for line in lines:
            self._size += len(line)
            if self._size > self._max:
                self.overflow = True
                break
            if line[:6] == b"data: ":
                self._data.append(line[6:])
            elif line:
                self._field(line)
            else:
                if self._data:
                    data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                    events.append(ServerEvent(data, self._name))
                    self._data = []
                self._name = ""
                self._size = 0
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._name = value.decode("utf-8", "replace")
        elif name == b"error":
            self._name = "error"
            self._data.append(value)

    def _drop_mark(self, data: bytes) -> bytes:
        data = bytes(self._tail) + data
        self._tail.clear()
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._tail += data
            return b""
        self._started = True
        return data.removeprefix(_BOM)
