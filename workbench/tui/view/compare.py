"""What can be compared, and a comparison as lines to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.diffing.compare import diff
from workbench.diffing.noise import noise_mark
from workbench.diffing.records import Diff, Options
from workbench.diffing.views import Piece, inline, side_by_side
from workbench.model.fold import LiveIteration
from workbench.model.prompt import Prompt
from workbench.records import dataclass
from workbench.text import plural
from workbench.tui.view.lines import Line, Span, width, wrapped
from workbench.tui.view.state import ViewModel

_TONES = {"equal": "", "delete": "fail strike", "insert": "pass underline"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts with their names, and what they are. ``olds`` and ``news`` hold the complete
    answers of all repeats, where a lane answered more than once.
    """

    what: str
    a_name: str
    b_name: str
    a: str
    b: str
    olds: tuple[str, ...] = ()
    news: tuple[str, ...] = ()


def pairs(model: ViewModel, other: LiveIteration | None = None) -> list[Pair]:
    """Return what can be compared from here: each lane's answer with the one in *other* (the
    iteration this one came from), the prompts of both, then the first lane with each other one.
    """
    current = model.iteration
    previous = model.previous if other is None or other is current else other
    out: list[Pair] = []
    if current is None:
        return out
    row = model.row
    here = _answers(current, row)
    if previous is not None:
        before = _answers(previous, row)
        names = (f"iteration {previous.number}", f"iteration {current.number}")
        out += [
            Pair(
                lane if row is None else f"{lane}, row {row}",
                *names,
                before[lane],
                here[lane],
                _repeats(previous, lane, row),
                _repeats(current, lane, row),
            )
            for lane in here
            if lane in before
        ]
        prompts = (_text(previous.started.prompt), _text(current.started.prompt))
        out.append(Pair("prompt", *names, *prompts))
    lanes = list(here)
    for lane in lanes[1:]:
        out.append(Pair("lanes", lanes[0], lane, here[lanes[0]], here[lane]))
    return out


def _answers(iteration: LiveIteration, row: str | None) -> dict[str, str]:
    found = iteration.attempts.values()
    return {a.queued.lane: a.text for a in found if a.queued.row == row}


def _repeats(iteration: LiveIteration, lane: str, row: str | None) -> tuple[str, ...]:
    whole = ("complete", "truncated")
    return tuple(
        a.text
        for a in iteration.attempts.values()
        if (a.queued.lane, a.queued.row) == (lane, row)
        and a.ended is not None
        and a.ended.state in whole
    )


def _text(prompt: Prompt) -> str:
    return f"{prompt.system}\n\n{prompt.user}" if prompt.system else prompt.user


def compare(pair: Pair, options: Options | None = None) -> Diff:
    """Compare a pair by word, line, sentence or JSON."""
    return diff(pair.a, pair.b, options)


def noise(pair: Pair, options: Options | None = None) -> Line:
    """Say whether the change is larger than what the lane does by itself; empty without repeats."""
    if not pair.olds or not pair.news or len(pair.olds) + len(pair.news) < 3:
        return ()
    mark = noise_mark(pair.olds, pair.news, options)
    tone = "accent" if mark.verdict == "change" else "muted"
    return ((f"{mark.verdict}: {mark.reason}", tone),)


def summary(pair: Pair, found: Diff) -> Line:
    """Return a comparison in one line."""
    s = found.summary
    head: list[Span] = [(f"{pair.what}  ", "bold"), (f"{pair.a_name} \u2192 {pair.b_name}   ", "")]
    if s.identical:
        return (*head, ("identical", "pass bold"))
    if not s.hunks:
        return (*head, ("the same but for what is ignored", "pass"))
    unit = {"json": "value"}.get(s.by, s.by)
    return (
        *head,
        (f"\u2212{plural(s.deleted, unit)}  ", "fail"),
        (f"+{plural(s.inserted, unit)}  ", "pass"),
        (f"{plural(s.moved, unit)} moved  " if s.moved else "", "accent"),
        (f"{plural(s.hunks, 'change')}  {s.similarity:.0%} alike", "muted"),
    )


def columns(found: Diff, pair: Pair, cells: int) -> tuple[list[Line], list[int]]:
    """Lay a comparison out in two columns of together *cells* cells.

    Returns the lines and, for each change in order, the line it begins on.
    """
    room = max(4, (cells - 3) // 2)
    out: list[Line] = []
    starts: dict[int, int] = {}
    for row in side_by_side(found, pair.a):
        if row.hunk is not None:
            starts.setdefault(row.hunk, len(out))
        left, right = wrapped(_spans(row.a), room), wrapped(_spans(row.b), room)
        for index in range(max(len(left), len(right))):
            one = left[index] if index < len(left) else ()
            two = right[index] if index < len(right) else ()
            mark = "\u2502" if row.hunk is None else "\u2503"
            gap = " " * (room - width(one))
            out.append((*one, (gap, ""), (f" {mark} ", _mark(row.hunk)), *two))
    return out, list(starts.values())


def single(found: Diff, pair: Pair, cells: int) -> tuple[list[Line], list[int]]:
    """Lay a comparison out in one column: what was removed before what was added."""
    out: list[Line] = []
    starts: dict[int, int] = {}
    for row in inline(found, pair.a):
        if row.hunk is not None:
            starts.setdefault(row.hunk, len(out))
        mark = "  " if row.hunk is None else "\u2503 "
        lines = wrapped(_spans(row.pieces), max(4, cells - 2))
        out += [((mark, _mark(row.hunk)), *line) for line in lines]
    return out, list(starts.values())


def structure(found: Diff) -> list[Line]:
    """Return the changes of structure of a comparison by JSON, a line each."""
    signs = {
        "added": ("+", "pass"),
        "removed": ("\u2212", "fail"),
        "changed": ("~", "warn"),
        "moved": ("\u2192", "accent"),
    }
    out: list[Line] = []
    for change in found.changes:
        sign, tone = signs[change.kind]
        path = change.path if change.path is not None else change.to
        line: list[Span] = [(f"{sign} ", f"{tone} bold"), (f"{path or '/'}  ", "bold")]
        if change.a is not None:
            line.append((change.a, "fail strike"))
        if change.b is not None:
            line += [("  ", ""), (change.b, "pass underline")]
        out.append(tuple(line))
    return out


def _mark(hunk: int | None) -> str:
    return "line" if hunk is None else "accent"


def _spans(pieces: Iterable[Piece] | Sequence[Piece]) -> list[Span]:
    return [(piece.text, _tone(piece)) for piece in pieces]


def _tone(piece: Piece) -> str:
    if piece.move is not None and piece.kind != "equal":
        return "accent " + _TONES[piece.kind].split()[1]
    return _TONES[piece.kind]
