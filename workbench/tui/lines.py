"""Lines of styled text as plain data, so that what a screen says can be tested without one.

A span is text with tones: words such as ``fail``, ``muted`` or ``bold`` that a theme gives colours
to. Spans may hold anything a model, file or server wrote: whoever paints them makes it visible.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from workbench.text import cell_width, shorten, visible_line

Tone = Literal["", "muted", "accent", "pass", "fail", "warn", "live", "line"]
Span = tuple[str, str]
"""Text and its tones, separated by spaces."""
Line = tuple[Span, ...]


def plain(line: Iterable[Span]) -> str:
    """Return the line's text alone."""
    return "".join(text for text, _ in line)


def width(line: Iterable[Span]) -> int:
    """Return the cells the line takes once it is made visible."""
    return sum(cell_width(visible_line(text)) for text, _ in line)


def cut(line: Iterable[Span], cells: int) -> Line:
    """Make *line* visible and cut it to at most *cells* cells, with an ellipsis where cut."""
    kept: list[Span] = []
    left = cells
    for text, tone in line:
        shown = visible_line(text)
        size = cell_width(shown)
        if size > left:
            if left > 0:
                kept.append((shorten(shown, left), tone))
            elif kept:
                last, last_tone = kept[-1]
                kept[-1] = (shorten(last + " ", cell_width(last)), last_tone)
            return tuple(kept)
        kept.append((shown, tone))
        left -= size
    return tuple(kept)


def spread(left: Iterable[Span], right: Iterable[Span], cells: int, gap: int = 2) -> Line:
    """Put *left* and *right* at the ends of *cells* cells; the left one is cut when it must be,
    the right one only when it does not fit alone.
    """
    ending = cut(right, cells)
    used = width(ending)
    start = cut(left, max(0, cells - used - (gap if used else 0)))
    return (*start, (" " * max(0, cells - used - width(start)), ""), *ending)


def joined(parts: Iterable[Line], separator: Span = ("  \u00b7  ", "muted")) -> Line:
    """Join lines that are not empty by a separator."""
    out: list[Span] = []
    for part in parts:
        if part:
            if out:
                out.append(separator)
            out.extend(part)
    return tuple(out)
