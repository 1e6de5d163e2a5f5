"""A theme's file edited on disk changes the screen."""

from __future__ import annotations

import os

from textual.color import Color

from tests.tui.conftest import settled, shown
from tests.tui.fake_engine import FakeEngine
from tests.tui.stories import invoice_script, setup
from tests.tui.test_themes import TEXT
from workbench.tui.app import WorkbenchApp


async def test_an_edited_theme_is_worn_and_a_broken_one_is_said(tmp_path):
    file = tmp_path / "x.toml"
    file.write_text(TEXT)
    app = WorkbenchApp(FakeEngine(invoice_script), setup(theme="x", theme_folders=(tmp_path,)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert app.main.styles.background == Color.parse("#123456")
        file.write_text(TEXT.replace('background = "#123456"', 'background = "#000000"'))
        os.utime(file, ns=(1, 1))
        app.reload_theme()
        await pilot.pause()
        assert app.main.styles.background == Color.parse("#000000")
        assert app.painter.theme.colors["background"] == "#000000"
        file.write_text("name = ")
        os.utime(file, ns=(2, 2))
        app.reload_theme()
        await pilot.pause()
        assert "not valid TOML" in shown(app)
        assert app.painter.theme.colors["background"] == "#000000"
        file.write_text(TEXT)
        os.utime(file, ns=(3, 3))
        app.reload_theme()
        await pilot.pause()
        assert "not valid TOML" not in shown(app)
