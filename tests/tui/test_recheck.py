"""Other checks for old answers, and comparisons with options, on the screen."""

from __future__ import annotations

from dataclasses import replace

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import Answer
from tests.tui.test_looking import raced
from tests.tui.test_screen import SIZE, app_of
from workbench.api.retro import recorded_lines
from workbench.tui.screens.recheck import RecheckScreen
from workbench.tui.view.compare import Pair, noise
from workbench.tui.view.lines import plain
from workbench.tui.view.recheck import rejudged, summary, table, with_edits
from workbench.tui.widgets.editor import Editor


async def test_it_is_said_whom_a_line_judges():
    app, _ = app_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await pilot.press("f11")
        said = "Old lines judge the iterations they were sent with, new lines every answer."
        await until(pilot, lambda: said in shown(app))


async def test_other_checks_are_asked_of_old_answers_and_nothing_is_sent(tmp_path):
    app, engine = app_of()
    async with app.run_test(size=(190, 30)) as pilot:
        await settled(pilot)
        await pilot.press("f11")
        await until(pilot, lambda: "no answer yet" in shown(app))
        await raced(pilot, 2)
        sent = len(engine.sent)
        before = app.model.fold.session()
        await pilot.press("f11")
        await until(pilot, lambda: "4 answers: " in shown(app))
        screen = app.screen
        assert isinstance(screen, RecheckScreen)
        assert tuple(screen.query_one(Editor).text.splitlines()) == recorded_lines(before)
        screen.query_one(Editor).load("max_chars:9")
        screen.judge()
        await until(pilot, lambda: "now 0" in shown(app))
        assert shown(app).count("max_chars:9: longer") == 4
        screen.query_one(Editor).load("max_chars:many")
        screen.judge()
        await until(pilot, lambda: "now 0" not in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        assert app.model.fold.session() == before
        assert len(engine.sent) == sent
        found = rejudged(before, ["max_chars:9"], tmp_path)
    assert plain(summary(found)).startswith(" 4 answers: ")
    lines = [plain(line) for line in table(found, 200)]
    assert len(lines) == 5
    assert any("\u2190" in line for line in lines)
    assert all(len(plain(line)) <= 30 for line in table(found, 30))


async def test_white_space_and_case_can_be_left_out_of_a_comparison():
    app, _ = app_of(lambda n, _: Answer(("Yes  Sir" if n % 2 else "yes sir",)))
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot, 2)
        await pilot.press("ctrl+d")
        await until(pilot, lambda: "change" in shown(app).splitlines()[0])
        await pilot.press("i", "c")
        await until(pilot, lambda: "ignoring space, case" in shown(app))
        assert "the same but for what is ignored" in shown(app)
        await pilot.press("w")
        await until(pilot, lambda: "by line" in shown(app))


def test_with_repeats_a_change_within_the_lanes_own_variation_is_called_noise():
    pair = Pair("x", "a", "b", "a b c", "a b d")
    assert noise(pair) == ()
    same = replace(pair, olds=("a b c", "a b d"), news=("a b d", "a b c"))
    assert plain(noise(same)).startswith("noise")
    other = replace(pair, olds=("a b c", "a b d"), news=("x y z", "x y w"))
    assert plain(noise(other)).startswith("change")


async def test_checks_that_were_edited_are_asked_and_a_lanes_own_stay():
    app, _ = app_of()
    async with app.run_test(size=(190, 30)) as pilot:
        await settled(pilot)
        await raced(pilot, 1)
        app.main.query_one("#checks", Editor).load("json\ncontains:vendor")
        await pilot.press("f11")
        await until(pilot, lambda: isinstance(app.screen, RecheckScreen))
        assert app.screen.query_one("#recheck", Editor).text == "json\ncontains:vendor"


def test_edits_are_laid_over_what_was_recorded():
    recorded = ("json", "max_chars:9", "lanes=a contains:x")
    assert with_edits(recorded, recorded[:2], recorded[:2]) == recorded
    assert with_edits(recorded, recorded[:2], ("json", "max_words:3")) == (
        "json",
        "lanes=a contains:x",
        "max_words:3",
    )
