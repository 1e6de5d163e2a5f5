"""Builds the value of a JSON text while it streams and tells of every part that is complete."""

from __future__ import annotations

from collections.abc import Callable

from workbench.checks.json_value import MAX_LEVELS, JsonValue, TooDeep, encodable, number

Path = tuple[str | int, ...]
Complete = Callable[[Path, JsonValue, int], None]
"""Called with the path of a complete value, the value, and the offset where that was certain."""


class JsonBuilder:
    """A sink of the scanner. *complete* is called for values at most *depth* levels down."""

    def __init__(self, complete: Complete, depth: int) -> None:
        self._report = complete
        self._depth = depth
        self._stack: list[list[JsonValue] | dict[str, JsonValue]] = []
        self._keys: list[str] = []
        self._parts: list[str] = []
        self._word = ""

    def open(self, bracket: str, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        if len(self._stack) >= MAX_LEVELS:
            raise TooDeep(at)
        self._stack.append({} if bracket == "{" else [])
        self._keys.append("")

    def close(self, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._keys.pop()
        self._complete(self._stack.pop(), at)

    def comma(self, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""

    def string_start(self, at: int, *, key: bool) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._parts = []

    def string_piece(self, text: str, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._parts.append(text)

    def string_end(self, at: int, *, key: bool) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        text = encodable("".join(self._parts))
        if key:
            self._keys[-1] = text
        else:
            self._complete(text, at)

    def number_start(self, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._parts = []

    def number_piece(self, text: str, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._parts.append(text)

    def number_end(self, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._complete(number("".join(self._parts), at), at)

    def literal(self, word: str, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._word = word

    def literal_end(self, at: int) -> None:
        """See :class:`~workbench.checks.json_scan.Sink`."""
        self._complete({"true": True, "false": False}.get(self._word), at)

    def _complete(self, value: JsonValue, at: int) -> None:
        if len(self._stack) <= self._depth:
            self._report(self._path(), value, at)
        if not self._stack:
            return
        above = self._stack[-1]
        if isinstance(above, list):
            above.append(value)
        else:
            above[self._keys[-1]] = value

    def _path(self) -> Path:
        return tuple(
            len(above) if isinstance(above, list) else key
            for above, key in zip(self._stack, self._keys, strict=True)
        )
