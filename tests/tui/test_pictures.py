"""Pictures of the screen at two sizes; compared byte for byte."""

from __future__ import annotations

import pytest

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.stories import invoice_script, setup
from workbench.model.events import CaseJudged
from workbench.model.prompt import DataRow
from workbench.tui.app import WorkbenchApp
from workbench.tui.draft import Guard
from workbench.tui.widgets.editor import Editor


@pytest.mark.parametrize(
    ("size", "theme"), [((80, 24), "ink"), ((120, 40), "paper"), ((80, 24), "contrast")]
)
async def test_the_workbench_after_two_iterations(picture, size, theme):
    app = WorkbenchApp(FakeEngine(invoice_script), setup(theme=theme))
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        for count in (1, 2):
            await pilot.press("ctrl+j")
            await settled(pilot, count)
        picture(app)


async def test_the_help(picture):
    app = WorkbenchApp(FakeEngine(invoice_script), setup())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("f1")
        await pilot.pause()
        picture(app)


ROWS = (
    DataRow("acme", {"invoice": "ACME Corp, Invoice 1042, total due 118.40 EUR"}),
    DataRow("umbrella", {"invoice": "Umbrella plc, 3 May 2026"}, ("contains:Umbrella",)),
)


@pytest.mark.parametrize(("size", "theme"), [((80, 24), "ink"), ((120, 40), "paper")])
async def test_the_table_of_data_rows(picture, size, theme):
    app = WorkbenchApp(FakeEngine(invoice_script), setup(theme=theme))
    app.model.edit(rows=ROWS)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("alt+d")
        await until(pilot, lambda: "umbrella" in shown(app))
        for editor in app.screen.query(Editor):
            editor.cursor_blink = False
        await pilot.press("down", "right")
        await until(pilot, lambda: "Umbrella plc, 3 May" in shown(app))
        picture(app)


@pytest.mark.parametrize(("size", "theme"), [((80, 24), "ink"), ((120, 40), "paper")])
async def test_the_cases_that_guard(picture, size, theme):
    engine = FakeEngine(invoice_script)
    app = WorkbenchApp(engine, setup(theme=theme, guard=Guard(on=True)))
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        engine.tell(CaseJudged(1, "c-1", "qwen", "pass", None, "", "yes"))
        engine.tell(CaseJudged(1, "c-2", "qwen", "fail", "json", "not JSON", "no"))
        await pilot.press("ctrl+j")
        await settled(pilot, 2)
        engine.tell(CaseJudged(2, "c-1", "qwen", "fail", "json", "not JSON", "no"))
        engine.tell(CaseJudged(2, "c-2", "qwen", "pass", None, "", "yes"))
        await until(pilot, lambda: "1 fixed" in shown(app))
        await pilot.press("alt+g")
        await until(pilot, lambda: "Cases after each race" in shown(app))
        picture(app)
