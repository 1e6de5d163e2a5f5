"""Pictures of the screen at two sizes; compared byte for byte."""

from __future__ import annotations

import pytest

from tests.tui.conftest import settled
from tests.tui.fake_engine import FakeEngine
from tests.tui.stories import invoice_script, setup
from workbench.tui.app import WorkbenchApp


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
