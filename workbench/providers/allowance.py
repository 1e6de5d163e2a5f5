"""How much one answer may take: of memory, and of pieces."""

from __future__ import annotations

from workbench.errors import ProviderError, StreamBroken

MAX_ANSWER = 40 << 20
"""Bytes of memory an answer may take, reasoning and tool calls included. It is held twice, in
pieces and whole, so that no answer takes more than a hundred megabytes.
"""
MAX_PIECES = 300_000
"""Pieces an answer may come in: twice the tokens of the longest answers there are. A piece takes
some 200 bytes, however short it is.
"""


class Allowance:
    """Counts what has come of one answer; ``taken`` is in bytes."""

    __slots__ = ("_pieces", "taken")

    def __init__(self) -> None:
        self.taken = 0
        self._pieces = 0

    def take(self, text: str) -> None:
        """Count a piece (in CPython a character takes one byte in ASCII, else four at most).

        Raises:
            StreamBroken: the answer is too large.
        """
        self.taken += len(text) if text.isascii() else 4 * len(text)
        self._pieces += 1
        if self.taken > MAX_ANSWER:
            raise too_large("The answer", MAX_ANSWER)
        if self._pieces > MAX_PIECES:
            raise StreamBroken(
                f"The answer came in more than {MAX_PIECES} pieces.",
                "The server does not end it: set max_tokens.",
                kind="too_large",
            )


def too_large(what: str, limit: int) -> ProviderError:
    """Return the error for something that is larger than *limit* bytes."""
    return StreamBroken(
        f"{what} is larger than {limit >> 20} MB.",
        "The server does not end its lines, or it is not a chat completions server.",
        kind="too_large",
    )
