"""Sentences about what watches over a prompt: cases that guard it, other checks of answers."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.api.retro import Rejudged
from workbench.measure.failure import Spent
from workbench.model.attempt import Attempt
from workbench.model.events import CaseJudged
from workbench.text import plural
from workbench.tui.plain.words import time
from workbench.tui.view import format as fmt
from workbench.tui.view.case_watch import CaseWatch
from workbench.tui.view.lines import plain

_STOPPED = {"stopped": ", stopped for a race", "budget": ", stopped at the budget"}


def summary(cases: CaseWatch) -> str:
    """Return how the cases stand: how many pass, what flipped."""
    number, state = cases.number, cases.state
    if state is not None and state.state == "nothing":
        return f"Cases: {plain(cases.line()).removeprefix('cases ')}."
    if number is None:
        return "No case has run yet."
    found = cases.found[number]
    passed = sum(c.verdict == "pass" for c in found.values())
    parts = [f"Cases after iteration {number}: {passed} of {len(found)} passed"]
    flips = cases.flips(number)
    for kind in ("broken", "fixed"):
        count = sum(flip.kind == kind for flip in flips)
        parts += [f"{count} {kind}"] if count else []
    if not flips and cases.before(number):
        parts.append("none flipped")
    mine = state is not None and state.iteration == number
    if state is not None and mine and state.state == "running":
        parts.append(f"{state.total} to run in all")
    text = ", ".join(parts)
    if state is not None and mine:
        text += _STOPPED.get(state.state, "")
    return f"{text}. To hear what flipped: flips" if flips else f"{text}."


def guard(cases: CaseWatch) -> list[str]:
    """Return whether cases run, which, and what came of each: flips first, then failures."""
    tags = f" tagged {', '.join(cases.guard.tags)}" if cases.guard.tags else ""
    state = "on" if cases.on else "off. To switch it on: guard on"
    out = [f"The guard is {state}.", f"Cases of {cases.guard.suite}{tags} run after each race."]
    if cases.on or cases.found:
        out.append(summary(cases))
    flips = {(f.after.case, f.after.lane): f.kind for f in cases.flips()}
    return out + [_case(c, flips.get((c.case, c.lane), "")) for _, c in cases.items()]


def _case(judged: CaseJudged, flip: str) -> str:
    word = {"pass": "passed", "fail": "failed"}.get(judged.verdict, judged.verdict)
    why = f", {judged.check}: {judged.reason.rstrip('.')}" if judged.check else ""
    flipped = f"{flip.capitalize()}: " if flip else ""
    return f"{flipped}case {judged.case}, {judged.lane} {word}{why}."


# -- other checks for old answers ---------------------------------------------------------------


def recheck(found: Sequence[Rejudged]) -> list[str]:
    """Return what other checks make of old answers: how many in all, those that changed, then the
    others.
    """
    changed = [r for r in found if r.changed]
    before = sum(r.original.verdict == "pass" for r in found)
    now = sum(r.now.verdict == "pass" for r in found)
    head = f"{plural(len(found), 'answer')}: {before} passed, now {now}."
    same = [r for r in found if not r.changed]
    unread = dict.fromkeys(text for r in found for text in r.unread)
    return [
        head,
        f"{len(changed)} come out differently.",
        *(f"Left out, it cannot be read here or would run code: {text}" for text in unread),
        *map(_rejudged, changed),
        *map(_rejudged, same),
    ]


def _rejudged(r: Rejudged) -> str:
    was, now = r.original, r.now
    who = now.lane if now.row is None else f"{now.lane}, row {now.row}"
    if was.verdict == now.verdict:
        parts = [f"Iteration {now.iteration}, {who}: still {_verdict(now)}"]
    else:
        parts = [f"Iteration {now.iteration}, {who}: was {_verdict(was)}, is {_verdict(now)}"]
    if was.ttff_ms != now.ttff_ms:
        parts.append(f"first failure was {_when(was.ttff_ms)}, is {_when(now.ttff_ms)}")
    if was.abort_ms != r.abort_ms:
        parts.append(f"abort was {_when(was.abort_ms)}, is {_when(r.abort_ms)}")
    if r.spent != r.was_spent:
        parts.append(f"cost was {_spent(r.was_spent)}, is {_spent(r.spent)}")
    if r.saved is not None:
        tokens = "" if r.saved.tokens is None else f", {plural(r.saved.tokens, 'token')}"
        parts.append(f"an abort saves {time((r.saved.seconds or 0.0) * 1000)}{tokens}")
    parts += ["the recording was cut"] if r.partial else []
    return "; ".join(parts) + "."


def _verdict(attempt: Attempt) -> str:
    first = attempt.first_failure
    if first is None or attempt.verdict == "pass":
        return attempt.verdict
    why = f", {first.reason.rstrip('.')}" if first.reason else ""
    return f"{attempt.verdict} ({first.check or first.kind}{why})"


def _when(ms: float | None) -> str:
    return "never" if ms is None else f"after {time(ms)}"


def _spent(spent: Spent | None) -> str:
    if spent is None:
        return "unknown"
    tokens = "unknown" if spent.tokens is None else str(spent.tokens)
    return f"{tokens} tokens" + ("" if spent.usd == 0 else f" {fmt.money(spent.usd)}")
