"""The session's own story as lines: what failed when, what came of it, what it cost.

Every number comes from :mod:`workbench.measure`; see ``docs/measures.md`` for the definitions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.measure.curves import FailureCurve
from workbench.measure.failure import AvoidedSum, Recovery, Spent
from workbench.measure.story import LaneStory, Story, Turn
from workbench.text import cell_width, plural, shorten, visible_line
from workbench.tui.view import format as fmt
from workbench.tui.view.lines import Line, Span

_NAME, _CELL, _WIDE_CELL = 16, 11, 16
_ANY_LANE = "any lane"
_BAR, _REST, _BAND = "\u2501", "\u2508", "\u2500"
_GLYPHS = {
    "pass": ("\u2713", "pass"),
    "fail": ("\u2717", "fail"),
    "error": ("!", "fail"),
    "pending": ("\u00b7", "muted"),
}


def measures(story: Story, cells: int) -> list[Line]:
    """Return the screen's lines for *cells* cells."""
    if not story.lanes:
        return [(("Nothing was sent in this session yet.", "muted"),)]
    sections = (
        ("Time to first failure, by iteration", _turns(story, cells)),
        ("Share failed over time, with its 95 % interval", _curves(story.lanes, cells)),
        ("From a failure to the next pass, by iteration", _recoveries(story, cells)),
        ("Pace", _pace(story)),
        ("Cost", _costs(story.lanes)),
        ("Avoided by aborting", _avoided(story)),
    )
    out: list[Line] = []
    for title, lines in sections:
        out += [((title, "bold"),), *lines, ()]
    return out[:-1]


def _fit(text: str, cells: int) -> str:
    shown = shorten(visible_line(text), cells - 1)
    return shown + " " * (cells - cell_width(shown))


def _turns(story: Story, cells: int) -> list[Line]:
    """A line for each lane, a column for each of the last iterations that fit."""
    found = {(turn.lane, turn.iteration): _turn(turn) for turn in story.turns}
    numbers = sorted({turn.iteration for turn in story.turns})
    return _grid([lane.lane for lane in story.lanes], numbers, found, cells)


def _grid(
    names: Sequence[str], numbers: Sequence[int], found: Mapping[tuple[str, int], Span], cells: int
) -> list[Line]:
    """Return a table of *found* by name and number, with the last columns that fit *cells*."""
    longest = max((cell_width(text) for text, _ in found.values()), default=0)
    size = _CELL if longest < _CELL else _WIDE_CELL
    shown = numbers[-max(1, (cells - _NAME) // size) :]
    head = "".join(f"{number:<{size}}" for number in shown)
    out: list[Line] = [((" " * _NAME, ""), (head, "muted"))]
    for name in names:
        row: list[Span] = [(_fit(name, _NAME), "")]
        for number in shown:
            text, tone = found.get((name, number), ("", ""))
            row.append((text + " " * (size - cell_width(text)), tone))
        out.append(tuple(row))
    return out


def _turn(turn: Turn) -> Span:
    glyph, tone = _GLYPHS[turn.verdict]
    of = f" {turn.passed}/{turn.attempts}" if turn.attempts > 1 else ""
    when = "" if turn.ttff_ms is None else f" {fmt.duration(turn.ttff_ms)}"
    return f"{glyph}{of}{when}", tone


def _curves(lanes: Sequence[LaneStory], cells: int) -> list[Line]:
    """A bar for each lane's share failed in the end, and the moments at which it grew."""
    out: list[Line] = []
    for lane in lanes:
        curve = lane.curve
        label = (_fit(lane.lane, _NAME), "")
        if not curve.observed:
            out.append((label, ("nothing observed", "muted")))
            continue
        last = curve.points[-1] if curve.points else None
        share, high = (last.share, last.high) if last else (0.0, 0.0)
        width = max(10, min(40, cells - _NAME - 34))
        figures = f"  {share:4.0%}" + (f" ({last.between()})" if last else "")
        about = f"  {curve.failed} of {curve.observed}"
        out.append((label, *_bar(share, high, width), (figures, "bold"), (about, "muted")))
        if curve.points:
            out.append(((" " * _NAME, ""), (_steps(curve, cells - _NAME), "muted")))
    return out


def _bar(share: float, high: float, cells: int) -> Line:
    full = round(share * cells)
    band = max(0, round(high * cells) - full)
    rest = _REST * (cells - full - band)
    return ((_BAR * full, "fail"), (_BAND * band, "warn"), (rest, "muted"))


def _steps(curve: FailureCurve, cells: int) -> str:
    text = ""
    for point in curve.points:
        step = f"{point.share:.0%} by {fmt.duration(point.ms)}"
        longer = f"{text}, {step}" if text else step
        if len(longer) > cells - 2:
            return text + " \u2026"
        text = longer
    return text


def _recoveries(story: Story, cells: int) -> list[Line]:
    """A line for the session and for each lane that failed, a column for each iteration."""
    found = {(r.lane or _ANY_LANE, r.iteration): _recovery(r) for r in story.recoveries}
    if not found:
        return [(("Nothing failed.", "muted"),)]
    names = list(dict.fromkeys((_ANY_LANE, *(lane.lane for lane in story.lanes))))
    names = [name for name in names if any(key[0] == name for key in found)]
    numbers = sorted({turn.iteration for turn in story.turns})
    return _grid(names, numbers, found, cells)


def _recovery(recovery: Recovery) -> Span:
    if recovery.seconds is not None:
        return fmt.duration(recovery.seconds * 1000), "pass"
    return ("clock jumped", "muted") if recovery.clock_jumped else ("not yet", "muted")


def _pace(story: Story) -> list[Line]:
    pace = story.velocity
    per_minute = "unknown" if pace.per_minute is None else f"{pace.per_minute:.1f}"
    out: list[Line] = [
        (
            (_fit("velocity", _NAME), ""),
            (f"{per_minute} iterations per active minute", "bold"),
            (f"  {plural(pace.iterations, 'iteration')}", "muted"),
        )
    ]
    for race in story.races:
        text = f"{race.ratio:.1f} iterations of {race.fast} fit before {race.slow}'s first verdict"
        out.append(((_fit("race", _NAME), ""), (text, "")))
    return out


def _costs(lanes: Sequence[LaneStory]) -> list[Line]:
    out: list[Line] = []
    for lane in lanes:
        each = lane.cost_per_success
        spans: list[Span] = [(_fit(lane.lane, _NAME), ""), (fmt.money(lane.cost_usd), "bold")]
        if each is not None:
            spans.append((f"  {fmt.money(each)} per pass", "muted"))
        out.append(tuple(spans))
        if lane.failure_cost is not None:
            until, waste = _spent(lane.failure_cost.until), _spent(lane.failure_cost.waste)
            out.append(((" " * _NAME, ""), (f"until first failures: {until}", "")))
            out.append(((" " * _NAME, ""), (f"after first failures: {waste}", "warn")))
    return out


def _spent(spent: Spent) -> str:
    tag = f" ({spent.source})" if spent.usd else ""
    tokens = "unknown tokens" if spent.tokens is None else plural(spent.tokens, "token")
    return f"{fmt.duration(spent.seconds * 1000)}, {tokens}, {fmt.money(spent.usd)}{tag}"


def _avoided(story: Story) -> list[Line]:
    out: list[Line] = [
        ((_fit(lane.lane, _NAME), ""), *_saved(part))
        for lane in story.lanes
        for part in lane.avoided
    ]
    audit = story.audit
    if audit.aborted:
        said = f"{plural(audit.aborted, 'abort')}, {audit.audited} audited"
        if audit.rate is not None:
            rate = audit.rate
            said += f": {plural(audit.false_aborts, 'false abort')}, {rate.value:.0%} "
            said += f"({rate.between()})"
        out.append(((said, "warn" if audit.false_aborts else "muted"),))
    return out or [(("Nothing was aborted.", "muted"),)]


def _saved(part: AvoidedSum) -> Line:
    seconds = fmt.duration(None if part.seconds is None else part.seconds * 1000)
    text = f"{fmt.count(part.tokens)} tokens, {seconds}, {fmt.money(part.usd)}"
    return ((text, ""), (f"  {part.source}, {plural(part.attempts, 'attempt')}", "muted"))
