"""Totals that are kept as attempts change are those of adding all of them up."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.model.attempt import Cost, Tokens
from workbench.model.events import (
    AttemptAborted,
    AttemptEnded,
    AttemptQueued,
    AttemptStarted,
    Chunks,
    Event,
    FailedFirst,
    IterationEnded,
    IterationStarted,
    VerdictReached,
)
from workbench.model.fold import LiveAttempt, LiveIteration
from workbench.model.lane import Lane
from workbench.model.prompt import DataRow, Prompt
from workbench.tui.view import matrix, race, rows
from workbench.tui.view.data_table import DataTable
from workbench.tui.view.draft import Draft
from workbench.tui.view.row_index import Tally
from workbench.tui.view.state import ViewModel
from workbench.tui.view.sums import Totals
from workbench.tui.view.trail import trail

LANES = tuple(Lane(name, "scripted", "m") for name in ("a", "b", "c"))
PROMPT = Prompt("{{ city }}")
ROWS = tuple(DataRow(str(n), {"city": "x"}) for n in range(3))
CHECKS = ("json", "max_words")

NUMBERS = st.integers(1, 14)
MS = st.sampled_from([0.0, 1.5, 20.0, 400.0])
VERDICTS = st.sampled_from(["pass", "fail", "error"])
ENDS = st.sampled_from(["complete", "error", "cancelled", "aborted", "truncated"])
OUTPUTS = st.one_of(st.none(), st.integers(0, 50))
DOLLARS = st.one_of(st.none(), st.sampled_from([0.0, 0.001, 0.25]))

EVENTS = st.one_of(
    st.builds(AttemptStarted, NUMBERS, st.just(""), MS),
    st.builds(lambda n, ms: Chunks(n, ((ms, "word"),)), NUMBERS, MS),
    st.builds(
        lambda n, i, v, ms: VerdictReached(n, i, CHECKS[i], v, 1, 1, ms),
        NUMBERS,
        st.integers(0, 1),
        VERDICTS,
        MS,
    ),
    st.builds(
        lambda n, kind, ms: FailedFirst(n, kind, None, None, None, ms, ""),
        NUMBERS,
        st.sampled_from(["check", "deadline", "provider"]),
        MS,
    ),
    st.builds(lambda n, ms: AttemptAborted(n, ms, None), NUMBERS, MS),
    st.builds(
        lambda n, state, ms, out, usd: AttemptEnded(n, state, ms, Tokens(None, out), Cost(usd)),
        NUMBERS,
        ENDS,
        MS,
        OUTPUTS,
        DOLLARS,
    ),
)


@st.composite
def queues(draw: st.DrawFn) -> list[AttemptQueued]:
    """Attempts in order of number; each may be a further try of one before it, and each of those
    has one further try at most.
    """
    found: list[AttemptQueued] = []
    open_: list[int] = []
    for number in range(1, draw(st.integers(1, 14)) + 1):
        how = draw(st.sampled_from(["first", "first", "retry", "fallback"]))
        before = draw(st.sampled_from(open_)) if open_ and how != "first" else None
        if before is not None:
            open_.remove(before)
        open_.append(number)
        found.append(
            AttemptQueued(
                number,
                1,
                draw(st.sampled_from(LANES)).name,
                "m",
                checks=CHECKS,
                severities=("fail", draw(st.sampled_from(["fail", "warn"]))),
                retry_of=before if how == "retry" else None,
                fallback_of=before if how == "fallback" else None,
                row=draw(st.sampled_from(ROWS)).id,
            )
        )
    return found


def added_up(iteration: LiveIteration) -> Totals:
    """Add up every attempt."""
    attempts = list(iteration.attempts.values())
    ends = [a.ended for a in attempts if a.ended is not None]
    outputs = [e.tokens.output for e in ends if e.tokens.output is not None]
    known = [e.cost.usd for e in ends if e.cost.usd is not None]
    return Totals(
        attempts=len(attempts),
        passed=sum(a.verdict == "pass" for a in attempts),
        decided=sum(a.verdict != "pending" for a in attempts),
        first_failure=min((a.first_failure.ms for a in attempts if a.first_failure), default=None),
        end=max((e.ms for e in ends), default=None),
        tokens=sum(outputs) if outputs else None,
        usd=sum(known) if known and len(known) == len(ends) else None,
        stopped=sum(a.state in ("cancelled", "error") for a in attempts),
    )


def counted(iteration: LiveIteration, lane: str) -> Tally:
    """Count a lane's attempts: of each, the last try."""
    attempts = iteration.attempts

    def place(attempt: LiveAttempt) -> str:
        before = attempt.queued.retry_of or attempt.queued.fallback_of
        return place(attempts[before]) if before in attempts else attempt.queued.lane

    repeated = {a.queued.retry_of or a.queued.fallback_of for a in attempts.values()}
    last = [a for n, a in attempts.items() if n not in repeated and place(a) == lane]
    decided = [a for a in last if a.verdict != "pending"]
    return Tally(len(last), len(decided), sum(a.verdict == "pass" for a in decided))


def same_totals(kept: Totals, walked: Totals) -> bool:
    """Money is added in another order."""
    money = kept.usd, walked.usd
    alike = money == (None, None) or (
        None not in money and math.isclose(kept.usd or 0, walked.usd or 0, abs_tol=1e-12)
    )
    others = [
        (t.attempts, t.passed, t.decided, t.first_failure, t.end, t.tokens) for t in (kept, walked)
    ]
    return alike and others[0] == others[1]


@given(queues(), st.lists(st.lists(EVENTS, max_size=6), max_size=12), st.data())
def test_totals_and_tallies_are_those_of_a_full_walk_after_every_batch(
    queued: list[AttemptQueued], batches: list[list[Event]], data: st.DataObject
) -> None:
    model = ViewModel(LANES, Draft(PROMPT, CHECKS, rows=ROWS))
    model.apply([IterationStarted(1, PROMPT, LANES, CHECKS, "", rows=ROWS)])
    waiting = list(queued)
    for batch in batches:
        come = data.draw(st.integers(0, len(waiting)))
        new, waiting = waiting[:come], waiting[come:]
        model.apply([*new, *batch])
        iteration = model.fold.iterations[1]
        if data.draw(st.booleans()):  # a frame may come after several batches
            index = model.index_of(iteration)
            assert same_totals(index.totals(), added_up(iteration))
            for lane in LANES:
                assert index.tally(lane.name) == counted(iteration, lane.name)


def test_the_end_of_an_interrupted_session_counts() -> None:
    model = ViewModel(LANES, Draft(PROMPT))
    model.apply([IterationStarted(1, PROMPT, LANES, (), ""), AttemptQueued(1, 1, "a", "m")])
    assert model.index_of(model.fold.iterations[1]).totals().end is None
    model.apply([Chunks(1, ((30.0, "word"),))])
    assert model.close_interrupted()
    assert model.index_of(model.fold.iterations[1]).totals().end == 30.0


def test_text_that_streams_has_nothing_added_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ViewModel(LANES, Draft(PROMPT))
    model.apply([IterationStarted(1, PROMPT, LANES, (), "")])
    model.apply([AttemptQueued(n, 1, "a", "m") for n in range(1, 101)])
    index = model.index_of(model.fold.iterations[1])
    index.totals()
    asked: list[int] = []
    verdict = LiveAttempt.verdict.fget
    assert verdict is not None

    def asking(attempt: LiveAttempt) -> object:
        asked.append(attempt.number)
        return verdict(attempt)

    monkeypatch.setattr(LiveAttempt, "verdict", property(asking))
    model.apply([Chunks(n, ((1.0, "word"),)) for n in range(1, 101)])
    index.totals()
    index.tally("a")
    assert asked == []
    model.apply([AttemptEnded(7, "complete", 3.0)])
    index.totals()
    index.tally("a")
    assert asked == [7]


def test_an_iteration_holds_the_very_rows_of_the_draft_it_was_sent_with() -> None:
    model = ViewModel(LANES, Draft(PROMPT, rows=ROWS))
    copies = tuple(DataRow(row.id, dict(row.values)) for row in ROWS)
    for number in (1, 2):
        model.apply([IterationStarted(number, PROMPT, LANES, (), "", rows=copies)])
        assert model.fold.iterations[number].started.rows is ROWS
    other = (*copies, DataRow("9", {"city": "y"}))
    model.apply([IterationStarted(3, PROMPT, LANES, (), "", rows=other)])
    assert model.fold.iterations[3].started.rows == other
    assert not model.edited


def test_the_reasoning_of_an_attempt_is_counted_beside_its_answer() -> None:
    model = ViewModel(LANES, Draft(PROMPT))
    model.apply([IterationStarted(1, PROMPT, LANES, (), ""), AttemptQueued(1, 1, "a", "m")])
    thought, said = ((1.0, "so "), (2.0, "it is")), ((3.0, "yes"),)
    model.apply([Chunks(1, thought, "reasoning"), Chunks(1, said)])
    attempt = model.fold.attempts[1]
    assert (attempt.reasoning_chars, attempt.chars) == (8, 3)


def test_an_attempt_that_is_told_to_fail_and_end_twice_counts_as_it_was_told_last() -> None:
    model = ViewModel(LANES, Draft(PROMPT))
    model.apply([IterationStarted(1, PROMPT, LANES, (), "")])
    model.apply([AttemptQueued(1, 1, "a", "m"), AttemptQueued(2, 1, "b", "m")])
    index = model.index_of(model.fold.iterations[1])
    for first, later, end in ((0.0, 9.0, 50.0), (7.0, 5.0, 40.0)):
        model.apply([FailedFirst(1, "deadline", None, None, None, first, "")])
        model.apply([FailedFirst(2, "deadline", None, None, None, later, "")])
        model.apply([AttemptEnded(1, "complete", end, Tokens(1, 5), Cost(0.5))])
        found = index.totals()
        assert (found.first_failure, found.end) == (min(first, later), end)
        assert (found.tokens, found.usd) == (5, 0.5)


class Unwalkable(dict[int, LiveAttempt]):
    """Attempts that can be looked up, and not gone through."""

    def __iter__(self) -> Iterator[int]:
        raise AssertionError("a frame went through every attempt")

    keys = values = items = __iter__  # type: ignore[assignment] # none of them


def test_no_part_of_a_frame_goes_through_every_attempt() -> None:
    model = ViewModel(LANES, Draft(PROMPT, CHECKS, rows=ROWS))
    for number, first in ((1, 1), (2, 101)):
        model.apply([IterationStarted(number, PROMPT, LANES, CHECKS, "", rows=ROWS)])
        queued = (AttemptQueued(n, number, "a", "m", row="1") for n in range(first, first + 100))
        model.apply([*queued, AttemptEnded(first, "complete", 2.0, Tokens(1, 5))])
        model.apply([IterationEnded(number, 3.0)] if number == 1 else [])
    table = DataTable(model)
    drawn: list[Callable[[], object]] = [
        lambda: rows.totals_line(model),
        lambda: trail(model),
        lambda: [rows.repeats(model, lane.name) for lane in LANES],
        lambda: matrix.matrix(model) + matrix.reasons(model),
        lambda: race.strip(model, 80),
        lambda: table.lines(100, 12, 0),
        model.close_interrupted,
    ]
    model.raced.add(2)
    for draw in drawn:
        draw()  # the first time everything is new
    for iteration in model.fold.iterations.values():
        iteration.attempts = Unwalkable(dict.items(iteration.attempts))
    for event in (AttemptEnded(150, "complete", 9.0, Tokens(1, 5)), IterationEnded(2, 9.0)):
        model.apply([event])
        for draw in drawn:
            draw()
    assert model.index_of(model.fold.iterations[2]).totals().end == 9.0
