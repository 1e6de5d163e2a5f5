"""Fixtures of the screen's tests: a snapshot fixture and a way to wait without sleeping."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.app import App
from textual.pilot import Pilot

from tests.tui.plain_talk import CITIES, CSV, LANES, Person, at_home
from workbench.tui.app import WorkbenchApp
from workbench.tui.widgets.editor import Editor

SNAPSHOTS = Path(__file__).resolve().parent.parent / "snapshots"


class Screenshot(SingleFileSnapshotExtension):
    """One SVG per picture, in one folder."""

    _write_mode = WriteMode.TEXT
    file_extension = "svg"

    @classmethod
    def dirname(cls, *, test_location) -> str:
        return str(SNAPSHOTS / Path(test_location.filepath).stem)


@pytest.fixture(autouse=True)
def colors(monkeypatch):
    """Every test has the same terminal, whatever this one is."""
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def picture(snapshot: SnapshotAssertion) -> Callable[[App], None]:
    """Compare the screen with the picture taken before. Run with --snapshot-update to take it."""
    pictures = snapshot.use_extension(Screenshot)

    def compare(app: App) -> None:
        svg = app.export_screenshot(title="workbench")
        svg = re.sub(r"terminal-\d+", "terminal", svg)
        assert svg == pictures

    return compare


async def until(pilot: Pilot, condition: Callable[[], bool]) -> None:
    """Let the application work until *condition* holds; for a thousand turns at least, and for half
    a minute: threads and other processes take their time on a busy machine.
    """
    turns, end = 0, time.monotonic() + 30
    while turns < 1000 or time.monotonic() < end:
        if condition():
            await pilot.pause()
            return
        await pilot.pause()
        turns += 1
    raise AssertionError("the application never got there")


async def settled(pilot: Pilot, iterations: int = 0) -> None:
    """Wait until the session is open and so many races are over; stop the cursors' blinking."""
    app = pilot.app
    assert isinstance(app, WorkbenchApp)

    def done() -> bool:
        found = app.model.fold.iterations
        ready = all(lane.ready for lane in app.model.fold.lanes.values())
        done = len(found) >= iterations and not app.model.running
        return app.model.title != "" and done and ready

    await until(pilot, done)
    for editor in app.main.query(Editor):
        editor.cursor_blink = False
    app.bridge.tick()
    await pilot.pause()


def shown(app: App) -> str:
    """Return the text on the screen, line by line, as the terminal would get it."""
    size = app.size
    strips = app.screen._compositor.render_strips(size)
    return "\n".join(strip.text for strip in strips)


@pytest.fixture
async def person(tmp_path, monkeypatch):
    at_home(tmp_path, monkeypatch, LANES)
    found = Person(tmp_path)
    await found.start()
    yield found
    await found.leave()


@pytest.fixture
async def asked(person):
    await person.do("user Say JSON.")
    await person.do("send")
    return person


@pytest.fixture
async def traveller(tmp_path, monkeypatch):
    at_home(tmp_path, monkeypatch, CITIES)
    (tmp_path / "cities.csv").write_text(CSV)
    found = Person(tmp_path)
    await found.start()
    await found.do("check - 1")
    for _ in found.talk.model.draft.checks:
        await found.do("check - 1")
    await found.do("user Which country is {{ city }} in?")
    yield found
    await found.leave()
