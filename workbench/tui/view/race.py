"""The race strip: first token, first failure, abort and end of every lane on one time axis.

Times here are on the iteration's clock, in milliseconds; only what is written as a number beside a
bar is on the attempt's own.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.model.fold import LiveAttempt, LiveIteration
from workbench.records import dataclass
from workbench.tui.view import format as fmt
from workbench.tui.view.lines import Line, Span, cut, width
from workbench.tui.view.rows import badge
from workbench.tui.view.state import ViewModel

WAIT, FLOW, WASTE, EMPTY = "\u2508", "\u2501", "\u254c", " "
FIRST, FAIL, ABORT, END = "\u25cf", "\u2717", "\u25a0", "\u2503"


@dataclass(frozen=True, slots=True)
class Track:
    """One attempt on the race's axis; None has not happened. ``until`` is where its bar ends."""

    lane: str
    start: float | None
    first: float | None
    fail: float | None
    abort: float | None
    end: float | None
    until: float
    end_glyph: str = ""
    end_tone: str = ""
    figures: tuple[str, ...] = ()


FIGURES = ("first", "fail", "end", "tok/s")


def track(lane: str, attempt: LiveAttempt | None, now_ms: float) -> Track:
    """Return an attempt's places on the axis; *now_ms* is where the race's clock stands."""
    if attempt is None or attempt.started is None:
        glyph = badge(attempt)
        ended = attempt is not None and attempt.ended is not None
        mark = 0.0 if ended else None
        failed = attempt.first_failure if attempt is not None else None
        figure = {"fail": fmt.duration(failed.ms)} if failed is not None else {}
        blank = tuple(figure.get(name, fmt.UNKNOWN) for name in FIGURES)
        return Track(lane, None, None, None, None, mark, 0.0, glyph.glyph, glyph.tone, blank)
    zero = attempt.started.race_ms
    ttft = attempt.ttft_ms
    failure = attempt.first_failure.ms if attempt.first_failure else None
    abort = attempt.aborted_by.ms if attempt.aborted_by else None
    end = attempt.ended.ms if attempt.ended else None

    def on_axis(ms: float | None) -> float | None:
        return None if ms is None else zero + ms

    state = badge(attempt)
    return Track(
        lane,
        zero,
        on_axis(ttft),
        on_axis(failure),
        on_axis(abort),
        on_axis(end),
        max(zero + (ttft or 0), now_ms) if end is None else zero + end,
        state.glyph,
        state.tone,
        (fmt.duration(ttft), fmt.duration(failure), fmt.duration(end), fmt.rate(_speed(attempt))),
    )


def _speed(attempt: LiveAttempt) -> float | None:
    """Output tokens per second between first and last chunk, once the attempt has ended."""
    if attempt.ended is None or attempt.ended.tokens.output is None:
        return None
    first = attempt.reasoning_times or attempt.times
    last = attempt.times or attempt.reasoning_times
    if not first or last[-1] <= first[0]:
        return None
    return attempt.ended.tokens.output / ((last[-1] - first[0]) / 1000)


def tracks(model: ViewModel) -> list[Track]:
    """Return a track for every pane of the iteration in view."""
    current = model.iteration
    now = 0.0 if current is None else model.race_ms(current)
    return [track(lane.name, model.attempt(lane.name), now) for lane in model.panes()]


def scale_ms(found: Sequence[Track], iteration: LiveIteration | None) -> float:
    """Return what the axis spans: a round number of milliseconds that holds every track."""
    if iteration is None:
        return 1000.0
    return fmt.nice_scale(max((t.until for t in found), default=0.0))


def bar(found: Track, scale: float, cells: int) -> Line:
    """Draw one track over *cells* cells that stand for *scale* milliseconds.

    Waiting, streaming and streaming after the failure differ in shape as well as in colour; marks
    that fall on the same cell move right, so that none hides another.
    """
    if cells <= 0:
        return ()

    def cell(ms: float) -> int:
        return max(0, min(cells - 1, int(ms / scale * cells)))

    drawn: list[Span] = [(EMPTY, "")] * cells
    phases = (found.start, WAIT, "muted"), (found.first, FLOW, "live"), (found.fail, WASTE, "fail")
    for since, glyph, tone in phases:
        if since is not None and found.start is not None:
            for at in range(cell(since), cell(found.until) + 1):
                drawn[at] = (glyph, tone)
    _place(drawn, [(cell(ms), glyph, tone) for ms, glyph, tone in _marks(found) if ms is not None])
    return _merged(drawn)


def _marks(found: Track) -> list[tuple[float | None, str, str]]:
    """Return the moments worth a mark of their own: when, glyph, tone."""
    marks: list[tuple[float | None, str, str]] = [
        (found.first, FIRST, "live"),
        (found.fail, FAIL, "fail bold"),
        (found.abort, ABORT, "warn"),
    ]
    if found.fail is None:
        marks.append((found.end, found.end_glyph, f"{found.end_tone} bold"))
    elif found.abort is None:
        marks.append((found.end, END, "muted"))
    return marks


def _place(drawn: list[Span], marks: list[tuple[int, str, str]]) -> None:
    """Put marks on their cells in order of time, each right of the one before it; at the right
    edge they move left together.
    """
    ordered = sorted(marks, key=lambda mark: mark[0])
    places: list[int] = []
    for at, _, _ in ordered:
        places.append(at if not places else max(at, places[-1] + 1))
    overflow = max(0, (places[-1] - len(drawn) + 1)) if places else 0
    for place, (_, glyph, tone) in zip(places, ordered, strict=True):
        at = place - overflow if place - overflow >= 0 else place
        if 0 <= at < len(drawn):
            drawn[at] = (glyph, tone)


def _merged(drawn: Sequence[Span]) -> Line:
    line: list[Span] = []
    for glyph, tone in drawn:
        if line and line[-1][1] == tone:
            line[-1] = (line[-1][0] + glyph, tone)
        else:
            line.append((glyph, tone))
    return tuple(line)


def axis(scale: float, cells: int) -> Line:
    """Draw the axis: labels at zero and at even steps."""
    steps = 4 if cells >= 40 else 2
    text = "0"
    for step in range(1, steps + 1):
        label = fmt.duration(scale * step / steps).replace(".00", "").replace(".0 ", " ")
        at = cells * step // steps - len(label)
        if at > len(text):
            text += " " * (at - len(text)) + label
    return ((text.ljust(cells), "muted"),)


_FIGURE = 8


LEAST_LINES = 3

SPARE = 1
"""Rows that the others have to spare."""


def wanted(lanes: int, rows: int, others: int) -> int:
    """Return the lines that the strip of so many *lanes* takes on a screen of *rows*, of which
    *others* are needed besides: all its lanes if they fit, three lines where that can be, none
    where there is not room for the axis and one lane.
    """
    room = rows - others
    if room < LEAST_LINES:
        room = min(LEAST_LINES, room + SPARE)
    return min(lanes + 1, room) if room > 1 else 0


def window(lanes: int, lines: int, first: int) -> range:
    """Return which lanes a strip of so many *lines* shows: those from *first* on, as far as there
    are enough.
    """
    fit = max(1, lines - 1)
    start = max(0, min(first, lanes - fit))
    return range(start, min(lanes, start + fit))


def strip(model: ViewModel, cells: int, lines: int = 1000, first: int = 0) -> list[Line]:
    """Return the strip for *cells* cells: the axis, then one line for each lane; where there are
    too few *lines* for all, from the *first* one on, and which they are.
    """
    found = tracks(model)
    seen = window(len(found), lines, first)
    every = len(seen) == len(found)
    names = min(16, max((width(((t.lane, ""),)) for t in found), default=0))
    shown = _shown_figures(cells - names - 1)
    room = max(0, cells - names - 1 - _FIGURE * len(shown))
    scale = fmt.nice_scale(model.span_ms) if model.span_ms else scale_ms(found, model.iteration)
    header = "".join(f"{FIGURES[i]:>{_FIGURE}}" for i in shown)
    which = "" if every else f"{seen.start + 1}\u2013{seen.stop}"
    corner = f"{which:<{names + 1}.{names + 1}}"
    out: list[Line] = [((corner, "accent"), *axis(scale, room), (header, "muted"))]
    for one in found[seen.start : seen.stop]:
        label = cut(((one.lane, ""),), names)
        pad = " " * (names + 1 - width(label))
        figures = [(f"{one.figures[i]:>{_FIGURE}}", _tone(i, one)) for i in shown]
        out.append((*label, (pad, ""), *bar(one, scale, room), *figures))
    return out


def _shown_figures(cells: int) -> tuple[int, ...]:
    """Return which figures fit: they give way to the bars, the failure last."""
    if cells >= 60:
        return (0, 1, 2, 3)
    if cells >= 44:
        return (0, 1, 2)
    return (1,) if cells >= 24 else ()


def _tone(figure: int, one: Track) -> str:
    if one.figures[figure] == fmt.UNKNOWN:
        return "muted"
    return "fail" if figure == 1 else ""
