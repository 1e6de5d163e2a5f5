"""``workbench sessions story``: a session's own story in numbers and small charts."""

from __future__ import annotations

from dataclasses import asdict

import click

from workbench.api.sessions import Sessions, story
from workbench.api.setup import settings_for
from workbench.cli import diagnostics, output
from workbench.cli.race_table import share
from workbench.figures import UNKNOWN, duration, money
from workbench.measure.curves import FailureCurve
from workbench.measure.failure import AvoidedSum, Recovery, Spent
from workbench.measure.intervals import wilson
from workbench.measure.story import LaneStory, Story, Turn
from workbench.text import plural, visible_line

BAR = 24
CURVE = 32
_STEPS = " ▁▂▃▄▅▆▇█"


@click.command("story")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def story_command(name: str, as_json: bool) -> None:
    """Tell a session's story: failures, recovery, velocity, race and cost, as small charts."""
    loaded = Sessions.of(settings_for()).load(name)
    diagnostics.damage(loaded.report())
    told = story(loaded.session)
    if as_json:
        output.document({"v": 1, "session": loaded.session.id, "story": asdict(told)})
        return
    output.line(visible_line(loaded.session.title))
    _section("Time to first failure, by iteration and lane", _turns(told))
    _section("Share failed by time t, with its 95 % interval at the end", _curves(told))
    _section("Recovery: from the first failure to the next pass", _recoveries(told))
    _section("Velocity and race", _pace(told))
    _section("What failing cost, and what aborts avoided", _costs(told))


def _section(title: str, lines: list[str]) -> None:
    output.line()
    output.line(title)
    for text in lines or ["nothing to tell yet"]:
        output.line("  " + text)


def _table(header: tuple[str, ...], rows: list[list[str]]) -> list[str]:
    if not rows:
        return []
    wide = output.width()
    return output.table_lines(header, rows, None if wide is None else wide - 2)


def bar(value: float, most: float, cells: int = BAR) -> str:
    """Return a bar of *value* on a scale to *most*; anything above zero shows."""
    if value <= 0 or most <= 0:
        return ""
    eighths = max(1, round(min(1.0, value / most) * cells * 8))
    return "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8].strip())


def curve_line(curve: FailureCurve, until_ms: float, cells: int = CURVE) -> str:
    """Draw a failure curve from 0 to *until_ms*, a cell's height its share at the cell's end."""
    shares = [curve.at(until_ms * (cell + 1) / cells) for cell in range(cells)]
    return "".join(_STEPS[0 if s <= 0 else max(1, round(s * 8))] for s in shares)


def _turns(told: Story) -> list[str]:
    most = max((t.ttff_ms for t in told.turns if t.ttff_ms is not None), default=0.0)
    rows = [
        [str(t.iteration), t.lane, t.verdict, duration(t.ttff_ms), _bar(t, most)]
        for t in told.turns
    ]
    return _table(("iteration", "lane", "verdict", "TTFF", ""), rows)


def _bar(turn: Turn, most: float) -> str:
    return "" if turn.ttff_ms is None else bar(turn.ttff_ms, most)


def _curves(told: Story) -> list[str]:
    ends = [lane.curve.points[-1].ms for lane in told.lanes if lane.curve.points]
    until = max(ends, default=0.0)
    rows = []
    for lane in told.lanes:
        curve = lane.curve
        none = wilson(0, curve.observed)
        upper = "" if none is None or curve.censored else f" ({none.between()})"
        failed = f"0%{upper} of {curve.observed}"
        if curve.points:
            end = curve.points[-1]
            failed = f"{end.share:.0%} ({end.between()}) of {curve.observed}"
        rows.append([lane.lane, curve_line(curve, until) if until else "", failed])
    axis = f"0 to {duration(until)}" if until else ""
    return _table(("lane", axis, "failed"), rows)


def _recoveries(told: Story) -> list[str]:
    known = [r.seconds for r in told.recoveries if r.seconds is not None]
    most = max(known, default=0.0)
    rows = [
        [str(r.iteration), r.lane or "session", _recovered(r), bar(r.seconds or 0.0, most)]
        for r in told.recoveries
    ]
    return _table(("iteration", "of", "recovered after", ""), rows)


def _recovered(recovery: Recovery) -> str:
    if recovery.seconds is not None:
        return f"{duration(recovery.seconds * 1000)} (attempt {recovery.by_attempt})"
    if recovery.clock_jumped:
        return f"unknown: the clock went back (attempt {recovery.by_attempt})"
    return "not yet"


def _pace(told: Story) -> list[str]:
    velocity = told.velocity
    lines = []
    if velocity.per_minute is not None:
        idle = f", {duration(velocity.idle_s * 1000)} idle left out" if velocity.idle_s else ""
        lines.append(
            f"{velocity.per_minute:.1f} iterations per active minute "
            f"({plural(velocity.iterations, 'iteration')} in "
            f"{duration(velocity.active_s * 1000)}{idle})"
        )
    lines += [
        f"{race.ratio:.1f} iterations of {visible_line(race.fast)} fit before "
        f"{visible_line(race.slow)}'s first verdict"
        for race in told.races
    ]
    return lines


def _costs(told: Story) -> list[str]:
    header = (
        *("lane", "passed", "until failures", "waste", "cost", "per success"),
        "avoided by aborts",
    )
    lines = _table(header, [_cost(lane) for lane in told.lanes])
    return [*lines, told.audit.sentence()] if told.audit.aborted else lines


def _cost(lane: LaneStory) -> list[str]:
    return [
        lane.lane,
        share(lane.passed),
        _spent(lane.failure_cost.until if lane.failure_cost else None),
        _spent(lane.failure_cost.waste if lane.failure_cost else None),
        money(lane.cost_usd),
        money(lane.cost_per_success),
        "; ".join(map(_avoided, lane.avoided)) or UNKNOWN,
    ]


def _spent(spent: Spent | None) -> str:
    if spent is None:
        return UNKNOWN
    tokens = UNKNOWN if spent.tokens is None else str(spent.tokens)
    tag = f" ({spent.source})" if spent.usd else ""
    return f"{duration(spent.seconds * 1000)}, {tokens} tok, {money(spent.usd)}{tag}"


def _avoided(total: AvoidedSum) -> str:
    if total.source == "unknown":
        return f"unknown in {plural(total.attempts, 'attempt')}"
    parts = [
        f"{total.tokens} tok" if total.tokens is not None else "",
        duration(total.seconds * 1000) if total.seconds is not None else "",
        money(total.usd) if total.usd else "",
    ]
    return f"{', '.join(p for p in parts if p)} ({total.source})"
