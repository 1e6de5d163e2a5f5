"""The measures screen tells what the session's story holds, and nothing it does not."""

from __future__ import annotations

import pytest

from tests.engine.helpers import lane, plan, race
from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.stories import invoice_script, setup
from workbench.measure.story import story
from workbench.model.prompt import DataRow
from workbench.model.session import Session
from workbench.tui.app import WorkbenchApp
from workbench.tui.view.lines import plain, width
from workbench.tui.view.measures import measures


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_failures_by_iteration_their_curve_and_what_came_of_them(size):
    app = WorkbenchApp(FakeEngine(invoice_script), setup())
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        for number in (1, 2, 3):
            await pilot.press("ctrl+j")
            await settled(pilot, number)
        told = story(app.model.fold.session())
        await pilot.press("alt+m")
        await until(pilot, lambda: "Time to first failure, by iteration" in shown(app))
        lines = measures(told, size[0] - 2)
        text = "\n".join(map(plain, lines))
        assert "\u2717 120 ms   \u2717 120 ms   \u2713" in text
        curve = next(lane.curve for lane in told.lanes if lane.lane == "smollm2")
        point = curve.points[-1]
        assert f"{point.share:.0%} ({point.low:.0%} to {point.high:.0%})" in text
        assert "Nothing was aborted." in text
        assert max(map(width, lines)) <= size[0] - 2
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.main


async def test_audited_aborts_are_told_with_n_rate_and_interval():
    prose = lane(text="no JSON here", checks=("json",))
    iteration, _ = await race(plan(prose, abort="first", audit=1.0))
    told = story(Session("s", "", "", "", iterations=(iteration,)))
    lines = measures(told, 78)
    assert "1 abort, 1 audited: 0 false aborts, 0% (0% to 79%)" in map(plain, lines)
    assert max(map(width, lines)) <= 78


async def test_every_row_and_repeat_of_a_lane_counts_not_only_the_first():
    rows = (
        DataRow("fr", {"city": "Paris"}, ("contains:Paris",)),
        DataRow("de", {"city": "Berlin"}, ("contains:Rome",)),
        DataRow("it", {"city": "Rome"}),
    )
    lanes = lane(text="Paris it is.", checks=("max_words:9",))
    iteration, _ = await race(plan(lanes, prompt="Where is {{ city }}?", rows=rows))
    told = story(Session("s", "", "", "", iterations=(iteration,)))
    failed = next(a for a in iteration.attempts if a.row == "de")
    assert [(t.verdict, t.passed, t.attempts) for t in told.turns] == [("fail", 2, 3)]
    assert told.turns[0].ttff_ms == failed.ttff_ms
    text = "\n".join(map(plain, measures(told, 78)))
    assert "\u2717 2/3 " in text


def test_a_session_without_iterations_says_so():
    empty = Session("s", "", "", "")
    assert [plain(line) for line in measures(story(empty), 80)] == [
        "Nothing was sent in this session yet."
    ]
