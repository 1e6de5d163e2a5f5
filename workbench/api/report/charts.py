"""Charts of a report: inline SVG, readable without colour, no script.

Colours are classes (``lane0``...): the style sheet holds a light and a dark value for each. Lanes
differ by marker and dash too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor, log10

from workbench.api.report.html import Markup, Node, el
from workbench.figures import duration
from workbench.measure.curves import FailureCurve
from workbench.measure.failure import Recovery
from workbench.measure.story import Story, Turn
from workbench.text import shorten, visible_line

WIDTH, HEIGHT = 640.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 72.0, 128.0, 16.0, 48.0
PALETTE = 8
_BANDS = 3
_DASHES = (None, "7 3", "2 3", "9 3 2 3")

Scale = Callable[[float], float]


def ttff_chart(story: Story) -> Markup | None:
    """Each attempt's time to first failure, or its whole time when it passed, per iteration."""
    shown = [(t, ms) for t in story.turns if (ms := _moment(t)) is not None]
    if not shown:
        return None
    lanes = [lane.lane for lane in story.lanes]
    y, ticks = _log_scale([ms for _, ms in shown])
    numbers = sorted({t.iteration for t, _ in shown})
    step = (WIDTH - LEFT - RIGHT) / max(1, len(numbers) - 1)
    x = {n: LEFT + (k * step if len(numbers) > 1 else step / 2) for k, n in enumerate(numbers)}
    body: list[Node] = [_y_axis(y, ticks, duration), *_iteration_axis(numbers, x)]
    for index, lane in enumerate(lanes):
        mine = [(x[t.iteration], y(ms), t) for t, ms in shown if t.lane == lane]
        if not mine:
            continue
        path = "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py, _ in mine)
        body.append(el("path", d=path, class_=f"thread {_colour(index)}"))
        body += [_marker(px, py, index, t) for px, py, t in mine]
    ends = {
        lane: y(ms) for lane in lanes for t, ms in shown if t.lane == lane
    }  # the last one of each lane wins
    body += _end_labels([(lanes.index(lane), lane, at) for lane, at in ends.items()])
    return _svg("Time to first failure of every iteration and lane", body)


def curve_chart(story: Story) -> Markup | None:
    """The failure curves of all lanes, with their intervals when there are few."""
    lanes = [(n, lane.lane, lane.curve) for n, lane in enumerate(story.lanes)]
    lanes = [item for item in lanes if item[2].observed]
    longest = max((p.ms for _, _, curve in lanes for p in curve.points), default=0.0) * 1.08
    if not longest:
        return None
    span = WIDTH - LEFT - RIGHT

    def x(ms: float) -> float:
        return LEFT + span * ms / longest

    def y(part: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part

    body: list[Node] = [_y_axis(y, (0, 0.25, 0.5, 0.75, 1), lambda v: f"{100 * v:.0f} %")]
    body += _time_axis(x, longest)
    for index, _, curve in lanes:
        if len(lanes) <= _BANDS and curve.points:
            body.append(el("path", d=_band(curve, x, y, longest), class_=f"band {_colour(index)}"))
    for index, _, curve in lanes:
        line = _steps([(p.ms, p.share) for p in curve.points], x, y, longest)
        body.append(
            el(
                "path",
                d="M" + line,
                class_=f"line {_colour(index)}",
                stroke_dasharray=_DASHES[index // 2 % len(_DASHES)],
            )
        )
    body += _end_labels([(n, lane, y(curve.at(longest))) for n, lane, curve in lanes])
    return _svg("Share of attempts failed by time", body)


def recovery_chart(recoveries: Sequence[Recovery]) -> Markup | None:
    """A bar for each failing iteration: how long until the session passed again."""
    mine = [r for r in recoveries if r.lane is None][-24:]
    known = [r.seconds for r in mine if r.seconds is not None]
    if not known:
        return None
    row, left = 24.0, 112.0
    height = TOP + row * len(mine) + 8
    scale = (WIDTH - left - 130) / (max(known) or 1.0)
    body: list[Node] = []
    for n, r in enumerate(mine):
        top = TOP + n * row
        body.append(
            el("text", f"iteration {r.iteration}", x=left - 8, y=top + 13, class_="tick end")
        )
        wide = max(2.0, (r.seconds or 0.0) * scale) if r.seconds is not None else 0.0
        if wide:
            body.append(el("rect", x=left, y=top, width=wide, height=14.0, class_="bar", rx=2.0))
        words = "not yet" if r.by_attempt is None else duration((r.seconds or 0) * 1000)
        words = "clock jumped" if r.clock_jumped else words
        body.append(el("text", words, x=left + wide + 6, y=top + 13, class_="tick"))
    return _svg("Recovery time of every iteration that failed", body, height)


def swatch(index: int) -> Markup:
    """Return the small sign of a lane for tables."""
    return el("svg", _sign(7, 7, index, "solid"), viewBox="0 0 14 14", class_="swatch")


def _moment(turn: Turn) -> float | None:
    return turn.total_ms if turn.ttff_ms is None else turn.ttff_ms


def _colour(index: int) -> str:
    return f"lane{index % PALETTE}"


def _svg(title: str, body: Sequence[Node], height: float = HEIGHT) -> Markup:
    label = el("title", title)
    box = f"0 0 {WIDTH:.0f} {height:.0f}"
    return el("svg", label, body, viewBox=box, role="img", class_="chart")


def _log_scale(values: Sequence[float]) -> tuple[Scale, tuple[float, ...]]:
    """A logarithmic scale over whole and half decades: lanes differ by orders of magnitude."""
    low = max(0.1, min(values)) * 0.9
    high = max(*values, low) * 1.1
    marks = [
        m * 10.0**e
        for e in range(floor(log10(low)), ceil(log10(high)) + 1)
        for m in (1, 2, 5)
        if low <= m * 10.0**e <= high
    ]
    if len(marks) > 7:
        marks = [m for m in marks if f"{m:e}"[0] == "1"] or marks
    if len(marks) < 2:
        marks = [low, high]
    reach = log10(high) - log10(low) or 1.0
    inner = HEIGHT - TOP - BOTTOM

    def scale(ms: float) -> float:
        return HEIGHT - BOTTOM - inner * (log10(max(ms, low)) - log10(low)) / reach

    return scale, tuple(marks)


def _y_axis(y: Scale, ticks: Sequence[float], label: Callable[[float], str]) -> Markup:
    parts: list[Node] = []
    for tick in ticks:
        parts.append(el("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y(tick), y2=y(tick), class_="grid"))
        parts.append(el("text", label(tick), x=LEFT - 8, y=y(tick) + 5, class_="tick end"))
    return el("g", parts)


def _iteration_axis(numbers: Sequence[int], x: dict[int, float]) -> list[Node]:
    every = max(1, ceil(len(numbers) / 12))
    parts: list[Node] = [
        el("text", str(n), x=x[n], y=HEIGHT - BOTTOM + 20, class_="tick middle")
        for n in numbers[::every]
    ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(el("text", "iteration", x=middle, y=HEIGHT - 6, class_="axis middle"))
    return parts


def _time_axis(x: Scale, longest: float) -> list[Node]:
    raw = longest / 5
    size = 10.0 ** floor(log10(raw))
    step = next(m * size for m in (1, 2, 5, 10) if m * size >= raw)
    ticks = [k * step for k in range(int(longest / step) + 1)]
    parts: list[Node] = [
        el("text", duration(t), x=x(t), y=HEIGHT - BOTTOM + 20, class_="tick middle") for t in ticks
    ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    words = "since the request was handed over"
    parts.append(el("text", words, x=middle, y=HEIGHT - 6, class_="axis middle"))
    return parts


def _steps(points: Sequence[tuple[float, float]], x: Scale, y: Scale, longest: float) -> str:
    path = f"{x(0):.1f} {y(0):.1f}"
    for ms, part in points:
        path += f"H{x(ms):.1f}V{y(part):.1f}"
    return path + f"H{x(longest):.1f}"


def _band(curve: FailureCurve, x: Scale, y: Scale, longest: float) -> str:
    upper = _steps([(p.ms, p.high) for p in curve.points], x, y, longest)
    back = f"V{y(curve.points[-1].low):.1f}"
    for later, point in zip(curve.points[::-1], [*curve.points[-2::-1], None], strict=True):
        back += f"H{x(later.ms):.1f}V{y(point.low if point else 0):.1f}"
    return f"M{upper}{back}H{x(0):.1f}Z"


def _marker(px: float, py: float, index: int, turn: Turn) -> Markup:
    """Filled where something failed, hollow where it passed."""
    kind = "hollow" if turn.ttff_ms is None else "solid"
    words = f"iteration {turn.iteration}, {turn.lane}: {turn.verdict}, {duration(_moment(turn))}"
    return el("g", el("title", words), _sign(px, py, index, kind))


def _sign(px: float, py: float, index: int, kind: str) -> Markup:
    look = f"sign {kind} {_colour(index)}"
    shape = index % 4
    if shape == 0:
        return el("circle", cx=px, cy=py, r=4.5, class_=look)
    if shape == 1:
        return el("rect", x=px - 4, y=py - 4, width=8.0, height=8.0, class_=look)
    if shape == 2:
        return el("path", d=f"M{px:.1f} {py - 5.5:.1f}l5.5 9.5h-11z", class_=look)
    return el("path", d=f"M{px:.1f} {py - 6:.1f}l6 6l-6 6l-6 -6z", class_=look)


def _end_labels(lanes: Sequence[tuple[int, str, float]]) -> list[Node]:
    """Names at the right end of the lines, pushed apart where they would overlap."""
    parts: list[Node] = []
    last = TOP - 17
    ordered = sorted(lanes, key=lambda item: item[2])
    crowd = len(ordered) * 17 > HEIGHT - TOP - BOTTOM
    for index, lane, at in ordered[:18]:
        room = HEIGHT - BOTTOM - 17 * (len(ordered) - 1 - ordered.index((index, lane, at)))
        last = max(last + 17, at if crowd else min(at, room))
        x = WIDTH - RIGHT + 18
        parts.append(_sign(x, last, index, "solid"))
        name = shorten(visible_line(lane), 13)
        parts.append(el("text", name, x=x + 10, y=last + 5, class_="tick"))
    return parts
