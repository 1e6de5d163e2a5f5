"""Cases that guard the prompt, on the screen."""

from __future__ import annotations

import json
import os

from textual.app import App

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.stories import HOSTILE, LARGE, PROMPT, SMALL, invoice_script, setup
from tests.tui.test_state import play
from workbench.api.setup import settings_for
from workbench.engine.plan import StartGuard
from workbench.model.events import CaseJudged, CasesRun
from workbench.model.lane import Lane
from workbench.tui.app import WorkbenchApp
from workbench.tui.launch import make_setup
from workbench.tui.screens.compare import CompareScreen
from workbench.tui.screens.guard import GuardScreen
from workbench.tui.view.case_watch import CaseWatch
from workbench.tui.view.draft import Draft, Guard
from workbench.tui.view.lines import plain
from workbench.tui.view.state import ViewModel

SIZE = (100, 30)
ON = Guard(on=True)


def judged(number: int, case: str, verdict: str, text: str = "", lane: str = "qwen") -> CaseJudged:
    check = None if verdict == "pass" else "json"
    return CaseJudged(number, case, lane, verdict, check, "why", text)


def watch() -> CaseWatch:
    return CaseWatch(ViewModel((SMALL, LARGE), Draft(PROMPT)), ON)


def test_what_came_of_cases_is_listed_behind_what_people_did(tmp_path, monkeypatch):
    """Going back to the last session never leads to one that ran in the background."""
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "c"))
    folder = tmp_path / "sessions"
    folder.mkdir()
    for name, title in (("mine", "my prompt"), ("cases-of-mine", "cases of mine")):
        head = {"v": 1, "t": "session", "id": name, "title": title, "utc": "2026-11-22T09:00:00Z"}
        (folder / f"{name}.jsonl").write_text(json.dumps({**head, "app": "workbench"}) + "\n")
        os.utime(folder / f"{name}.jsonl", ns=(0, 0))
    os.utime(folder / "cases-of-mine.jsonl", ns=(9, 10**18))
    (tmp_path / "workbench.toml").write_text("")
    found = make_setup(settings_for(tmp_path)).sessions("")
    assert [entry.id for entry in found[:2]] == ["mine", "cases-of-mine"]


def on(app: App, kind: type) -> bool:
    return isinstance(app.screen, kind)


def guards(engine: FakeEngine) -> list[StartGuard]:
    return [command for command in engine.sent if isinstance(command, StartGuard)]


def test_flips_are_told_against_the_last_time_a_case_ran():
    cases = watch()
    for event in (
        judged(1, "a", "pass"),
        judged(1, "b", "fail"),
        judged(1, "c", "fail"),
        judged(2, "a", "pass"),  # stopped before b and c
        judged(3, "a", "fail"),
        judged(3, "b", "pass"),
        judged(3, "c", "error"),
        judged(3, "d", "fail"),
    ):
        assert cases.take(event)
    flips = cases.flips()
    assert [(f.kind, f.after.case, f.before.iteration) for f in flips] == [
        ("broken", "a", 2),
        ("fixed", "b", 1),
    ]
    line = plain(cases.line())
    assert "1 of 4 passed" in line
    assert "1 broken" in line
    assert "1 fixed" in line
    assert [item.case for _, item in cases.items()] == ["a", "b", "c", "d"]


def test_the_strip_says_when_it_gave_way_or_nothing_fits():
    cases = watch()
    cases.take(judged(1, "a", "pass"))
    cases.take(CasesRun(1, "stopped", 9))
    assert "gave way to a race" in plain(cases.line())
    cases.take(CasesRun(1, "budget", 9))
    assert "budget spent" in plain(cases.line())
    cases.take(CasesRun(1, "running", 9))
    assert "1 of 1 passed, 8 to run" in plain(cases.line())
    cases = watch()
    cases.take(CasesRun(0, "nothing", 0, 3))
    assert plain(cases.line()) == "cases 3 cases in cases.jsonl, none fits this prompt"
    cases.take(CasesRun(0, "nothing", 0))
    assert plain(cases.line()) == "cases cases.jsonl has no case yet"


def test_the_strip_says_why_no_lane_is_asked():
    paid = Lane("paid", "compatible", "big")
    view = ViewModel((paid,), Draft(PROMPT, variables={"invoice": "x"}))
    cases = CaseWatch(view, ON)
    play(view)
    assert cases.due() is None
    assert plain(cases.line()) == "cases no lane is asked; paid: its price is not known"


def test_hostile_texts_are_lines_like_others():
    cases = watch()
    for text in HOSTILE:
        cases.take(judged(1, text or "x", "fail", text, text))
    assert len(cases.items()) == len(HOSTILE)


async def test_cases_are_asked_for_once_after_each_race_and_flips_are_one_key_away():
    engine = FakeEngine(invoice_script, pace=0.0)
    app = WorkbenchApp(engine, setup(guard=ON))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert "cases run after each race" in shown(app)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await until(pilot, lambda: len(guards(engine)) == 1)
        assert guards(engine)[0].iteration == 1
        assert guards(engine)[0].prompt == PROMPT
        assert [lane.name for lane in guards(engine)[0].lanes] == ["smollm2", "qwen"]
        engine.tell(CasesRun(1, "running", 2), judged(1, "c-1", "pass", "good answer"))
        engine.tell(judged(1, "c-2", "fail", "bad"), CasesRun(1, "done", 2))
        await until(pilot, lambda: "1 of 2 passed" in shown(app))
        await pilot.press(*"More. ", "ctrl+j")
        await settled(pilot, 2)
        await until(pilot, lambda: len(guards(engine)) == 2)
        assert guards(engine)[1].prompt.user.startswith("More. ")
        engine.tell(judged(2, "c-1", "fail", "worse answer"), judged(2, "c-2", "pass", "ok"))
        await until(pilot, lambda: "1 broken" in shown(app) and "1 fixed" in shown(app))
        await pilot.press("alt+j")
        await until(pilot, lambda: on(app, CompareScreen) and "broken c-1, qwen" in shown(app))
        assert "worse" in shown(app)
        await pilot.press("escape", "alt+g")
        await until(pilot, lambda: on(app, GuardScreen) and "broken" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: on(app, CompareScreen))
        await pilot.press("escape")


async def test_off_unless_configured_and_switched_by_key():
    engine = FakeEngine(invoice_script, pace=0.0)
    app = WorkbenchApp(engine, setup())
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        assert not guards(engine)
        assert "cases run" not in shown(app)
        await pilot.press("alt+g", "space", "escape")
        await until(pilot, lambda: [g.iteration for g in guards(engine)] == [1])
        await pilot.press("ctrl+j")
        await settled(pilot, 2)
        await until(pilot, lambda: [g.iteration for g in guards(engine)] == [1, 2])


async def test_a_race_that_was_cancelled_asks_for_no_cases():
    engine = FakeEngine(invoice_script, pace=None)
    app = WorkbenchApp(engine, setup(guard=ON))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: bool(engine.told))
        engine.until(350)
        await until(pilot, lambda: "streaming" in shown(app))
        await pilot.press("escape")
        await settled(pilot, 1)
        assert not guards(engine)
