"""The first start: what is not here is offered in place, and what loads is not called ready."""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.stories import invoice_script, setup
from tests.tui.test_ends import Terminal
from workbench.engine.plan import Command, StartRace, Warm
from workbench.errors import ModelFileError
from workbench.model.events import LaneReady
from workbench.model.lane import Lane
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.models import ModelsScreen
from workbench.tui.view.fetch import Shelf

SIZE = (110, 34)
LANES = (Lane("smollm2", "local", "smollm2"), Lane("qwen", "local", "qwen"))


@dataclass(frozen=True)
class Weights:
    name: str
    title: str
    licence: str
    size: int
    state: str


class Store:
    """Models that can be fetched: each pull goes on when it is told to."""

    def __init__(self) -> None:
        self.models = [
            Weights("smollm2", "Small", "Apache-2.0", 98_000_000, "missing"),
            Weights("qwen", "Larger", "Apache-2.0", 491_000_000, "missing"),
        ]
        self.go = threading.Semaphore(0)
        self.problem: ModelFileError | None = None
        self.shelf = Shelf(lambda: list(self.models), self.pull)

    def pull(self, name: str, watch) -> None:
        watch.status("downloading")
        place = next(i for i, m in enumerate(self.models) if m.name == name)
        for part in range(5):
            watch.progress(part * self.models[place].size // 4, self.models[place].size)
            while not self.go.acquire(timeout=0.01):
                watch.progress(part * self.models[place].size // 4, self.models[place].size)
            if self.problem is not None:
                raise self.problem
        self.models[place] = replace(self.models[place], state="ready")

    def step(self, times: int = 1) -> None:
        self.go.release(times)


@dataclass
class Cold(FakeEngine):
    """An engine whose lanes find no weights, or load for as long as nobody says otherwise."""

    found: bool = False
    warmed: list[str] = field(default_factory=list)

    async def send(self, command: Command) -> None:
        if not isinstance(command, Warm):
            await super().send(command)
            return
        self.warmed += [lane.name for lane in command.lanes]
        for lane in command.lanes:
            if self.found:
                self.tell(LaneReady(lane.name, False, "loading model"))
            else:
                self.tell(LaneReady(lane.name, False, "No weights.", "Fetch them.", failed=True))


def app_of(store: Store, **changes) -> tuple[WorkbenchApp, Cold]:
    engine = Cold(invoice_script, **changes)
    return WorkbenchApp(engine, setup(lanes=LANES, shelf=store.shelf)), engine


async def offered(pilot: Pilot) -> None:
    """Wait for the offer in place and take it up."""
    app = pilot.app
    await until(pilot, lambda: shown(app).count("Alt+P fetches them.") >= 2)
    assert app.screen is app.main
    await pilot.press("alt+p")
    await until(pilot, lambda: isinstance(app.screen, ModelsScreen))


async def test_missing_weights_are_offered_in_place_and_no_key_is_swallowed():
    app, _ = app_of(Store())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "not on this machine yet (589 MB)" in shown(app))
        assert "The weights of smollm2 (98 MB) are" in shown(app)
        assert "^F: recorded races." in shown(app)
        await pilot.press("f10")
        await until(pilot, lambda: "Nothing failed here" in shown(app))
        await pilot.press("X")
        assert app.main.query_one("#user").text.startswith("X")
        assert app.screen is app.main


async def test_sending_to_lanes_without_weights_offers_them_instead_of_failing():
    app, engine = app_of(Store())
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "! not ready" in shown(app))
        await pilot.press("ctrl+j")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
        assert not [c for c in engine.sent if isinstance(c, StartRace)]


async def test_a_lane_is_loading_until_its_model_is_loaded():
    app, engine = app_of(Store(), found=True)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: shown(app).count("loading model") == 2)
        assert shown(app).count("◌ loading") == 2
        assert "ready" not in shown(app)
        engine.tell(LaneReady("qwen", True, "ready"))
        await until(pilot, lambda: "· ready" in shown(app))
        assert shown(app).count("◌ loading") == 1
        assert "Embedded models" not in shown(app)


async def test_before_the_engine_has_said_anything_a_lane_is_loading():
    engine = FakeEngine(invoice_script)
    engine.send = lambda _: _nothing()
    app = WorkbenchApp(engine, setup())
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: shown(app).count("◌ loading") == 2)
        assert "ready" not in shown(app)


async def _nothing() -> None:
    return None


async def test_missing_weights_are_offered_fetched_in_sight_and_loaded():
    store = Store()
    app, engine = app_of(store)
    async with app.run_test(size=SIZE) as pilot:
        await offered(pilot)
        assert "98 MB  not fetched" in shown(app)
        assert "491 MB  not fetched" in shown(app)
        engine.found = True
        await pilot.press("enter")
        store.step()
        await until(pilot, lambda: "24 of 98 MB" in shown(app))
        assert "━━━━━━╌" in shown(app)
        await pilot.press("escape")  # it goes on, and is seen in the lane
        await until(pilot, lambda: app.screen is app.main)
        await until(pilot, lambda: "24 of 98 MB" in shown(app))
        assert "waits for the other download" in shown(app)
        store.step(4)
        await until(pilot, lambda: engine.warmed == ["smollm2", "qwen", "smollm2"])
        await pilot.press("alt+p")
        await until(pilot, lambda: "98 MB  ✓ here" in shown(app))
        store.step(5)
        await until(pilot, lambda: engine.warmed[-1] == "qwen")
        await until(pilot, lambda: shown(app).count("✓ here") == 2)
        await pilot.press("escape")
        await until(pilot, lambda: "The models are here." in shown(app))


async def test_a_download_is_stopped_and_the_offer_stays_one_key_away():
    store = Store()
    app, _ = app_of(store)
    async with app.run_test(size=SIZE) as pilot:
        await offered(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "0 of 98 MB" in shown(app))
        await pilot.press("x")
        await until(pilot, lambda: app.main.fetch is not None and not app.main.fetch.running)
        await until(pilot, lambda: "Enter fetch what is missing" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "Alt+P fetches them." in shown(app))
        assert "! not ready" in shown(app)


async def test_a_download_that_fails_says_why_and_what_to_do():
    store = Store()
    store.problem = ModelFileError("Nothing can be reached.", "Check the network.")
    app, _ = app_of(store)
    async with app.run_test(size=SIZE) as pilot:
        await offered(pilot)
        await pilot.press("enter")
        store.step()
        await until(pilot, lambda: "Nothing can be reached. Check the network." in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "Nothing can be reached." in shown(app))


async def test_without_local_lanes_nothing_is_offered():
    store = Store()
    engine = Cold(invoice_script)
    lanes = (Lane("a", "compatible", "m"),)
    app = WorkbenchApp(engine, setup(lanes=lanes, shelf=store.shelf))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "No weights." in shown(app))
        assert app.screen is app.main


async def test_leaving_while_a_download_runs_ends_it():
    store = Store()
    app, _ = app_of(store)
    async with app.run_test(size=SIZE) as pilot:
        await offered(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "0 of 98 MB" in shown(app))
    assert app.main.fetch is not None
    assert not app.main.fetch.running


async def test_a_lane_taken_into_the_race_is_made_ready():
    engine = FakeEngine(invoice_script)
    app = WorkbenchApp(engine, setup(in_view=("qwen",)))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "Lanes in the race" in shown(app))
        await pilot.press("home", "space")
        warmed = [c.lanes[0].name for c in engine.sent if isinstance(c, Warm)]
        await until(pilot, lambda: warmed == ["qwen"] or len(warmed) == 2)
        await until(pilot, lambda: app.model.fold.lanes["smollm2"].ready)


@pytest.mark.parametrize(
    ("key", "opened"),
    [(b"m", b"Nothing was sent"), (b"s", b"Save the prompt"), (b"o", b"Open which prompt")],
)
def test_alt_and_a_letter_is_a_key_also_in_an_editor(tmp_path, key: bytes, opened: bytes):
    terminal = Terminal(tmp_path / "closed")
    terminal.read_until(b"invoice fields")
    os.write(terminal.main, b"\x1b" + key)
    terminal.read_until(opened)
    os.write(terminal.main, b"\x11")
    assert terminal.leave() == 0


def test_a_real_first_start_offers_the_real_models(tmp_path, monkeypatch):
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(tmp_path / name))
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    python = subprocess.sys.executable
    terminal = Terminal(tmp_path, command=(python, "-m", "workbench"), folder=tmp_path)
    terminal.read_until(b"fetches them")
    terminal.settle()
    os.write(terminal.main, b"\x11")
    assert terminal.leave() == 0
    assert b"(98 MB)" in terminal.out
    assert b"(491 MB)" in terminal.out
    assert b"(590 MB)" in terminal.out


@pytest.mark.parametrize("size", [(20, 5), (30, 8), (49, 11)])
async def test_on_a_tiny_terminal_the_prompt_and_the_lanes_are_what_is_left(size):
    app = WorkbenchApp(FakeEngine(invoice_script), setup())
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        assert "Extract" in shown(app)
        assert "failed" in shown(app)
        assert "json" in shown(app)
        await pilot.resize_terminal(1, 1)
        await pilot.press("ctrl+j", "f6", "escape", "ctrl+d", "escape")
        await pilot.resize_terminal(110, 34)
        await settled(pilot, 2)
        assert "passed" in shown(app)
