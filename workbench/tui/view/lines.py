"""Lines of styled text as plain data, so that what a screen says can be tested without one.

A span is text with tones: words such as ``fail``, ``muted`` or ``bold`` that a theme gives colours
to. Spans may hold anything a model, file or server wrote: whoever paints them makes it visible.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from workbench.text import cell_width, shorten, visible_line
from workbench.tui.view.wrap import row_cuts

Tone = Literal["", "muted", "accent", "pass", "fail", "warn", "live", "line"]
Span = tuple[str, str]
"""Text and its tones, separated by spaces."""
Line = tuple[Span, ...]


GAP = 2
"""Cells between the two ends of a line at least."""


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


def spread(left: Iterable[Span], right: Iterable[Span], cells: int, gap: int = GAP) -> Line:
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


def wrapped(line: Iterable[Span], cells: int) -> list[Line]:
    """Make *line* visible and break it into lines of at most *cells* cells, between words where
    there are any. An empty line gives one empty line.
    """
    spans = [(visible_line(text), tone) for text, tone in line]
    text = "".join(part for part, _ in spans)
    cuts = [*row_cuts(text, max(1, cells)), len(text)]
    out: list[Line] = []
    at = 0
    for end in cuts:
        stop = end
        while stop > at and text[stop - 1] == " " and cell_width(text[at:stop]) > cells:
            stop -= 1  # a space that hangs over the edge
        out.append(slice_spans(spans, at, stop))
        at = end
    return out


def boxed(line: Iterable[Span], cells: int, rows: int) -> list[Line]:
    """Break *line* into at most *rows* lines of *cells* cells; the last one says by an ellipsis
    that there is more.
    """
    found = wrapped(line, cells)
    if len(found) <= rows:
        return found
    *kept, (text, tone) = found[rows - 1]
    return [*found[: rows - 1], cut((*kept, (f"{text.rstrip()} \u2026", tone)), cells)]


def slice_spans(spans: Iterable[Span], start: int, end: int) -> Line:
    """Return the characters from *start* to *end* of spans, each with its tone."""
    kept: list[Span] = []
    at = 0
    for text, tone in spans:
        piece = text[max(0, start - at) : max(0, end - at)]
        if piece:
            kept.append((piece, tone))
        at += len(text)
    return tuple(kept)
