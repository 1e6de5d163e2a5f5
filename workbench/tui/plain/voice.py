"""Says lines: once, in order, never more than can be listened to, and again when asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise

from workbench.text import cell_width, plural
from workbench.tui.plain.spelling import spelled
from workbench.tui.view.wrap import row_cuts

LEAST_COLUMNS = 20
"""Where a terminal is narrower than this, it breaks lines itself."""

ORPHANS = 2
"""So many lines more are said at once with those before them."""

PAGE = 20
"""Lines of a long text that are said at once."""

LINE = 1000
"""Characters of one line that are said at once on a terminal."""

REMEMBERED = 1000
"""Lines that can be said again."""


def _unknown() -> int:
    return 0


class Voice:
    """Writes lines with *write*, on a terminal of so many *columns* (0: unknown). ``page`` is how
    many lines of a long text are said before it waits for :meth:`more`; None says everything, as in
    a pipe, where nobody listens.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        page: int | None = PAGE,
        columns: Callable[[], int] = _unknown,
    ) -> None:
        self.page = page
        self._columns = columns
        self._write = write
        self._said: deque[str] = deque(maxlen=REMEMBERED)
        self._rest: list[str] = []

    def begin(self) -> None:
        """Another command: what is said from now on is what can be said again."""
        self._said.clear()

    def say(self, *lines: str) -> None:
        """Say short lines now."""
        for line in lines:
            self._out(line if self.page is None else _cut(line))

    def read(self, lines: Iterable[str]) -> None:
        """Say a text that may be long: its first page, and how many lines are left."""
        self._rest = list(lines if self.page is None else _pieces(lines))
        self.more()

    def more(self) -> bool:
        """Say the next page of what :meth:`read` began; False when there is none."""
        if not self._rest:
            return False
        size = len(self._rest) if self.page is None else self._fits(self.page)
        page, self._rest = self._rest[:size], self._rest[size:]
        for line in page:
            self._out(line)
        if self._rest:
            self._out(f"{plural(len(self._rest), 'more line')}. To hear on: more")
        return True

    @property
    def waiting(self) -> bool:
        """True while there is more to read."""
        return bool(self._rest)

    def has_said(self, line: str) -> bool:
        """Return whether a line was said since :meth:`begin`."""
        return spelled(line) in self._said

    def again(self, count: int | None = None) -> bool:
        """Say the last lines again: all since :meth:`begin`, or so many; False: none were said."""
        lines = list(self._said)
        for line in lines if count is None else lines[-count:]:
            self._put(line)
        return bool(lines)

    def _fits(self, page: int) -> int:
        """Return how many lines go on the next page: long ones count for several."""
        room = page * 100
        size = 0
        for line in islice(self._rest, page + ORPHANS):
            room -= max(1, len(line))
            if room < 0 and size:
                return size
            size += 1
        return size if size == len(self._rest) else min(size, page)

    def _out(self, line: str) -> None:
        text = spelled(line)
        self._said.append(text)
        self._put(text)

    def _put(self, text: str) -> None:
        """Write a line, broken between words where the terminal would break it anywhere. What goes
        on stands further to the right: only a sentence of Workbench begins at the edge.
        """
        room = self._columns() - 1
        if room < LEAST_COLUMNS or cell_width(text) <= room:
            self._write(text)
            return
        indent = _further(text)
        cuts = row_cuts(text, room - len(indent))
        for start, end in pairwise((0, *cuts, len(text))):
            self._write((indent if start else "") + text[start:end].rstrip(" "))


def _cut(line: str) -> str:
    more = len(line) - LINE
    return line if more <= 0 else f"{line[:LINE]} (and {more} more characters)"


def _pieces(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, very long ones in pieces that end between words where they can, and that go on
    further to the right.
    """
    for line in lines:
        left = line
        while len(left) > LINE:
            end = left.rfind(" ", LINE // 2, LINE) + 1 or LINE
            yield left[:end]
            left = _further(line) + left[end:]
        yield left


def _further(line: str) -> str:
    """Return the indent of what goes on of *line*: only what Workbench says begins at the edge."""
    return "    " if line.startswith("  ") else "  "
