"""Standard output: data, and nothing else. The only module that writes it.

A reader that leaves early (``| head``) has seen enough: the command goes on to its end, and its
exit code is its own. Only a stream of documents ends there.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence

from workbench.cli.streams import drop
from workbench.errors import NotSaved
from workbench.text import cell_width, shorten, visible, visible_line


def line(text: str = "") -> None:
    """Write one line, with everything a terminal would obey made visible."""
    _write(visible(text) + "\n")


def raw(text: str) -> None:
    """Write text exactly as it is, in UTF-8, when standard output is not a terminal; else made
    visible.
    """
    if sys.stdout.isatty():
        _write(visible(text))
    else:
        finish()
        _guarded(lambda: sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass")))
    finish()


def document(data: Mapping[str, object]) -> None:
    """Write one JSON document, ASCII only so that lone surrogates survive."""
    _write(_indented(json.dumps(data, ensure_ascii=True)) + "\n")


def _indented(text: str) -> str:
    import msgspec

    try:
        return msgspec.json.format(text, indent=2)  # json.dumps takes four times as long with it
    except msgspec.DecodeError:  # lone surrogates, NaN: only Python's own reads them
        return json.dumps(json.loads(text), indent=2, ensure_ascii=True)


def json_line(data: Mapping[str, object]) -> None:
    """Write one JSON document on one line.

    Raises:
        BrokenPipeError: nobody reads any more.
    """
    print(json.dumps(data, ensure_ascii=True))


def _write(text: str) -> None:
    _guarded(lambda: sys.stdout.write(text))


def finish() -> None:
    """Bring out everything that was written.

    Raises:
        NotSaved: the system refuses; not when the reader has left.
    """
    _guarded(sys.stdout.flush)


def _guarded(act: Callable[[], object]) -> None:
    try:
        act()
    except BrokenPipeError:
        drop(sys.stdout)
    except OSError as error:
        drop(sys.stdout)
        raise NotSaved(
            f"Standard output cannot be written: {error.strerror}.", "What it was to hold is lost."
        ) from error


def width() -> int | None:
    """Return the columns of the terminal that reads standard output; None where none does."""
    if sys.stdout.isatty() or "COLUMNS" in os.environ:
        return shutil.get_terminal_size().columns
    return None


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, names: int = 1) -> None:
    """Write a table as wide as the terminal; see :func:`table_lines`."""
    for text in table_lines(header, rows, width(), names=names):
        _write(text + "\n")


def table_lines(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int | None = None,
    *,
    names: int = 1,
) -> list[str]:
    """Return the lines of a table with aligned columns.

    Cells are made visible. Numbers (cells that begin with a digit, ``-``, ``~`` or ``≤``) stand
    right. With *width*, the widest column is shortened until the table fits, but never the first
    *names*: what they hold is copied into the next command.
    """
    cells = [[visible_line(c) for c in row] for row in [list(header), *rows]]
    widths = [max(cell_width(row[i]) for row in cells) for i in range(len(header))]
    if width is not None:
        while sum(widths) + 2 * (len(widths) - 1) > width and max(widths[names:], default=0) > 8:
            widths[widths.index(max(widths[names:]), names)] -= 1
    numeric = [
        bool(rows) and all(_is_number(row[i]) for row in cells[1:]) for i in range(len(header))
    ]
    lines = []
    for row in cells:
        parts = []
        for text, size, right in zip(row, widths, numeric, strict=True):
            short = shorten(text, size)
            gap = " " * (size - cell_width(short))
            parts.append(gap + short if right else short + gap)
        lines.append("  ".join(parts).rstrip())
    lines.insert(1, "  ".join("─" * size for size in widths))
    return lines


def _is_number(cell: str) -> bool:
    return not cell or cell == "–" or cell[0].isdigit() or cell[0] in "-~≤$+"
