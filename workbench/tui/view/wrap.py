"""Text that grows at its end, wrapped to a width, re-wrapping only its last row.

Greedy wrapping is prefix-stable: what is appended can only change the last row. So a stream costs
time in what arrives, not in what is already there. Rows hold what may be shown
(:func:`workbench.text.visible` has been applied) and know which characters of the raw text they
came from, so that a check's span can be marked where it stands.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from workbench.text import char_width, visible

_EMOJI_STYLE = "\ufe0f"


def _width(char: str) -> int:
    """Cells of one visible character, never less than what a terminal may use."""
    return 1 if char == _EMOJI_STYLE else char_width(char)


def row_cuts(pieces: Sequence[str], width: int) -> list[int]:
    """Return the places among *pieces* where rows of at most *width* cells begin anew.

    A piece is what one character shows. Cuts lie behind white space where there is any, else in
    the middle of the word. Spaces that do not fit hang over the edge: they are cut off when drawn.
    """
    if isinstance(pieces, str) and pieces.isascii():
        return _ascii_cuts(pieces, width)
    widths = [sum(map(_width, piece)) for piece in pieces]
    found: list[int] = []
    start = used = after_space = 0
    for index, piece in enumerate(pieces):
        if not piece.strip(" "):
            after_space = index + 1
        else:
            while used + widths[index] > width and index > start:
                start = after_space if after_space > start else index
                found.append(start)
                used = sum(widths[start:index])
        used += widths[index]
    return found


def _ascii_cuts(line: str, width: int) -> list[int]:
    found: list[int] = []
    start, length = 0, len(line)
    while length - start > width:
        end = start + width
        if line[end] == " ":
            while end < length and line[end] == " ":
                end += 1
            cut = end
        else:
            cut = line.rfind(" ", start, end) + 1 or end
        if cut >= length:
            break
        found.append(cut)
        start = cut
    return found


class Wrapped:
    """Rows of a growing text at one width.

    ``rows`` are the rows to show; ``stable`` counts the rows from the top that no append can
    change any more.
    """

    __slots__ = ("_raws", "_starts", "_tail", "length", "rows", "stable", "width")

    def __init__(self, width: int) -> None:
        self.width = max(1, width)
        self.rows: list[str] = [""]
        self.stable = 0
        self.length = 0
        self._starts: list[int] = [0]
        self._raws: dict[int, str] = {}
        self._tail = ""

    def append(self, text: str) -> None:
        """Add raw text at the end."""
        if not text:
            return
        self.length += len(text)
        tail = self._tail + text
        start = self._starts.pop()
        self._raws.pop(len(self.rows) - 1, None)
        self.rows.pop()
        lines = tail.split("\n")
        for index, line in enumerate(lines):
            self._add_line(line, start)
            if index < len(lines) - 1:
                start += len(line) + 1
        self.stable = len(self.rows) - 1
        self._tail = tail[len(tail) - (self.length - self._starts[-1]) :]

    def _add_line(self, raw: str, start: int) -> None:
        shown = visible(raw)
        same = len(shown) == len(raw)
        pieces: Sequence[str] = shown if same else [visible(char) for char in raw]
        at = 0
        for cut in (*row_cuts(pieces, self.width), len(raw)):
            if not same:
                self._raws[len(self.rows)] = raw[at:cut]
            self._starts.append(start + at)
            self.rows.append("".join(pieces[at:cut]))
            at = cut

    def locate(self, offset: int) -> tuple[int, int]:
        """Return row and column (in characters of the row) of a raw offset."""
        row = max(0, bisect_right(self._starts, offset) - 1)
        inside = max(0, offset - self._starts[row])
        raw = self._raws.get(row)
        column = inside if raw is None else len(visible(raw[:inside]))
        return row, min(column, len(self.rows[row]))

    def offset_at(self, row: int, cells: int) -> int:
        """Return the raw offset of the character that stands *cells* cells into a row, or of the
        row's end where the row is shorter.
        """
        raw = self._raws.get(row)
        used = 0
        for index, char in enumerate(self.rows[row] if raw is None else raw):
            used += _width(char) if raw is None else sum(map(_width, visible(char)))
            if used > cells:
                return self._starts[row] + index
        return self._starts[row] + len(self.rows[row] if raw is None else raw)

    def spans(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield ``(row, from column, to column)`` for the raw range; at least one character wide
        where there is one, so that a decision between two characters can be seen.
        """
        end = max(end, start + 1)
        first, left = self.locate(start)
        last, right = self.locate(end)
        if first == last and right == left:
            left = max(0, left - 1)
        for row in range(first, last + 1):
            begin = left if row == first else 0
            stop = right if row == last else len(self.rows[row])
            if stop > begin:
                yield row, begin, stop

    def locate_top(self, row: int) -> int:
        """Return the raw offset of the first character of a row."""
        return self._starts[min(max(0, row), len(self._starts) - 1)]
