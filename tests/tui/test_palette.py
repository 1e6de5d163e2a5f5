"""Every action is found by its name, and its key stands where it can be seen."""

from __future__ import annotations

import pytest

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.stories import invoice_script, setup
from workbench.engine.plan import StartRace
from workbench.model.events import Notice
from workbench.tui.app import WorkbenchApp
from workbench.tui.bindings import ACTIONS
from workbench.tui.commands import GROUPS, entries, found, grouped
from workbench.tui.screens.palette import PaletteScreen
from workbench.tui.screens.replay import ReplayScreen
from workbench.tui.view.key_line import actions_at, lay
from workbench.tui.view.lines import boxed, plain, width
from workbench.tui.widgets.lane_strip import LaneStrip


def titles(query: str) -> list[str]:
    return [entry.title for entry in found(query, entries({}))]


def test_the_palette_has_every_action_once():
    listed = [entry.what for entry in entries({})]
    assert sorted(a.id for a in ACTIONS) == sorted(a.id for a in listed)
    assert {a.id for a in ACTIONS} == {i for ids in GROUPS.values() for i in ids}
    assert [a.id for a in grouped()["Look"]] == list(GROUPS["Look"])


def test_words_match_in_any_order_and_names_come_before_explanations():
    assert titles("case save")[0] == "Save failure as a case"
    assert titles("CASE  fail")[0] == "Save failure as a case"
    assert titles("theme") == ["Choose a theme"]
    assert titles("f9") == ["Choose a theme"]
    assert "Verdict matrix" in titles("every check")
    assert titles("case zebra") == []


def test_a_key_of_ones_own_is_shown():
    entry = next(e for e in entries({"send": "ctrl+s"}) if e.title == "Send the prompt")
    assert entry.keys == "^S"


async def test_the_palette_does_what_was_searched_for():
    engine = FakeEngine(invoice_script)
    app = WorkbenchApp(engine, setup())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+p", *"prompt", "space", *"send")
        await until(pilot, lambda: "every lane in the race" in shown(app))
        await pilot.press("enter")
        await settled(pilot, 1)
        assert app.screen is app.main
        assert [c for c in engine.sent if isinstance(c, StartRace)]


async def test_a_lanes_action_is_for_the_lane_in_sight_when_none_has_the_focus():
    app = WorkbenchApp(FakeEngine(invoice_script), setup())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        strip = app.main.query_one(LaneStrip)
        await pilot.press("ctrl+p", *"zoom", "enter")
        await until(pilot, lambda: app.screen is app.main and strip.zoomed)


async def test_another_screens_own_actions_are_found_while_it_is_open():
    app = WorkbenchApp(FakeEngine(invoice_script), setup())
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await pilot.press("f7", "space", "ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, PaletteScreen))
        await until(pilot, lambda: "To the failure" in shown(app))
        assert "Send the prompt" not in shown(app)
        await pilot.press(*"faster", "enter")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        await until(pilot, lambda: app.screen.playback.speed != 1)
        await pilot.press("ctrl+p", "ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))


@pytest.mark.parametrize("width_", [80, 120, 200])
@pytest.mark.parametrize("focus", ["f2", "f3", "ctrl+l"])
async def test_help_and_quit_are_always_on_the_key_bar(width_: int, focus: str):
    app = WorkbenchApp(FakeEngine(invoice_script), setup())
    async with app.run_test(size=(width_, 24)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await pilot.press(focus)
        await pilot.pause()
        bar = shown(app).splitlines()[-1]
        assert bar.startswith(" ^J send")
        assert bar.endswith("F1 help  ^Q quit ")
        assert ("z zoom" in bar) == (focus == "ctrl+l")


async def test_while_a_race_runs_the_bar_says_what_stops_it_and_nothing_else_moves():
    engine = FakeEngine(invoice_script, pace=None)
    app = WorkbenchApp(engine, setup())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: bool(engine.told))
        engine.until(200)
        await until(pilot, lambda: app.model.running)
        await until(pilot, lambda: "Esc stop" in shown(app).splitlines()[-1])
        during = shown(app).splitlines()[-1]
        engine.until(1e9)
        await settled(pilot, 1)
        await until(pilot, lambda: "^P all" in shown(app).splitlines()[-1])
        after = shown(app).splitlines()[-1]
        assert during.split("Esc")[0].rstrip() == after.split("^P")[0].rstrip()


async def test_a_click_on_the_bar_does_what_it_says():
    app = WorkbenchApp(FakeEngine(invoice_script), setup())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await pilot.press("ctrl+l")
        await pilot.pause()
        bar = shown(app).splitlines()[-1]
        await pilot.click(offset=(bar.index("details"), 23))
        await until(pilot, lambda: "Model and cost" in shown(app))


@pytest.mark.parametrize("cells", range(1, 60))
def test_a_key_is_shown_whole_or_not_at_all(cells: int):
    keys, last = [("^J", "send"), ("F10", "case")], [("Esc", "close"), ("F1", "help")]
    laid = lay(keys, last, cells)
    text = plain(laid.line)
    assert width(laid.line) <= cells
    for start, end, index in laid.places:
        assert text[start:end] == " ".join([*keys, *last][index])
    assert len(text.split()) == 2 * len(laid.places)
    if cells >= len("Esc close"):
        assert text.endswith("Esc close")


def test_every_key_of_the_bar_has_a_word():
    app = WorkbenchApp(FakeEngine(invoice_script), setup())
    known = {a.id: a for a in ACTIONS}
    for place in ("prompt", "checks", "lane"):
        for side in actions_at(place, app.model):
            assert all(known[name].bar for name in side)


async def test_a_long_notice_is_shown_whole_on_a_narrow_terminal():
    app = WorkbenchApp(FakeEngine(invoice_script), setup())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        text = "Something of some length that cannot be done here has been asked for."
        app.main.tell(Notice("error", text, "And this is what helps against it, to the last word."))
        await until(pilot, lambda: "to the last word." in shown(app))
        assert " ".join(shown(app).split()).count("And this is what helps against it") == 1


def test_words_that_do_not_fit_end_with_an_ellipsis_on_their_last_row():
    line = (("one two three ", ""), ("four five six", "muted"))
    assert [plain(row) for row in boxed(line, 40, 2)] == ["one two three four five six"]
    assert [plain(row) for row in boxed(line, 9, 2)][-1].endswith("\u2026")
    for cells in range(1, 30):
        for rows in (1, 2, 3):
            found = boxed(line, cells, rows)
            assert len(found) <= rows
            assert all(width(row) <= cells for row in found)
