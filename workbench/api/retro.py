"""Checks asked of recorded streams: other verdicts for old answers, without one request.

A recorded attempt is judged by the same code as a live one, from its chunks and their times, so
verdict, offset and time to first failure are those it would have had. The recording is never
changed: original and recomputed attempt stand side by side.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from workbench.checks.pipeline import Pipeline
from workbench.checks.syntax import CheckSpec, for_lane, parse_check, parse_checks
from workbench.engine.abort import AbortPolicy
from workbench.engine.judging import Judgement, StreamJudge
from workbench.errors import PromptError, UnknownName, UsageError
from workbench.measure.failure import Spent
from workbench.measure.pricing import Price, PriceBook
from workbench.model.attempt import Attempt, Avoided, Channel, Cost, Tokens
from workbench.model.events import (
    AttemptEnded,
    AttemptQueued,
    AttemptStarted,
    Chunks,
    FailedFirst,
    VerdictReached,
)
from workbench.model.fold import LiveAttempt
from workbench.model.lane import Lane
from workbench.model.prompt import estimated_tokens
from workbench.model.session import Iteration, Session
from workbench.records import dataclass

RUNS_ELSEWHERE = frozenset({"python", "judge"})
"""Checks that run a person's code or send a request: never because a recording names them."""

NEVER = AbortPolicy()
_PLAIN = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class Rejudged:
    """One attempt before and after.

    ``saved`` is what an abort on the first failure would have saved, counted on the recording;
    None when nothing failed or nothing came after it. ``partial`` says that the recording was cut
    (aborted or cancelled), so that checks which need the end could not decide. ``abort_ms`` is when
    the iteration's own rule would have aborted it now, ``spent`` what it would have spent then;
    None where it would have gone on beyond the end of a cut recording, which nobody knows.
    ``unread`` are recorded checks that cannot be read here, or must not run (see
    :data:`RUNS_ELSEWHERE`).
    """

    original: Attempt
    now: Attempt
    saved: Avoided | None
    partial: bool
    abort_ms: float | None = None
    spent: Spent | None = None
    unread: tuple[str, ...] = ()

    @property
    def was_spent(self) -> Spent:
        """What the attempt really spent."""
        a = self.original
        return Spent((a.total_ms or 0.0) / 1000, a.tokens.output, a.cost.usd, a.cost.source)

    @property
    def changed(self) -> bool:
        """True when the attempt's verdict, its time to first failure or its abort is another."""
        before, after = self.original, self.now
        return (before.verdict, before.ttff_ms, before.abort_ms) != (
            after.verdict,
            after.ttff_ms,
            self.abort_ms,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What to do with the checks of every iteration: ``only`` replaces them all, else ``drop``
    takes some away and ``add`` puts others behind. Checks are texts such as ``max_words:40``.
    ``drop`` takes their text, label or name; ``without`` lines of :func:`recorded_lines` alone.
    """

    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()


def recorded_lines(session: Session) -> tuple[str, ...]:
    """Return every check of the session once, in order: those of iterations (and of their data
    rows) as they stand, those of a lane with ``lanes=`` before them.
    """
    lines: dict[str, None] = {}
    for iteration in session.iterations:
        lines.update(dict.fromkeys(iteration.checks))
        for row in iteration.rows:
            lines.update(dict.fromkeys(row.checks))
        for lane in iteration.lanes:
            lines.update(dict.fromkeys(lane_line(lane, text) for text in lane.own_checks))
    return tuple(lines)


def lane_line(lane: Lane, text: str) -> str:
    """Return a lane's own check as a line that says whose it is."""
    plain = _PLAIN.fullmatch(lane.name) is not None
    return f"lanes={lane.name if plain else json.dumps(lane.name)} {text}"


def edited(session: Session, lines: Sequence[str]) -> Change:
    """Return the change that makes :func:`recorded_lines` into *lines*: what is the same stays
    with the iterations and lanes it was recorded with.
    """
    recorded = recorded_lines(session)
    return Change(
        add=tuple(line for line in dict.fromkeys(lines) if line not in recorded),
        without=tuple(line for line in recorded if line not in lines),
    )


def recheck(
    session: Session,
    change: Change,
    *,
    folder: Path | None = None,
    price: Price | None = None,
) -> tuple[Rejudged, ...]:
    """Judge every ended attempt of *session* again under changed checks.

    *folder* is where files named by added checks are read. Recorded checks read no files and run
    no code: a session may be somebody else's. Those that would are left out and named.

    Raises:
        CheckSyntaxError: an added check cannot be read.
        UnknownName: a check to be dropped is nowhere in the session.

    *price* says what tokens cost; without it the lanes' own prices and the price list do.
    """
    added = parse_checks(change.add, folder)
    only = None if change.only is None else parse_checks(change.only, folder)
    _must_exist(session, change.drop)
    if price is None:
        price = PriceBook.of(lane for it in session.iterations for lane in it.lanes).cost
    found = []
    for iteration in session.iterations:
        own = iteration.checks_by_row()
        for attempt in iteration.attempts:
            if attempt.total_ms is None:
                continue
            lane = _lane(iteration, attempt)
            unread: tuple[str, ...] = ()
            if only is not None:
                specs = for_lane(only, lane.name)
            else:
                kept, unread = _kept(own.get(attempt.row, iteration.checks), lane, change)
                specs = (*for_lane(kept, lane.name), *for_lane(added, lane.name))
            policy = AbortPolicy(iteration.abort, iteration.abort_on, cap=lane.cap)
            judged = rejudge(attempt, lane, specs, price, policy, _asked(iteration, attempt.row))
            found.append(replace(judged, unread=unread))
    return tuple(found)


def _kept(
    recorded: Sequence[str], lane: Lane, change: Change
) -> tuple[list[CheckSpec], tuple[str, ...]]:
    """Return the recorded checks that stay, and those that cannot be read."""
    whole = [text for text in recorded if text not in change.without]
    own = {text: lane_line(lane, text) for text in lane.own_checks}
    own = {text: line for text, line in own.items() if not {line} & {*change.without, *change.drop}}
    specs, unread = _readable((*whole, *own))
    return [s for s in specs if not _names(s) & set(change.drop)], unread


def rejudge(
    attempt: Attempt,
    lane: Lane,
    specs: Sequence[CheckSpec],
    price: Price | None = None,
    policy: AbortPolicy = NEVER,
    asked: int = 0,
) -> Rejudged:
    """Judge one recorded attempt by *specs*; see :class:`Rejudged`. *asked* is about how many
    tokens its prompt has.
    """
    pipeline = Pipeline(specs)
    cost = None if price is None else _counter(lane, price, asked)
    judge = StreamJudge(attempt.number, pipeline, cost_so_far=cost)
    queued = AttemptQueued(
        attempt.number,
        attempt.iteration,
        attempt.lane,
        attempt.model,
        attempt.repeat,
        pipeline.names,
        pipeline.severities,
        attempt.retry_of,
        attempt.fallback_of,
        attempt.origin,
        attempt.row,
    )
    live = LiveAttempt(queued)
    verdicts: list[VerdictReached] = []
    if attempt.utc is not None:
        live.apply(AttemptStarted(attempt.number, attempt.utc, attempt.race_ms, attempt.connect_ms))
    for ms, channel, text in timeline(attempt):
        live.apply(Chunks(attempt.number, ((ms, text),), channel))
        verdicts += _take(live, judge.chunk(ms, text, channel))
    verdicts += _take(live, _end(judge, attempt))
    live.apply(_ended(attempt))
    now = replace(live.record(), tokens_per_s=attempt.tokens_per_s)
    partial = attempt.state in ("aborted", "cancelled")
    cause = next((v for v in verdicts if policy.wants(v)), None)
    if cause is not None and cause.ms >= (attempt.total_ms or 0.0) and not partial:
        cause = None  # decided by the end: there is nothing left to abort
    found = Rejudged(
        attempt, now, _saved(now, lane, price), partial, None if cause is None else cause.ms
    )
    if cause is not None:
        return replace(found, spent=_spent(attempt, cause, lane, price))
    return found if partial else replace(found, spent=found.was_spent)


def _spent(attempt: Attempt, cause: VerdictReached, lane: Lane, price: Price | None) -> Spent:
    """Return what was spent when *cause* would have aborted the attempt."""
    tokens = Tokens(attempt.tokens.prompt, cause.at_token, source="estimated")
    cost = Cost() if price is None else price(lane, tokens)
    return Spent(cause.ms / 1000, cause.at_token, cost.usd, cost.source)


def timeline(attempt: Attempt) -> list[tuple[float, Channel, str]]:
    """Return every recorded chunk of both channels in order of time."""
    items: list[tuple[float, Channel, str]] = [
        *((ms, "reasoning", text) for ms, text in attempt.reasoning_chunks),
        *((ms, "answer", text) for ms, text in attempt.chunks),
    ]
    return sorted(items, key=lambda item: item[0])


def _end(judge: StreamJudge, attempt: Attempt) -> Judgement:
    """End the judging as the engine would have: see what a state means there."""
    ms = attempt.total_ms or 0.0
    if attempt.state in ("aborted", "cancelled"):
        return judge.timer(ms)  # a deadline may have passed after the last chunk
    whole = attempt.state == "complete" or attempt.finish_reason == "length"
    if whole:
        return judge.end(ms)
    recorded = attempt.first_failure
    if recorded is None or recorded.kind != "provider":
        reason = "The stream stopped before the provider said it was complete."
        return judge.provider_failed(ms, attempt.error.message if attempt.error else reason)
    judged = judge.timer(ms)
    if judge.failed:
        return judged
    r = recorded  # it stays the first failure, as it was recorded
    failed = FailedFirst(attempt.number, r.kind, r.check, r.at_char, r.at_token, r.ms, r.reason)
    return Judgement(judged.verdicts, failed)


def _take(live: LiveAttempt, judged: Judgement) -> Sequence[VerdictReached]:
    for verdict in judged.verdicts:
        live.apply(verdict)
    if judged.failed is not None:
        live.apply(judged.failed)
    return judged.verdicts


def _ended(attempt: Attempt) -> AttemptEnded:
    return AttemptEnded(
        attempt.number,
        attempt.state,
        attempt.total_ms or 0.0,
        attempt.tokens,
        attempt.cost,
        attempt.avoided,
        attempt.finish_reason,
        attempt.error,
        attempt.clock_error_ms,
        attempt.served_model,
        attempt.request_id,
        attempt.provider_data,
    )


def _saved(attempt: Attempt, lane: Lane, price: Price | None) -> Avoided | None:
    """What came after the first failure: the recording knows it, nothing is guessed."""
    failure, total = attempt.first_failure, attempt.total_ms
    if failure is None or total is None or total <= failure.ms:
        return None
    output = attempt.tokens.output
    tokens = None if output is None else max(0, output - failure.at_token)
    seconds = (total - failure.ms) / 1000
    usd = None
    if price is not None and tokens is not None:
        usd = price(lane, Tokens(0, tokens, source="estimated")).usd
    return Avoided(tokens, seconds, usd, attempt.tokens.source, "counted on the recording")


def _counter(lane: Lane, price: Price, asked: int) -> Callable[[int], float | None]:
    def so_far(tokens: int) -> float | None:
        return price(lane, Tokens(asked, tokens, source="estimated")).usd

    return so_far


def _asked(iteration: Iteration, row: str | None) -> int:
    try:
        return estimated_tokens(iteration.messages(row))
    except PromptError:  # a damaged record
        return 0


def _lane(iteration: Iteration, attempt: Attempt) -> Lane:
    found = next((lane for lane in iteration.lanes if lane.name == attempt.lane), None)
    return found or Lane(attempt.lane, "unknown", attempt.model)


def _readable(texts: Iterable[str]) -> tuple[list[CheckSpec], tuple[str, ...]]:
    """Read recorded checks; those that cannot be read are returned as they stand."""
    specs, unread = [], []
    for text in texts:
        try:
            spec = parse_check(text)
        except UsageError:
            unread.append(text)
            continue
        if any(part.name in RUNS_ELSEWHERE for part in spec.parts()):
            unread.append(text)
        else:
            specs.append(spec)
    return specs, tuple(unread)


def _names(spec: CheckSpec) -> set[str]:
    return {spec.text, spec.label, spec.name}


def _must_exist(session: Session, drop: Iterable[str]) -> None:
    known: set[str] = set()
    for iteration in session.iterations:
        texts = {*iteration.checks, *(text for lane in iteration.lanes for text in lane.own_checks)}
        texts |= {text for row in iteration.rows for text in row.checks}
        specs, unread = _readable(texts)
        known.update(unread, *map(_names, specs))
        known.update(lane_line(lane, text) for lane in iteration.lanes for text in lane.own_checks)
    for name in drop:
        if name not in known:
            raise UnknownName("check", name, known)
