"""The mouse: text is selected and copied as it was received, panes and cells are gone to."""

from __future__ import annotations

import base64
import os
import re

import pytest

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import Answer, FakeEngine
from tests.tui.stories import setup
from tests.tui.test_ends import Terminal
from workbench.tui.app import WorkbenchApp
from workbench.tui.view.wrap import Wrapped
from workbench.tui.widgets.lane_view import LaneView

SIZE = (100, 40)
TEXT = (
    "Sure! \u4f60\u597d caf\u00e9 \x1b[31mred\x07 \u202egnp.exe\nsecond line\ttab\n\n"
    "fourth \U0001f600 end"
)


@pytest.mark.parametrize("width", [1, 2, 3, 7, 20, 100])
def test_a_cell_of_a_row_leads_back_to_the_character_that_stands_there(width: int):
    text = Wrapped(width)
    text.append(TEXT)
    for offset in range(len(TEXT)):
        row, column = text.locate(offset)
        if TEXT[offset] != "\n" and column < len(text.rows[row]):
            cells = sum(2 if c > "\u2e80" else 1 for c in text.rows[row][:column])
            assert text.offset_at(row, cells) == offset
    assert text.offset_at(len(text.rows) - 1, 10_000) == len(TEXT)


def app_of(text: str = TEXT, **changes) -> WorkbenchApp:
    answer = Answer([text], fail=("json", 0, "no"), **changes)
    return WorkbenchApp(FakeEngine(lambda *_: answer), setup(checks=("json", "max_chars:9")))


async def dragged(pilot, pane: LaneView, start: tuple[int, int], end: tuple[int, int]) -> None:
    x, y = pane.region.offset
    y += pane.rows_above()
    await pilot.mouse_down(offset=(x + 2 + start[0], y + start[1]))
    await pilot.hover(offset=(x + 2 + end[0], y + end[1]))
    await pilot.mouse_up(offset=(x + 2 + end[0], y + end[1]))
    await pilot.pause()


async def raced(pilot) -> LaneView:
    await settled(pilot)
    await pilot.press("ctrl+j")
    await settled(pilot, 1)
    return pilot.app.main.query(LaneView).first()


async def test_what_is_dragged_over_is_selected_and_copied_as_it_was_received():
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        pane = await raced(pilot)
        await dragged(pilot, pane, (6, 0), (5, 1))
        assert pane.selected_text() == TEXT[6 : TEXT.index("second") + 5]
        await pilot.press("ctrl+c")
        await until(pilot, lambda: "Copied" in shown(app))
        assert app.clipboard == pane.selected_text()
        assert pane.has_focus
        await pilot.press("c")
        assert app.clipboard == pane.selected_text()
        await dragged(pilot, pane, (3, 0), (3, 0))  # a click
        assert pane.selected_text() is None
        await pilot.press("c")
        await until(pilot, lambda: "Copied the answer" in shown(app))
        assert app.clipboard == TEXT


async def test_a_selection_runs_either_way_past_the_edges_and_moves_the_text_along():
    text = "\n".join(f"line {n}" for n in range(200))
    app = app_of(text)
    async with app.run_test(size=SIZE) as pilot:
        pane = await raced(pilot)
        pane.scroll_rows(-1000)
        await pilot.pause()
        x, y = pane.region.offset
        await pilot.mouse_down(offset=(x + 2, y + pane.rows_above() + 1))
        for _ in range(30):
            await pilot.hover(offset=(x + 5, SIZE[1] - 1))
        assert pane.top > 10
        await pilot.mouse_up(offset=(x + 5, SIZE[1] - 1))
        picked = pane.selected_text()
        assert picked is not None
        assert picked.startswith("line 1\nline 2\n")
        assert len(picked.splitlines()) > 30


async def test_a_selection_keeps_its_text_while_the_pane_changes_its_width():
    app = app_of("one two three four five six seven eight nine ten " * 20)
    async with app.run_test(size=SIZE) as pilot:
        pane = await raced(pilot)
        await dragged(pilot, pane, (4, 0), (7, 3))
        before = pane.selected_text()
        await pilot.press("z")
        await until(pilot, lambda: pane.size.width > 90)
        assert pane.selected_text() == before


async def test_lone_surrogates_can_be_copied():
    app = app_of("half \ud83d pair")
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot)
        await pilot.press("ctrl+l", "c")
        await until(pilot, lambda: "Copied the answer" in shown(app))
        assert app.clipboard == "half ? pair"


async def test_a_cell_of_the_matrix_leads_to_the_place_its_check_was_decided_at():
    app = app_of("x\n" * 100 + "end")
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot)
        panes = list(app.main.query(LaneView))
        matrix = app.main.query_one("#matrix")
        lines = shown(app).splitlines()
        row = next(i for i, line in enumerate(lines) if " max_chars" in line and i > 5)
        column = lines[row - 2].index("qwen")
        assert matrix.region.contains(column, row - 1)
        assert panes[1].top > 0
        await pilot.click(offset=(column, row - 1))  # json, decided at the first character
        await until(pilot, lambda: panes[1].has_focus)
        assert panes[1].top == 0


async def test_the_matrix_screen_and_the_race_lead_to_lanes_too():
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await raced(pilot)
        panes = list(app.main.query(LaneView))
        await pilot.press("f6")
        await until(pilot, lambda: "Checks by lane" in shown(app))
        lines = shown(app).splitlines()
        row = next(
            i for i, line in enumerate(lines) if "smollm2" in line and "Checks" in lines[i - 2]
        )
        await pilot.click(offset=(lines[row].index("qwen"), row + 1))
        await until(pilot, lambda: app.screen is app.main and panes[1].has_focus)
        race = app.main.query_one("#race")
        await pilot.click(race, offset=(3, 1))
        await until(pilot, lambda: panes[0].has_focus)


def test_a_drag_in_a_real_terminal_reaches_the_clipboard(tmp_path):
    terminal = Terminal(tmp_path / "closed")
    terminal.read_until(b"invoice fields")
    os.write(terminal.main, b"\n")
    terminal.read_until(b"slowest")
    terminal.read_until(b"gladly")
    terminal.settle()
    row = 12
    for code, column, end in ((0, 3, "M"), (32, 12, "M"), (0, 12, "m")):
        os.write(terminal.main, f"\x1b[<{code};{column};{row}{end}".encode())
        terminal.settle()
    terminal.out = b""
    os.write(terminal.main, b"\x03")
    terminal.read_until(b"\x1b]52;c;")
    terminal.settle()
    os.write(terminal.main, b"\x11")
    assert terminal.leave() == 0
    sent = re.search(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", terminal.out)
    assert sent is not None
    assert len(base64.b64decode(sent[1])) == 9
