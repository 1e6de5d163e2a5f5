"""Lanes are written on the screen, by keys alone, and hold at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.app import App

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.stories import HOSTILE, invoice_script, setup
from workbench.api.lane_desk import LaneDesk
from workbench.engine.plan import Reload, StartRace, Warm
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.lane_form import LaneFormScreen
from workbench.tui.screens.lanes import LanesScreen
from workbench.tui.view.lane_check import check_lines

PROJECT = """\
# kept
[lanes.first]  # this too
provider = "scripted"
model = "script"
options = { text = "{}" }

[lanes.cloud]
provider = "groq"
model = "m"
"""
SIZE = (100, 30)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LaneDesk:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("WORKBENCH_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    (tmp_path / "workbench.toml").write_text(PROJECT)
    return LaneDesk(tmp_path)


def app_of(desk: LaneDesk) -> tuple[WorkbenchApp, FakeEngine]:
    engine = FakeEngine(invoice_script, pace=0.0)
    lanes = tuple(desk.settings().lanes.values())
    given = setup(lanes=lanes, in_view=("first",), desk=lambda: desk)
    return WorkbenchApp(engine, given), engine


def on(app: App, kind: type) -> bool:
    return isinstance(app.screen, kind)


async def opened(app: WorkbenchApp, pilot) -> None:
    await settled(pilot)
    await pilot.press("ctrl+r")
    await until(pilot, lambda: on(app, LanesScreen) and "first" in shown(app))


async def test_a_new_lane_is_written_races_at_once_and_needs_no_restart(desk: LaneDesk):
    app, engine = app_of(desk)
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("n")
        await until(pilot, lambda: on(app, LaneFormScreen))
        assert "is written to workbench.toml in /" in shown(app)
        assert "! " not in shown(app), "nothing is wrong before something is typed"
        await pilot.press(*"mine", "enter", *"scr", "tab", "down", *"script")
        for _ in range(4):
            await pilot.press("down")
        await pilot.press(*"0.5", "ctrl+j")
        await until(pilot, lambda: on(app, LanesScreen) and "mine is saved in" in shown(app))
        await pilot.press("escape", "ctrl+j")
        await settled(pilot, 1)
    text = (desk.folder / "workbench.toml").read_text()
    assert text.startswith(PROJECT.rstrip("\n"))
    lane = desk.settings().lane("mine")
    assert (lane.provider, lane.model, lane.params.temperature) == ("scripted", "script", 0.5)
    plans = [command.plan for command in engine.sent if isinstance(command, StartRace)]
    assert [one.name for one in plans[0].lanes] == ["first", "mine"]
    at = engine.sent.index(Reload())
    assert engine.sent[at + 1] == Warm((lane,))
    assert at < next(i for i, c in enumerate(engine.sent) if isinstance(c, StartRace))


async def test_what_is_wrong_is_told_in_place_and_nothing_is_written(desk: LaneDesk):
    app, engine = app_of(desk)
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("home", "down", "down", "enter")
        await until(pilot, lambda: on(app, LaneFormScreen))
        await pilot.press("pagedown", "up", "up", "up", *"hot")
        await until(pilot, lambda: "! params.temperature" in shown(app))
        assert "'hot' is not a number." in shown(app)
        await pilot.press("ctrl+j")
        await pilot.pause()
        assert on(app, LaneFormScreen)
        await pilot.press("escape")
        await until(pilot, lambda: "Nothing of this is saved." in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: on(app, LanesScreen))
    assert (desk.folder / "workbench.toml").read_text() == PROJECT
    assert Reload() not in engine.sent


async def test_a_lane_is_copied_and_removed(desk: LaneDesk):
    app, engine = app_of(desk)
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("home", "down", "down", "c")
        await until(pilot, lambda: on(app, LaneFormScreen))
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "first-2 is saved" in shown(app))
        assert desk.texts("first-2") == desk.texts("first")
        await pilot.press("x")
        await until(pilot, lambda: "x again takes [lanes.first-2] out of" in shown(app))
        assert "first-2" in desk.names()
        await pilot.press("x")
        await until(pilot, lambda: "first-2 was taken out of" in shown(app))
        await pilot.press("home", "x", "x")
        await until(pilot, lambda: "smollm2 comes with Workbench." in shown(app))
    assert desk.names() == ("smollm2", "qwen", "first", "cloud")
    assert "# this too" in (desk.folder / "workbench.toml").read_text()
    assert app.model.in_view == ["first"]
    assert engine.sent.count(Reload()) == 2


async def test_where_a_key_comes_from_is_told_and_no_field_takes_it(desk: LaneDesk):
    app, _ = app_of(desk)
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        assert "GROQ_API_KEY is not set" in shown(app)
        await pilot.press("end")
        await until(pilot, lambda: "workbench lanes key cloud" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: on(app, LaneFormScreen))
        await pilot.press("down", "down", "down", "down", *"sk-live-1234567890")
        await until(pilot, lambda: "never the key itself" in shown(app))
        await pilot.press("ctrl+j", "escape", "escape")
        await until(pilot, lambda: on(app, LanesScreen))
    assert "sk-live" not in (desk.folder / "workbench.toml").read_text()


async def test_a_file_broken_meanwhile_is_told_and_kept(desk: LaneDesk):
    app, _ = app_of(desk)
    path = desk.folder / "workbench.toml"
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("n")
        await until(pilot, lambda: on(app, LaneFormScreen))
        await pilot.press(*"x", "down", *"scripted")
        path.write_text("[broken\n")
        await pilot.press("ctrl+j")
        await until(pilot, lambda: "not valid TOML" in shown(app))
        assert path.read_text() == "[broken\n"
        path.write_text(PROJECT)
        await pilot.press("down", *"script", "ctrl+j")
        await until(pilot, lambda: "x is saved" in shown(app))


async def test_hostile_values_are_shown_not_obeyed(desk: LaneDesk):
    (desk.folder / "workbench.toml").write_text(
        PROJECT + '\n[lanes."[/x]\\u001b[2J"]\nprovider = "groq"\nmodel = "\\u202eevil [red]"\n'
    )
    app, _ = app_of(desk)
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        assert "[/x]\u241b[2J" in shown(app)
        await pilot.press("end", "enter")
        await until(pilot, lambda: on(app, LaneFormScreen))
        assert "\x1b" not in shown(app)
        assert "\u202e" not in shown(app)


def test_every_step_of_a_check_is_a_line_and_a_broken_one_says_why():
    steps = [
        {"name": "key", "ok": True, "message": HOSTILE[0], "hint": "", "ms": None},
        {"name": "answer", "ok": False, "message": "refused", "hint": "Start it.", "ms": 12.0},
    ]
    lines = check_lines("a", json.dumps({"steps": steps}), "")
    assert [line[0][0] for line in lines] == ["\u2713 ", "\u2717 "]
    assert "Start it." in lines[1][-1][0]
    assert "boom" in check_lines("a", "", "boom")[0][0][0]


async def test_trying_a_lane_is_the_command_and_shows_its_steps(desk: LaneDesk):
    app, _ = app_of(desk)
    desk.check_command = lambda name: ["/bin/echo", json.dumps({"steps": [STEP], "lane": name})]  # type: ignore[method-assign]
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("t")
        screen = app.screen
        assert isinstance(screen, LanesScreen)
        await until(pilot, lambda: screen._checking is not None or "open" in shown(app))
        if screen._checking is not None:
            await screen._checking
        await until(pilot, lambda: "connection" in shown(app))


STEP = {"name": "connection", "ok": True, "message": "open", "hint": "", "ms": 3.0}


async def test_why_a_lane_cannot_be_reached_is_told_to_its_end(desk: LaneDesk):
    hint = "Is the server running, and is the port right? It may also listen elsewhere."
    step = {"name": "connection", "ok": False, "message": "Nothing answers.", "hint": hint}
    steps = {"steps": [{**step, "ms": None}], "lane": "first"}
    desk.check_command = lambda _name: ["/bin/echo", json.dumps(steps)]  # type: ignore[method-assign]
    app, _ = app_of(desk)
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("t")
        screen = app.screen
        assert isinstance(screen, LanesScreen)
        await until(pilot, lambda: screen._checking is not None or "Nothing" in shown(app))
        if screen._checking is not None:
            await screen._checking
        await until(pilot, lambda: "elsewhere." in shown(app))
