"""What is said: sentences in plain words, made of what the view-model knows. No signs, no art."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.diffing.records import Diff
from workbench.model.fold import LiveAttempt, LiveIteration
from workbench.model.verdict import FirstFailure
from workbench.suites.case import Case
from workbench.text import plural
from workbench.tui import format as fmt
from workbench.tui.compare import Pair, compare
from workbench.tui.rows import totals
from workbench.tui.state import ViewModel

LONG = 20
"""Lines of an answer that are said without being asked for."""

AROUND = 40
"""Characters said before and after the place of a failure."""

_STATES = {
    "truncated": "was cut off by the provider",
    "aborted": "was aborted",
    "cancelled": "was stopped",
    "error": "ended with an error",
}


def time(ms: float | None) -> str:
    """Return a time in words that are read well: ``212 ms``, ``2.31 s``; unknown without one."""
    return "unknown" if ms is None else fmt.duration(ms)


def failure(found: FirstFailure) -> str:
    """Return a first failure as a sentence: which check, after how long, where and why."""
    where = ""
    if found.at_char is not None and found.kind == "check":
        where = f", at character {found.at_char}"
    what = found.check or found.kind
    why = f": {found.reason}" if found.reason else ""
    return f"failed {what} after {time(found.ms)}{where}{why}"


def verdict(attempt: LiveAttempt, *, heard: bool = False) -> str:
    """Return how an attempt ended: passed or failed and why, how long and how much. Where the
    failure was *heard* already, it is only named.
    """
    name = attempt.queued.lane
    ended, first = attempt.ended, attempt.first_failure
    if ended is None:
        return f"{name}: {attempt.state}."
    known = heard and first is not None and first.kind != "provider"
    how = f"failed {first.check or first.kind}" if first is not None and known else _how(attempt)
    parts = [f"{name}: {how}"]
    if ended.state in _STATES and ended.error is None:
        parts.append(f"It {_STATES[ended.state]} after {time(ended.ms)}")
    else:
        parts.append(f"It took {time(ended.ms)}")
    parts.append(_size(attempt))
    return (
        ". ".join(part[:1].upper() + part[1:] if i else part for i, part in enumerate(parts)) + "."
    )


def _how(attempt: LiveAttempt) -> str:
    ended = attempt.ended
    if ended is not None and ended.error is not None:
        return f"{ended.error.message.rstrip('.')}. {ended.error.hint}".strip().rstrip(".")
    if attempt.first_failure is not None:
        return failure(attempt.first_failure)
    broken = next((c for c in attempt.checks if c.verdict == "error"), None)
    if broken is not None:
        return f"check {broken.name} broke: {broken.reason}"
    passed = sum(c.verdict == "pass" for c in attempt.checks)
    if not attempt.checks:
        return "answered, without checks"
    if attempt.verdict == "pass":
        return f"passed {plural(len(attempt.checks), 'check')}"
    return f"{passed} of {plural(len(attempt.checks), 'check')} passed"


def _size(attempt: LiveAttempt) -> str:
    ended = attempt.ended
    if ended is None or ended.tokens.output is None:
        return plural(attempt.chars, "character")
    about = "about " if ended.tokens.source == "estimated" else ""
    return about + plural(ended.tokens.output, "token")


def answer(attempt: LiveAttempt, limit: int | None = None) -> list[str]:
    """Return an answer's lines, at most *limit* of them, and how many more there are."""
    name, text = attempt.queued.lane, attempt.text
    if not text:
        return [f"{name} has said nothing."]
    lines = text.split("\n")
    out = [f"{name} says:", *(lines if limit is None else lines[:limit])]
    if limit is not None and len(lines) > limit:
        out.append(f"{plural(len(lines) - limit, 'more line')}. To hear them: show {name}")
    return out


def why(attempt: LiveAttempt) -> list[str]:
    """Return everything that failed in an attempt, with the text around the place."""
    name = attempt.queued.lane
    out: list[str] = []
    if attempt.first_failure is not None:
        out.append(f"{name} {failure(attempt.first_failure)}.")
    text = attempt.text
    for check in attempt.checks:
        if check.verdict not in ("fail", "error"):
            continue
        kind = "warning" if check.severity == "warn" else "failure"
        kind = "broken check" if check.verdict == "error" else kind
        out.append(f"{kind.capitalize()}: {check.name}, after {time(check.ms)}. {check.reason}")
        if check.at_char is not None and check.at_char < len(text):
            before = text[max(0, check.at_char - AROUND) : check.at_char]
            after = text[check.at_char : check.at_char + AROUND]
            out.append(f"The place, character {check.at_char}: {before!r} and then {after!r}")
    return out or [f"{name}: nothing failed."]


def case(made: Case, suite: str) -> list[str]:
    """Return what a case holds."""
    evidence = made.evidence
    out = [f"Case {made.id}, for {suite}."]
    if evidence is not None:
        out.append(f"{evidence.lane} failed {evidence.check or 'it'}: {evidence.reason}")
    out.append(f"Checks: {', '.join(made.checks) or 'none'}.")
    for message in made.messages:
        out += [f"{message.role.capitalize()} message:", *message.content.split("\n")]
    if evidence is not None:
        out += ["The failing answer:", *evidence.answer.split("\n")]
    return out


def summary(model: ViewModel, iteration: LiveIteration) -> str:
    """Return an iteration in one sentence, with its change against the one before it."""
    now = totals(iteration)
    first = "nothing failed"
    if now.first_failure is not None:
        first = f"first failure after {time(now.first_failure)}"
    text = f"Iteration {iteration.number}: {now.passed} of {now.attempts} passed, {first}"
    before = model.previous if iteration is model.iteration else None
    if before is not None:
        then = totals(before)
        text += f"; iteration {before.number} had {then.passed} of {then.attempts}"
    return text + "."


def story(iteration: LiveIteration) -> list[str]:
    """Return what happened in an iteration in the order in which it happened, each with its time
    on the race's clock.
    """
    told: list[tuple[float, str]] = []
    for attempt in iteration.attempts.values():
        zero = attempt.started.race_ms if attempt.started is not None else 0.0
        name = attempt.queued.lane
        if attempt.times:
            told.append((zero + attempt.times[0], f"{name} says its first words"))
        for check in attempt.checks:
            if check.ms is not None:
                word = {"pass": "passes", "fail": "fails", "error": "breaks"}[check.verdict]
                why = f": {check.reason}" if check.verdict != "pass" and check.reason else ""
                told.append((zero + check.ms, f"{name} {word} {check.name}{why}"))
        if attempt.ended is not None:
            told.append((zero + attempt.ended.ms, f"{name} ends, {attempt.state}"))
    return [f"{time(ms)}: {text}." for ms, text in sorted(told, key=lambda pair: pair[0])]


def difference(pair: Pair) -> list[str]:
    """Return what changed between two texts: one line for each change, in order."""
    found = compare(pair)
    head = f"{pair.what}, {pair.a_name} against {pair.b_name}"
    if not found.changed:
        same = "the same" if pair.a == pair.b else "the same but for white space"
        return [f"{head}: {same}."]
    changes = _changes(found, pair.a)
    return [f"{head}: {plural(len(changes), 'change')}.", *changes]


def _changes(found: Diff, old: str) -> list[str]:
    """Return a sentence for each change; what is joined by signs alone is one change."""
    out: list[str] = []
    removed = added = ""
    for op in found.ops:
        same = old[op.a[0] : op.a[1]] if op.kind == "equal" else ""
        if any(map(str.isalnum, same)):
            out += _change(removed, added)
            removed = added = ""
        elif removed or added:
            removed, added = removed + same, added + same
        if op.kind != "equal":
            removed, added = removed + op.removed, added + op.added
    return out + _change(removed, added)


def _change(removed: str, added: str) -> list[str]:
    removed, added = removed.strip(), added.strip()
    if removed == added:
        return []
    if removed and added:
        return [f"Changed {removed!r} to {added!r}"]
    return [f"Removed {removed!r}" if removed else f"Added {added!r}"]


def prompt(model: ViewModel) -> list[str]:
    """Return the draft: its messages, variables, checks and lanes."""
    draft = model.draft
    out = [f"System: {draft.prompt.system or 'none'}", "User:", *draft.prompt.user.split("\n")]
    names = draft.prompt.variables()
    out += [f"Variable {name}: {draft.variables.get(name, 'has no value')}" for name in names]
    out += [f"Check {number}: {text}" for number, text in enumerate(draft.checks, 1)]
    return [*out, f"Lanes in the race: {', '.join(model.in_view)}."]


def lanes(model: ViewModel) -> list[str]:
    """Return every lane: in the race or not, and how far it is with making itself ready."""
    out: list[str] = []
    for lane in model.lanes.values():
        ready = model.fold.lanes.get(lane.name)
        state = "not asked yet" if ready is None else f"{ready.status} {ready.hint}".strip()
        racing = "in the race" if lane.name in model.in_view else "not in the race"
        out.append(f"{lane.name}: {racing}, {lane.provider} {lane.model}, {state}.")
    return out


def history(model: ViewModel, numbers: Sequence[int]) -> list[str]:
    """Return one line for each iteration."""
    out: list[str] = []
    for number in numbers:
        iteration = model.fold.iterations[number]
        star = ", starred" if iteration.marks.star else ""
        here = ", in view" if number == model.selected else ""
        parent = iteration.started.parent
        branch = f", from iteration {parent}" if parent not in (None, number - 1) else ""
        words = " ".join(iteration.started.prompt.user.split())[:60]
        out.append(f"{summary(model, iteration)[:-1]}{branch}{star}{here}. {words}")
    return out
