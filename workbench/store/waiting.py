"""Events on their way to a session's file, as lines.

Chunks wait as pieces until something else is said of their attempt or the lines are asked for, so
that many become one line; with secrets to mask, the end of a stream's text is held back as long as
a secret could begin there.
"""

from __future__ import annotations

from workbench.model.attempt import Channel
from workbench.model.events import AttemptEnded, Chunks, Event
from workbench.redact import Redactor, StreamRedactor
from workbench.store.codec import encode

Stream = tuple[int, Channel]


class Waiting:
    """Takes events and gives lines. ``bytes`` is about how much waits."""

    def __init__(self, redactor: Redactor) -> None:
        self.bytes = 0
        self._redactor = redactor
        self._pieces: dict[Stream, list[tuple[float, str]]] = {}
        self._streams: dict[Stream, StreamRedactor] = {}
        self._lines: list[bytes] = []

    def __bool__(self) -> bool:
        """Return whether lines wait (pieces become lines by :meth:`collect`)."""
        return bool(self._lines)

    def mask(self, redactor: Redactor) -> None:
        """Mask by this from now on; what was held back of a stream goes on as it began."""
        self._redactor = redactor

    def chunk(self, event: Chunks) -> None:
        """Take text: it joins what its stream has waiting."""
        waiting = self._pieces.setdefault((event.attempt, event.channel), [])
        waiting.extend(event.pieces)
        self.bytes += sum(len(text) + 16 for _, text in event.pieces)

    def event(self, event: Event) -> None:
        """Take anything else: what waits of its attempt goes before it."""
        attempt = getattr(event, "attempt", None)
        end = type(event) is AttemptEnded
        for stream in self._streams_of(attempt):
            self._take_pieces(stream, end=end)
        if end:
            for stream in [s for s in self._streams if s[0] == attempt]:
                self._take_pieces(stream, end=True)
        line = encode(event, self._redactor or None)
        self._lines.append(line)
        self.bytes += len(line)

    def _streams_of(self, attempt: int | None) -> list[Stream]:
        """Return the streams of an attempt that have pieces waiting, in their order; with None all.

        Hundreds of attempts may be waiting: only one that has both channels is worth a search.
        """
        if attempt is None:
            return list(self._pieces)
        own: list[Stream] = [(attempt, "answer"), (attempt, "reasoning")]
        waiting = [stream for stream in own if stream in self._pieces]
        if len(waiting) < len(own):
            return waiting
        return [stream for stream in self._pieces if stream[0] == attempt]

    def collect(self, *, end: bool = False) -> None:
        """Make lines of all pieces; at the *end* also of the text that was held back."""
        for stream in list(self._pieces):
            self._take_pieces(stream, end=end)
        for stream in list(self._streams) if end else ():
            self._take_pieces(stream, end=True)

    def lines(self) -> bytes:
        """Return the lines that wait."""
        return b"".join(self._lines)

    def written(self) -> None:
        """Forget the lines: they are in the file."""
        self._lines.clear()
        self.bytes = 0

    def _take_pieces(self, stream: Stream, *, end: bool) -> None:
        pieces = self._pieces.pop(stream, [])
        if self._redactor:
            masker = self._streams.setdefault(stream, StreamRedactor(self._redactor))
            pieces = masker.feed(pieces, end=end)
            if end:
                del self._streams[stream]
        if pieces:
            self._lines.append(encode(Chunks(stream[0], tuple(pieces), stream[1])))
