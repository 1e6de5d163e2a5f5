"""Sizes: nothing runs over the screen, panes are as wide as they are made, each lane is reached."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import Answer, FakeEngine
from tests.tui.stories import setup
from workbench.model.events import Notice
from workbench.model.lane import Lane
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.answers import MarkdownScreen
from workbench.tui.view.lines import plain, width
from workbench.tui.view.matrix import matrix
from workbench.tui.widgets.lane_strip import LaneStrip
from workbench.tui.widgets.lane_view import LaneView
from workbench.tui.widgets.strips import NoticeLine

SIZES = [(20, 5), (60, 12), (60, 13), (60, 15), (70, 17), (80, 18), (80, 24), (120, 40), (300, 80)]
TALK = "Sure, here it is and then some more words. " * 20


def app_of(lanes: int, answer: Answer | None = None, **changes) -> WorkbenchApp:
    names = tuple(Lane(f"lane-{n}", "scripted", "script") for n in range(1, lanes + 1))
    fails = answer or Answer([TALK], fail=("json", 0, "not JSON: expected a value"))
    found = setup(lanes=names, checks=("json", "max_chars:9000"), **changes)
    return WorkbenchApp(FakeEngine(lambda *_: fails), found)


def panes(app: WorkbenchApp) -> list[LaneView]:
    return [pane for pane in app.main.query(LaneView) if pane.display]


def inside(app: WorkbenchApp) -> bool:
    """Whether every part of the screen that is shown lies on it, and none on another."""
    parts = [part for part in app.main.children if part.display and part.size.height]
    ends = [(part.region.y, part.region.bottom) for part in parts]
    kept = all(end <= start for (_, end), (start, _) in pairwise(ends))
    return kept and ends[-1][1] <= app.size.height


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lanes", [1, 12])
async def test_nothing_runs_over_the_screen_at_any_size(size, lanes):
    app = app_of(lanes)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        assert inside(app)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        assert inside(app)
        app.main.tell(Notice("error", "It cannot be done. " * 5, "Do it in another way."))
        await pilot.pause()
        assert inside(app)
        await pilot.press(*["alt+down"] * 30)
        assert inside(app)
        await pilot.resize_terminal(60, 15)
        await pilot.pause()
        assert inside(app)


async def test_rows_of_the_prompt_stay_as_they_were_made_when_the_screen_has_them():
    app = app_of(2)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        before = app.main.query_one("#top").outer_size.height
        await pilot.press("alt+down", "alt+down", "alt+down")
        await pilot.pause()
        assert app.main.query_one("#top").outer_size.height == before + 3
        await pilot.press("alt+up")
        await pilot.pause()
        assert app.main.query_one("#top").outer_size.height == before + 2


async def test_a_lane_is_made_wider_and_narrower_by_keys_and_the_others_share_the_rest():
    app = app_of(3)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: panes(app)[0].size.width == 40)
        await pilot.press("alt+w", "alt+w")
        await pilot.pause()
        wide, *others = [pane.size.width for pane in panes(app)]
        assert wide > 44
        assert max(others) - min(others) <= 1
        await pilot.press("alt+n", "alt+n", "alt+n", "alt+n")
        await pilot.pause()
        narrow, *others = [pane.size.width for pane in panes(app)]
        assert 30 <= narrow < 40 < min(others)


async def test_a_lane_made_wide_pushes_others_out_of_sight_and_says_how_many():
    app = app_of(4)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: len(panes(app)) == 4)
        await pilot.press(*["alt+w"] * 3)
        await pilot.pause()
        assert len(panes(app)) == 3
        assert " 1\u203a" in shown(app)
        await pilot.press(*["alt+w"] * 40)
        await pilot.pause()
        assert panes(app)[0].size.width <= 120
        await pilot.press(*["alt+n"] * 60)
        await pilot.pause()
        assert len(panes(app)) == 4


async def test_the_checks_beside_the_prompt_are_made_wider_by_keys():
    app = app_of(2)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        side = app.main.query_one("#side")
        before = side.outer_size.width
        await pilot.press("f3", "alt+w")
        await pilot.pause()
        assert side.outer_size.width == before + 4
        await pilot.press("f2", "alt+w", "alt+w")
        await pilot.pause()
        assert side.outer_size.width == before - 4
        await pilot.press(*["alt+w"] * 40)
        await pilot.resize_terminal(60, 24)
        await pilot.pause()
        assert side.outer_size.width >= 24
        assert side.region.right <= 60


async def test_hiding_a_lane_goes_on_to_the_one_after_it():
    app = app_of(4)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+l", "ctrl+l", "h")
        await until(pilot, lambda: getattr(app.focused, "lane", None) is not None)
        assert isinstance(app.focused, LaneView)
        assert app.focused.lane.name == "lane-3"
        strip = app.main.query_one(LaneStrip)
        assert strip.neighbour(app.focused).lane.name == "lane-4"


async def test_every_lane_of_a_matrix_can_be_reached_by_keys():
    app = app_of(12)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await pilot.press("f6")
        await pilot.pause()
        assert "of 12" in shown(app)
        await pilot.press(*["right"] * 12)
        await pilot.pause()
        (head,) = [line for line in shown(app).splitlines() if "\u201312 of 12" in line]
        assert "lane-12" in head
        await pilot.press(*["pagedown"] * 4)
        assert "lane-12  json at 0" in shown(app)


@pytest.mark.parametrize("cells", [20, 40, 80, 200])
async def test_a_matrix_fits_its_cells(cells):
    app = app_of(12)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        for first in (0, 5, 11):
            lines = matrix(app.model, cells, first)
            assert all(width(line) <= max(cells, 20) for line in lines)
            assert cells < 200 or "lane-12" in plain(lines[0])


async def test_a_name_is_read_whole_where_there_is_room_for_it_alone():
    app = app_of(4)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "failed" in shown(app))
        app.bridge.tick()
        assert all("lane-" in plain(pane._head[0]) for pane in panes(app))
        assert "lane-\u2026" not in shown(app)
        await settled(pilot, 1)


async def test_a_notice_is_read_whole_on_a_narrow_screen():
    app = app_of(2)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        text = "missing-editor cannot be started: No such file or directory."
        app.main.tell(Notice("error", text, "Set EDITOR to an editor that is installed."))
        await pilot.pause()
        assert app.main.query_one(NoticeLine).size.height == 2
        assert "is installed." in shown(app)


async def test_the_reason_stands_beside_the_failing_text_and_f_goes_from_one_to_the_next():
    text = "First line BAD\nsecond line\nthird WORSE\n" + "more\n" * 3
    answer = Answer([text], fail=("json", 11, "BAD is no JSON"))
    app = app_of(1, answer)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        assert "\u25c2 json: BAD is no JSON" in shown(app)


CODE = '# T\n\ntext\n\n```json\n{"a": 1}\n```\n\n```\nplain code\n```\n\nBAD here\n'


async def test_the_reason_stands_beside_an_answer_of_one_row_once_it_has_ended():
    app = app_of(1, Answer(["BAD", " and"], fail=("json", 0, "it is BAD")))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await until(pilot, lambda: "BAD and  \u25c2 json: it is BAD" in shown(app))


async def test_markdown_shows_code_and_marks_the_block_in_which_a_check_failed():
    app = app_of(1, Answer([CODE], fail=("json", CODE.index("BAD"), "it is BAD")))
    async with app.run_test(size=(80, 40)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await pilot.press("ctrl+l", "m")
        await until(pilot, lambda: "BAD here" in shown(app))
        assert isinstance(app.screen, MarkdownScreen)
        await until(pilot, lambda: bool(app.screen.query(".failing")))
        seen = shown(app)
        assert '{"a": 1}' in seen
        assert "plain code" in seen
        assert "it is BAD" in seen
        (block,) = app.screen.query(".failing")
        assert "BAD here" in str(block.render())
        await pilot.press("f")
        assert "json at" in shown(app)


def test_totals_show_the_change_of_the_cost():
    from workbench.tui.view.format import money_change

    assert money_change(0.02, 0.05) == "\u2212$0.030"
    assert money_change(None, 0.05) == money_change(0.05, 0.05) == ""
