"""Checks asked of recorded streams give what they would have given live, and change nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.api.storytelling import BAD, GOOD, plot
from workbench.api.retro import Change, _readable, edited, recheck, recorded_lines, rejudge
from workbench.checks.syntax import parse_checks
from workbench.errors import CheckSyntaxError, UnknownName
from workbench.measure.failure import Spent
from workbench.model.attempt import Attempt, AttemptError, Cost, Tokens
from workbench.model.lane import Lane, Prices
from workbench.model.prompt import Prompt
from workbench.model.session import Iteration, Session

UTC = "2026-11-22T10:00:00.000Z"
LANE = Lane("fast", "replay", "m")


def recorded(text: str, state: str = "complete", **more) -> Attempt:
    chunks = tuple((100.0 + 10 * n, char) for n, char in enumerate(text))
    return Attempt(
        1,
        1,
        "fast",
        "m",
        state=state,
        text=text,
        chunks=chunks,
        utc="2026-11-22T10:00:00.000Z",
        ttft_ms=100.0,
        total_ms=100.0 + 10 * len(text),
        tokens=Tokens(5, len(text), source="measured"),
        **more,
    )


def test_a_new_check_of_an_old_stream_says_where_and_when_it_would_have_failed() -> None:
    found = rejudge(recorded("ok but As an AI"), LANE, parse_checks(["not_contains:As an AI"]))
    failure = found.now.first_failure
    assert (found.now.verdict, failure.at_char, failure.ms) == ("fail", 14, 240.0)
    assert found.now.text == found.original.text
    assert found.now.chunks == found.original.chunks
    assert found.original.verdict == "pending"
    assert found.changed


def test_the_story_rejudged_by_its_own_checks_is_the_story() -> None:
    session = plot()
    found = recheck(session, Change(only=("json",)))
    assert [r.now.verdict for r in found] == [a.verdict for a in session.attempts()]
    assert {r.now.text for r in found} == {GOOD, BAD}
    assert all(r.now.first_failure.at_char == 0 for r in found if r.now.first_failure)


def test_checks_are_added_dropped_and_replaced() -> None:
    session = plot()
    names = {tuple(c.name for c in r.now.checks) for r in recheck(session, Change())}
    assert names == {("json", "max_words:40")}
    more = recheck(session, Change(add=("max_words:3",), drop=("json",)))
    assert {tuple(c.name for c in r.now.checks) for r in more} == {("max_words:40", "max_words:3")}
    assert all(r.now.verdict == "fail" for r in more)
    with pytest.raises(UnknownName):
        recheck(session, Change(drop=("regex",)))
    with pytest.raises(CheckSyntaxError):
        recheck(session, Change(add=("max_words:many",)))


def test_recorded_checks_nobody_can_read_are_named_and_left_out() -> None:
    session = plot(iterations=1)
    strange = ("json", "hologram:3", "json_schema:@gone.json")
    session = replace(session, iterations=(replace(session.iterations[0], checks=strange),))
    found = recheck(session, Change())
    assert {r.unread for r in found} == {strange[1:]}
    assert {tuple(c.name for c in r.now.checks) for r in found} == {("json",)}


def test_an_abort_would_have_saved_what_the_recording_shows() -> None:
    found = rejudge(recorded("nope" + "x" * 46), LANE, parse_checks(["json"]))
    assert (found.saved.tokens, found.saved.source) == (48, "measured")
    assert found.saved.seconds == pytest.approx((600.0 - 110.0) / 1000)
    assert rejudge(recorded("{}"), LANE, parse_checks(["json"])).saved is None


def test_a_recording_that_was_cut_is_not_judged_by_its_end() -> None:
    for state in ("aborted", "cancelled"):
        found = rejudge(recorded('{"a": ', state), LANE, parse_checks(["json", "max_chars:3"]))
        assert found.partial
        assert [c.verdict for c in found.now.checks] == ["pending", "fail"]


def test_a_provider_that_failed_still_failed() -> None:
    broken = recorded("{", "error", error=AttemptError("server", "it broke"))
    found = rejudge(broken, LANE, parse_checks(["json"]))
    assert found.now.first_failure.kind == "provider"
    assert found.now.verdict == "error"
    cut = rejudge(recorded("{}", "truncated"), LANE, parse_checks(["json"]))
    assert cut.now.first_failure.kind == "provider"
    long = rejudge(
        recorded("{}", "truncated", finish_reason="length"), LANE, parse_checks(["json"])
    )
    assert long.now.checks[0].verdict == "pass"


def test_a_deadline_is_judged_on_the_recorded_clock() -> None:
    found = rejudge(recorded("{}"), LANE, parse_checks(["deadline:ttft<0.05s"]))
    assert (found.now.first_failure.kind, found.now.ttff_ms) == ("deadline", 50.0)


def test_a_judge_or_code_within_a_recorded_group_is_not_run() -> None:
    texts = ("all:(json) (judge/lane=x:good)", 'any:(json) "python:def check(text): return True"')
    specs, unread = _readable((*texts, "all:(json) (max_chars:3)"))
    assert [spec.name for spec in specs] == ["all"]
    assert unread == texts


def with_lane_checks(**more) -> Session:
    """Two lanes, of which one has a check of its own; 30 tokens of which the 10th fails."""
    paid = Lane("paid", "compatible", "m", checks=("max_chars:9",), prices=Prices(1.0, 10.0))
    free = Lane("free", "local", "m")
    attempts = tuple(
        replace(recorded("x" * 30), number=n, lane=lane.name, cost=Cost(0.5, "measured"))
        for n, lane in enumerate((paid, free), 1)
    )
    it = Iteration(1, Prompt("p"), (paid, free), ("json",), UTC, attempts=attempts, **more)
    return Session("s", "s", UTC, "", (it,))


def names(found) -> dict[str, tuple[str, ...]]:
    return {r.now.lane: tuple(c.name for c in r.now.checks) for r in found}


def test_a_lanes_own_checks_stay_with_it_until_they_are_changed() -> None:
    session = with_lane_checks()
    lines = recorded_lines(session)
    assert lines == ("json", "lanes=paid max_chars:9")
    assert edited(session, lines) == Change()
    assert names(recheck(session, edited(session, lines))) == {
        "paid": ("json", "max_chars:9"),
        "free": ("json",),
    }
    dropped = recheck(session, edited(session, ("json",)))
    assert names(dropped) == {"paid": ("json",), "free": ("json",)}
    changed = recheck(session, edited(session, ("lanes=paid max_chars:40", "contains:x")))
    assert names(changed) == {"paid": ("max_chars:40", "contains:x"), "free": ("contains:x",)}
    by_line = recheck(session, Change(drop=("lanes=paid max_chars:9",)))
    assert names(by_line) == {"paid": ("json",), "free": ("json",)}


def test_what_it_would_have_cost_is_recomputed_where_the_rule_would_have_aborted() -> None:
    session = with_lane_checks(abort="named", abort_on=("max_chars",))
    paid, free = recheck(session, Change(drop=("json",)))
    assert paid.was_spent == Spent(0.4, 30, 0.5, "measured")
    assert (paid.abort_ms, paid.spent.tokens, paid.spent.source) == (190.0, 10, "estimated")
    assert paid.spent.usd == pytest.approx((5 * 1.0 + 10 * 10.0) / 1e6)
    assert paid.saved.usd == pytest.approx(20 * 10.0 / 1e6)
    assert (free.abort_ms, free.spent) == (None, free.was_spent)
    assert recheck(session, Change(drop=("json", "max_chars")))[0].spent == paid.was_spent


def test_what_a_cut_answer_would_have_cost_without_the_cut_is_unknown() -> None:
    session = with_lane_checks(abort="first")
    it = session.iterations[0]
    cut = tuple(replace(a, state="aborted", abort_ms=400.0) for a in it.attempts)
    session = replace(session, iterations=(replace(it, attempts=cut),))
    found = recheck(session, Change(only=("contains:x",)))
    assert [(r.abort_ms, r.spent, r.changed) for r in found] == [(None, None, True)] * 2
