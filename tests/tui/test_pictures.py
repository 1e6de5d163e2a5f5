"""Pictures of the screen at two sizes; compared byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.stories import invoice_script, setup
from tests.tui.test_first_start import Weights
from workbench.api.lane_desk import LaneDesk
from workbench.model.events import CaseJudged
from workbench.model.prompt import DataRow
from workbench.tui.app import WorkbenchApp
from workbench.tui.view.draft import Guard
from workbench.tui.view.fetch import Shelf
from workbench.tui.view.language import check_language
from workbench.tui.view.setup import SessionEntry
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


SIZES = [((80, 24), "ink"), ((120, 40), "paper")]
SCREENS: dict[str, tuple[list[str], str]] = {
    "details": (["ctrl+l", "d"], "Model and cost"),
    "zoom": (["ctrl+l", "z"], "z zoom"),
    "matrix": (["f6"], "Checks by lane"),
    "compare": (["ctrl+d"], "white space"),
    "one-column": (["ctrl+d", "right", "right", "s"], "white space"),
    "replay": (["f7", "end"], "one lane"),
    "history": (["f8", "b"], "Iterations"),
    "sessions": (["ctrl+f"], "mood of reviews"),
    "case": (["f10"], "save the case"),
    "variables": (["f4"], "take the values"),
    "measures": (["alt+m"], "Share failed over time"),
    "recheck": (["f11"], "answers:"),
    "themes": (["f9"], "High contrast"),
    "models": (["alt+p"], "491 MB"),
    "palette": (["ctrl+p"], "What do you want to do?"),
    "palette-found": (["ctrl+p", *"lane", "space", *"hide"], "Hide this lane"),
    "check-error": (["f3", "end", "enter", *"max_x"], "Unknown check"),
    "check-completions": (["f3", "end", "enter", *"max_"], "Tab max_"),
    "first-lane": (["ctrl+r"], "Lanes in the race"),
    "new-lane": (["ctrl+r", "n"], "params.temperature"),
}
"""Every other screen: the keys that lead there, and what stands on it once it is whole."""

ENTRIES = (
    SessionEntry("one", "invoice fields", "2026-11-21T10:05:00Z", 12),
    SessionEntry("two", "mood of reviews", "2026-11-20T16:40:00Z", 3),
    SessionEntry("examples/x", "a city as JSON", "2026-11-19T08:00:00Z", 5, "example"),
)
MODELS = (
    Weights("smollm2", "SmolLM2 135M Instruct", "Apache-2.0", 98_000_000, "ready"),
    Weights("qwen", "Qwen2.5 Coder 0.5B Instruct", "Apache-2.0", 491_000_000, "missing"),
)


def _nothing(*_: object) -> None:
    return None


@pytest.mark.parametrize(("size", "theme"), SIZES)
@pytest.mark.parametrize("name", SCREENS)
async def test_every_screen(picture, monkeypatch, tmp_path, name, size, theme):
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"WORKBENCH_{kind}", str(tmp_path / kind))
    file = Path("/home/you/invoices/workbench.toml")
    monkeypatch.setattr(LaneDesk, "target", lambda *_: file)
    given = setup(
        theme=theme,
        sessions=lambda _: ENTRIES,
        save_case=_nothing,
        shelf=Shelf(lambda: MODELS, _nothing),
        language=check_language(tmp_path),
        desk=lambda: LaneDesk(tmp_path),
    )
    app = WorkbenchApp(FakeEngine(invoice_script), given)
    keys, there = SCREENS[name]
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        for count in (1, 2):
            await pilot.press("ctrl+j")
            await settled(pilot, count)
        await pilot.press(*keys)
        await until(pilot, lambda: there in shown(app))
        for editor in app.screen.query(Editor):
            editor.cursor_blink = False
        for line in app.screen.query(Input):
            line.cursor_blink = False
        await pilot.pause()
        picture(app)
