"""The session's measures as sentences: the numbers of the screen's charts, read out.

Every number comes from :mod:`workbench.measure`; see ``docs/measures.md`` for the definitions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.measure.failure import AvoidedSum, Recovery, Spent
from workbench.measure.story import LaneStory, Story, Turn
from workbench.text import plural
from workbench.tui.plain.words import time
from workbench.tui.view import format as fmt

_VERDICTS = {"pass": "passed", "fail": "failed", "error": "error", "pending": "undecided"}


def sections(story: Story) -> Mapping[str, list[str]]:
    """Return the measures by section, under the word that asks for it alone."""
    return {
        "failures": ["Time to first failure, newest iteration first.", *_turns(story.turns)],
        "share": ["Share failed over time, with its 95 % interval.", *_curves(story.lanes)],
        "recovery": ["From a failure to the next pass.", *_recoveries(story.recoveries)],
        "pace": _pace(story),
        "cost": ["Cost.", *_costs(story.lanes)],
        "avoided": ["Avoided by aborting.", *_avoided(story)],
    }


def measures(story: Story) -> list[str]:
    """Return everything, pace first: it is the shortest."""
    if not story.lanes:
        return ["Nothing was sent in this session yet."]
    found = dict(sections(story))
    return [*found.pop("pace"), *(line for part in found.values() for line in part)]


def _turns(turns: Sequence[Turn]) -> list[str]:
    found: dict[int, list[str]] = {}
    for turn in turns:
        said = f"{turn.lane} {_VERDICTS[turn.verdict]}"
        if turn.ttff_ms is not None:
            said += f" after {time(turn.ttff_ms)}"
        if turn.attempts > 1:
            said += f" ({turn.passed} of {turn.attempts} passed)"
        found.setdefault(turn.iteration, []).append(said)
    return [f"Iteration {n}: {', '.join(found[n])}." for n in sorted(found, reverse=True)]


def _curves(lanes: Sequence[LaneStory]) -> list[str]:
    out: list[str] = []
    for lane in lanes:
        curve = lane.curve
        if not curve.observed:
            out.append(f"{lane.lane}: nothing observed.")
            continue
        last = curve.points[-1] if curve.points else None
        share = f"{last.share:.0%} ({last.between()})" if last else "0%"
        out.append(f"{lane.lane}: {share}, {curve.failed} of {curve.observed} failed.")
        steps = (f"{point.share:.0%} by {time(point.ms)}" for point in curve.points)
        out += [f"{lane.lane} over time: {', '.join(steps)}."] if curve.points else []
    return out


def _recoveries(found: Sequence[Recovery]) -> list[str]:
    out: list[str] = []
    for recovery in found[-8:]:
        said = "not yet"
        if recovery.seconds is not None:
            said = time(recovery.seconds * 1000)
        elif recovery.clock_jumped:
            said = "unknown: the wall clock went backwards"
        out.append(f"Iteration {recovery.iteration}, {recovery.lane or 'session'}: {said}.")
    return out or ["Nothing failed."]


def _pace(story: Story) -> list[str]:
    pace = story.velocity
    per_minute = "unknown" if pace.per_minute is None else f"{pace.per_minute:.1f}"
    out = [f"{plural(pace.iterations, 'iteration')}, {per_minute} per active minute."]
    return out + [
        f"{race.ratio:.1f} iterations of {race.fast} fit before {race.slow}'s first verdict."
        for race in story.races
    ]


def _costs(lanes: Sequence[LaneStory]) -> list[str]:
    out: list[str] = []
    for lane in lanes:
        each = lane.cost_per_success
        per_pass = "" if each is None else f", {fmt.money(each)} per pass"
        out.append(f"{lane.lane}: {fmt.money(lane.cost_usd)}{per_pass}.")
        if lane.failure_cost is not None:
            out.append(f"{lane.lane} until first failures: {_spent(lane.failure_cost.until)}.")
            out.append(f"{lane.lane} after first failures: {_spent(lane.failure_cost.waste)}.")
    return out


def _spent(spent: Spent) -> str:
    tag = f" ({spent.source})" if spent.usd else ""
    return f"{time(spent.seconds * 1000)}, {_tokens(spent.tokens)}, {fmt.money(spent.usd)}{tag}"


def _tokens(tokens: int | None) -> str:
    return "unknown tokens" if tokens is None else plural(tokens, "token")


def _avoided(story: Story) -> list[str]:
    out = [f"{lane.lane}: {_saved(part)}." for lane in story.lanes for part in lane.avoided]
    audit = story.audit
    if audit.aborted:
        said = f"{plural(audit.aborted, 'abort')}, {audit.audited} audited"
        if audit.rate is not None:
            said += f": {plural(audit.false_aborts, 'false abort')}, {audit.rate.value:.0%} "
            said += f"({audit.rate.between()})"
        out.append(f"{said}.")
    return out or ["Nothing was aborted."]


def _saved(part: AvoidedSum) -> str:
    seconds = time(None if part.seconds is None else part.seconds * 1000)
    money = fmt.money(part.usd)
    attempts = plural(part.attempts, "attempt")
    return f"{_tokens(part.tokens)}, {seconds}, {money}, {part.source}, {attempts}"
