"""A failure becomes a case; live mode sends by itself and stays within its bounds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import Answer
from tests.tui.stories import LARGE, PROMPT, SMALL
from tests.tui.test_screen import SIZE, app_of, races
from tests.tui.test_state import model, play
from workbench.engine.plan import Cancel, RacePlan
from workbench.model.events import SessionStarted
from workbench.model.lane import Lane, Prices
from workbench.model.prompt import Prompt
from workbench.suites.case import Case
from workbench.suites.file import keep_case, load_suite
from workbench.tui.screens.case import CaseScreen
from workbench.tui.view.draft import Draft, Live
from workbench.tui.view.live import LiveMode

PAID = Lane("paid", "compatible", "big", prices=Prices(1.0, 1e5))
UNKNOWN = Lane("unknown", "compatible", "big")


async def test_a_failure_becomes_a_case_with_what_would_be_right_and_only_once(tmp_path: Path):
    suite = tmp_path / "cases.jsonl"

    def known(case: Case) -> Case | None:
        found = load_suite(suite).cases if suite.exists() else ()
        return next((c for c in found if c.signature == case.signature), None)

    app, _ = app_of(save_case=lambda case: keep_case(suite, case), known_case=known)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("f10")
        await until(pilot, lambda: "Nothing failed here" in shown(app))
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await pilot.press("f10")
        await until(pilot, lambda: isinstance(app.screen, CaseScreen))
        assert "a JSON text cannot begin with 'S'" in shown(app)
        await pilot.press(*"{}", "ctrl+j")
        await until(pilot, lambda: "Saved as c-" in shown(app))
        await pilot.press("ctrl+l", "s")
        await until(pilot, lambda: isinstance(app.screen, CaseScreen))
        assert "This failure is a case already" in shown(app)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "has this failure already" in shown(app))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, CaseScreen))
        await pilot.press(*"[]", "ctrl+j")
        await until(pilot, lambda: "Added to what c-" in shown(app))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, CaseScreen))
        await pilot.press(*"{}", "escape")
        await until(pilot, lambda: "Esc again drops what you typed" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
    cases = load_suite(suite).cases
    assert len(cases) == 1
    assert cases[0].expected == ("{}", "[]")
    assert cases[0].prompt == PROMPT
    assert cases[0].evidence is not None
    assert cases[0].evidence.lane == "smollm2"


async def test_live_mode_sends_after_a_pause_in_typing_and_replaces_the_race():
    app, engine = app_of(pace=None, live=Live(pause=0.01))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press(*"one ")
        assert not races(engine)
        await pilot.press("f12")
        await until(pilot, lambda: "Live mode is on for smollm2, qwen." in shown(app))
        await pilot.press(*"two ")
        await until(pilot, lambda: bool(races(engine)) and bool(engine.told))
        engine.until(100)
        await until(pilot, lambda: app.model.running)
        before = len(races(engine))
        await pilot.press("x")
        await until(pilot, lambda: len(races(engine)) > before)
        assert Cancel() in engine.sent
        assert races(engine)[-1].plan.prompt.user.startswith("one two x")
        engine.until(1e9)


async def test_live_mode_waits_for_what_a_race_has_cost_before_it_pays_for_another():
    app, engine = app_of(
        lambda *_: Answer(("x",), usd=0.01),
        pace=None,
        lanes=(SMALL, PAID),
        live=Live(pause=0.01, budget=1.0),
    )
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: bool(engine.told))
        engine.until(1e9)
        await settled(pilot, 1)
        await pilot.press("f12", "a")
        await until(pilot, lambda: len(races(engine)) == 2 and bool(engine.told))
        engine.until(100)
        await until(pilot, lambda: app.model.running)
        engine._cancel = lambda: None  # it takes its time
        await pilot.press("b")
        await until(pilot, lambda: engine.sent.count(Cancel()) > 2)
        assert len(races(engine)) == 2
        engine.until(1e9)
        await until(pilot, lambda: len(races(engine)) == 3)
        assert races(engine)[-1].plan.max_cost == pytest.approx(1.0 - 0.02)
        engine.until(1e9)


async def test_what_was_typed_in_one_session_is_not_sent_in_the_next_one():
    app, engine = app_of(live=Live(pause=0.2), blank=Draft(Prompt("blank")))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await pilot.press("f12", *"one ", "alt+e")
        await until(pilot, lambda: app.model.iteration is None)
        assert app.main._pause._task is None, "the pause goes on"
        assert len(races(engine)) == 1


def test_live_mode_asks_free_and_fast_lanes_only():
    view = model(lanes=(SMALL, LARGE, PAID, UNKNOWN))
    live = LiveMode(view, Live(budget=1.0))
    assert [lane.name for lane in live.lanes()] == ["smollm2", "qwen"]
    slow = live.rules.fast * 1000 + 100

    play(view, lambda _, lane: Answer(("x",), first=slow if lane is LARGE else 10))
    assert [lane.name for lane in live.lanes()] == ["smollm2", "paid"]
    qwen, unknown = live.waiting().split("s. ")
    assert qwen == f"qwen waits for ^J: its last answer took {slow / 1000:.1f} "
    assert unknown == "unknown waits for ^J: its price is not known."


def test_where_no_lane_is_fast_live_mode_asks_the_fastest():
    view = model(lanes=(SMALL, LARGE))
    live = LiveMode(view, Live(fast=0.001))
    play(view, lambda _, lane: Answer(("x",), first=50 if lane is LARGE else 10))
    assert [lane.name for lane in live.lanes()] == ["smollm2"]
    assert live.waiting().startswith("qwen waits for ^J: its last answer took ")


def test_what_live_mode_sends_may_cost_what_is_left_of_its_budget():
    view = model(lanes=(SMALL, PAID))
    live = LiveMode(view, Live(budget=0.10))
    play(view, lambda *_: Answer(("x",), first=10, usd=0.02))
    live.sent(1)
    plan = RacePlan(PROMPT, (SMALL, PAID), repeat=2)
    assert live.capped(plan).max_cost == pytest.approx((0.10 - live.spent) / 2)
    free = replace(plan, lanes=(SMALL,))
    assert live.capped(free) == free
    assert live.capped(replace(free, fallbacks=(LARGE, PAID))).fallbacks == (LARGE,)


def test_live_mode_never_passes_its_budget():
    view = model(lanes=(SMALL, PAID))
    live = LiveMode(view, Live(budget=0.0))
    play(view, lambda *_: Answer(("x",), first=10, usd=0.04))
    live.sent(1)
    assert live.spent == 0.08
    assert [lane.name for lane in live.lanes()] == ["smollm2"]
    live.rules = Live(budget=0.15)
    assert [lane.name for lane in live.lanes()] == ["smollm2"]
    assert "paid waits for ^J: the budget of $0.15 would be passed." in live.waiting()
    live.rules = Live(budget=0.17)
    assert [lane.name for lane in live.lanes()] == ["smollm2", "paid"]
    view.fold.iterations.clear()  # a long session lets old iterations go: what they cost stays
    assert live.spent == 0.08


def test_each_session_has_a_budget_of_its_own_however_often_it_is_opened():
    view = model(lanes=(SMALL, PAID))
    live = LiveMode(view, Live(budget=0.10))
    play(view, lambda *_: Answer(("x",), first=10, usd=0.03))
    head = view.fold.head = SessionStarted("one", "one", "2026-11-22T09:00:00Z", "workbench")
    live.sent(1)
    assert live.spent == pytest.approx(0.06)
    view.open_session()
    assert live.spent == 0
    view.fold.head = head
    assert live.spent == pytest.approx(0.06)


def test_live_mode_sends_nothing_that_is_unchanged_or_incomplete():
    view = model()
    live = LiveMode(view, Live(budget=1.0))
    assert not live.wanted()
    live.toggle()
    assert live.wanted()
    play(view)
    assert not live.wanted()
    view.edit(user="{{ missing }}")
    assert not live.wanted()
    view.edit(user="changed")
    assert live.wanted()
    view.edit(user="  ")
    assert not live.wanted()
