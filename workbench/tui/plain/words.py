"""What is said: sentences in plain words, made of what the view-model knows. No signs, no art."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from workbench.diffing.records import Diff, Options
from workbench.model.events import LaneReady
from workbench.model.fold import LiveAttempt, LiveIteration
from workbench.model.prompt import BRACED, VARIABLE
from workbench.model.verdict import CheckResult, FirstFailure
from workbench.suites.case import Case
from workbench.text import plural
from workbench.tui.plain.spelling import quoted
from workbench.tui.plain.voice import ORPHANS
from workbench.tui.view import format as fmt
from workbench.tui.view.compare import Pair, compare, noise
from workbench.tui.view.lines import plain as text_of
from workbench.tui.view.state import ViewModel
from workbench.tui.view.sums import Totals

AROUND = 40
"""Characters said before and after the place of a failure."""

BEFORE = 3
"""Words said before a change."""

_STATES = {
    "truncated": "was cut off by the provider",
    "aborted": "was aborted",
    "cancelled": "was stopped",
    "error": "ended with an error",
}


def time(ms: float | None) -> str:
    """Return a time in words that are read well: ``212 ms``, ``2.31 s``, ``2 min 3 s``."""
    if ms is None:
        return "unknown"
    text = fmt.duration(ms)
    minutes, _, seconds = text.partition(" m ")
    return f"{minutes} min {int(seconds[:-2])} s" if seconds else text


def readiness(ready: LaneReady) -> str:
    """Return how far a lane is with making itself ready, as a sentence."""
    if ready.ready:
        return f"{ready.lane} is ready."
    return f"{ready.lane}: {ready.status} {ready.hint}".strip()


def which(attempt: LiveAttempt) -> str:
    """Return who failed, at which data row, and why."""
    row = attempt.queued.row
    who = attempt.queued.lane if row is None else f"row {row}, {attempt.queued.lane}"
    found = attempt.first_failure
    return who if found is None else f"{who} {failure(found)}"


def so_far(attempt: LiveAttempt) -> str:
    """Return how far an attempt is that still runs."""
    name = attempt.queued.lane
    if attempt.chars:
        return f"{name} has said {plural(attempt.chars, 'character')}"
    if attempt.reasoning_parts:
        return f"{name} is thinking"
    return f"{name} is {attempt.status or attempt.state}"


def failure(found: FirstFailure) -> str:
    """Return a first failure as a sentence: which check, after how long, where and why."""
    where = ""
    if found.at_char is not None and found.kind == "check":
        where = f", at character {found.at_char}"
    what = "" if found.kind == "provider" else f" {found.check or found.kind}"
    why = f": {found.reason.removesuffix('.')}" if found.reason else ""
    return f"failed{what} after {time(found.ms)}{where}{why}"


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
    if ended.error is None or attempt.text:
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


def quote(text: str) -> list[str]:
    """Return the lines of what somebody else wrote. They stand two spaces to the right: Workbench's
    own words never do, so nobody can speak with its voice.
    """
    return ["  " + line for line in text.removesuffix("\n").split("\n")]


def which_of(found: Sequence[LiveAttempt], shown: LiveAttempt) -> list[str]:
    """Say which of a lane's several attempts is shown and how many of them passed."""
    if len(found) < 2:
        return []
    place = next((i for i, a in enumerate(found, 1) if a is shown), 1)
    passed = sum(a.verdict == "pass" for a in found)
    name = shown.queued.lane
    return [f"{name}, attempt {place} of {len(found)}, {passed} passed."]


def answer(attempt: LiveAttempt, limit: int | None = None) -> list[str]:
    """Return how long an answer is, its lines, at most *limit* of them, and how many are left."""
    name, text = attempt.queued.lane, attempt.text
    if not text:
        return [f"{name} has said nothing."]
    lines = quote(text)
    few = limit is None or len(lines) <= limit + ORPHANS
    shown = lines if few else lines[:limit]
    out = [f"{name} says, {plural(len(lines), 'line')}:", *shown]
    if len(shown) < len(lines):
        out.append(f"{plural(len(lines) - len(shown), 'more line')}. To hear them: show {name}")
    return out


def why(attempt: LiveAttempt) -> list[str]:
    """Return everything that failed in an attempt, with the text around the place."""
    name, first = attempt.queued.lane, attempt.first_failure
    failed = [c for c in attempt.checks if c.verdict in ("fail", "error")]
    out: list[str] = []
    if attempt.ended is not None and attempt.ended.error is not None:
        out.append(f"{name}: {_how(attempt)}.")
    elif first is not None:
        out.append(f"{name} {failure(first)}.")
        own = next((c for c in failed if c.name == first.check and c.ms == first.ms), None)
        if own is not None:
            failed.remove(own)
            out += _place(own, attempt.text)
    for check in failed:
        kind = "Warning" if check.severity == "warn" else "Failure too"
        kind = "Broken check" if check.verdict == "error" else kind
        out.append(f"{kind}: {check.name}, after {time(check.ms)}. {check.reason}")
        out += _place(check, attempt.text)
    return out or [f"{name}: nothing failed."]


def _place(check: CheckResult, text: str) -> list[str]:
    if check.at_char is None or check.at_char >= len(text):
        return []
    before = text[max(0, check.at_char - AROUND) : check.at_char]
    after = text[check.at_char : check.at_char + AROUND]
    where = f": after {quoted(before)} comes" if before else ", the start:"
    return [f"The place, character {check.at_char}{where} {quoted(after)}"]


def case(made: Case, suite: str) -> list[str]:
    """Return what a case holds."""
    evidence = made.evidence
    out = [f"Case {made.id}, for {suite}."]
    if evidence is not None:
        out.append(f"{evidence.lane} failed {evidence.check or 'it'}: {evidence.reason}")
    out.append(f"Checks: {', '.join(made.checks) or 'none'}.")
    for message in made.messages:
        out += [f"{message.role.capitalize()} message:", *quote(message.content)]
    if evidence is not None:
        out += ["The failing answer:", *quote(evidence.answer)]
    return out


def summary(model: ViewModel, iteration: LiveIteration, *, alone: bool = False) -> str:
    """Return an iteration in one sentence; unless *alone*, with the one it is compared with."""
    here = model.index_of(iteration)
    now = here.totals()
    first = "nothing failed"
    if now.first_failure is not None:
        first = f"first failure after {time(now.first_failure)}"
    text = f"Iteration {iteration.number}: {now.passed} of {now.attempts} passed, {first}"
    before = model.previous if iteration is model.iteration and not alone else None
    if before is not None and here.asked_alike(model.index_of(before)):
        then = model.index_of(before).totals()
        text += f"; iteration {before.number} had {then.passed} of {then.attempts}"
    elif before is not None:
        text += f"; iteration {before.number} asked others"
    return text + "."


def totals(model: ViewModel, iteration: LiveIteration) -> list[str]:
    """Return what an iteration took in all, with the change where it can be compared."""
    here, before = model.index_of(iteration), model.previous
    now, then = here.totals(), Totals()
    if before is not None and here.spent_alike(model.index_of(before)):
        then = model.index_of(before).totals()
    than = "" if before is None else f" than iteration {before.number}"
    tokens = "unknown" if now.tokens is None else str(now.tokens)
    changes = (
        _changed(now.tokens, then.tokens, lambda n: str(round(n))),
        _changed(now.end, then.end, time),
        _changed(now.usd, then.usd, fmt.money),
    )
    figures = (f"Tokens: {tokens}", f"Slowest: {time(now.end)}", f"Cost: {fmt.money(now.usd)}")
    return [
        f"{figure}{f', {change}{than}' if change else ''}."
        for figure, change in zip(figures, changes, strict=True)
    ]


def _changed(now: float | None, before: float | None, say: Callable[[float], str]) -> str:
    if now is None or before is None or now == before:
        return ""
    return f"{say(abs(now - before))} {'more' if now > before else 'less'}"


def no_variables(text: str) -> list[str]:
    """Say of everything that only looks like a variable that it is none."""
    braced = (found for found in BRACED.finditer(text) if not VARIABLE.fullmatch(found[0]))
    names = dict.fromkeys(found[0] for found in braced)
    return [f"{quoted(name)} is no variable: it is sent as it stands." for name in names]


def story(attempts: Iterable[LiveAttempt]) -> list[str]:
    """Return what happened in attempts of one iteration, in order, each with its time on the race's
    clock.
    """
    told: list[tuple[float, str]] = []
    for attempt in attempts:
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


def difference(pair: Pair, options: Options | None = None) -> list[str]:
    """Return what changed between two texts: how much in all, then a line for each change."""
    found = compare(pair, options)
    head = f"{pair.what}, {pair.a_name} against {pair.b_name}"
    if not found.changed:
        same = "the same" if pair.a == pair.b else "the same but for what is ignored"
        return [f"{head}: {same}."]
    changes = _structure(found) if found.changes else _changes(found, pair)
    alike = f"{found.summary.similarity:.0%} alike"
    out = [f"{head}: {plural(len(changes), 'change')}, {alike}."]
    if variation := text_of(noise(pair, options)):
        out.append(f"Against the lane's own variation: {variation}.")
    return out + changes


def _structure(found: Diff) -> list[str]:
    """Return a sentence for each change of structure of a comparison by JSON."""
    out: list[str] = []
    for change in found.changes:
        place = (change.path if change.path is not None else change.to) or "/"
        text = f"{change.kind.capitalize()} {place}"
        if change.kind == "moved":
            text += f" to {change.to}"
        elif change.a is not None and change.b is not None:
            text += f" from {quoted(change.a)} to {quoted(change.b)}"
        else:
            text += f": {quoted(change.a or change.b or '')}"
        out.append(text)
    return out


def _changes(found: Diff, pair: Pair) -> list[str]:
    """Return a sentence for each change; what is joined by signs alone is one change."""
    out: list[str] = []
    removed = added = ""
    place = 0
    for op in found.ops:
        same = pair.a[op.a[0] : op.a[1]] if op.kind == "equal" else ""
        if any(map(str.isalnum, same)):
            out += _change(removed, added, pair, place)
            removed = added = ""
        elif removed or added:
            removed, added = removed + same, added + same
        if op.kind != "equal":
            place = place if removed or added else op.b[0]
            removed, added = removed + op.removed, added + op.added
    return out + _change(removed, added, pair, place)


def _change(removed: str, added: str, pair: Pair, place: int) -> list[str]:
    """Return the change first, then where it is in the newer text: its line, the words before."""
    removed, added = removed.strip(), added.strip()
    if removed == added:
        return []
    if removed and added:
        said = f"Changed {quoted(removed)} to {quoted(added)}"
    else:
        said = f"Removed {quoted(removed)}" if removed else f"Added {quoted(added)}"
    before = pair.b[:place]
    line = 1 if pair.what == "prompt" else before.count("\n") + 1  # of two messages: of neither
    words = before.rpartition("\n")[2].split()[-BEFORE:]
    where = f", line {line}" if line > 1 else ""
    return [said + where + (f", after {quoted(' '.join(words)[-AROUND:])}" if words else "")]
