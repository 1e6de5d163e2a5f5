"""The canary key and the stranger's session again, on the screen: no byte on the terminal holds a
key, a crash says none, and nothing reaches the stranger's server.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.faults.world import KEY, World, leaked
from tests.tui.test_ends import Terminal

SCREEN = (sys.executable, "-m", "workbench")
LANES, SAVE, DETAILS, QUIT = b"\x0c", b"s", b"d", b"\x11"


def screen(world: World, monkeypatch: pytest.MonkeyPatch, *more: str) -> Terminal:
    """Open the screen in the world's project."""
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal(world.folder / "unused", command=(*SCREEN, *more), folder=world.project)
    terminal.read_until(b"refuse")
    return terminal


def race(world: World, terminal: Terminal) -> None:
    """Send the prompt and wait until what three lanes answered is saved."""

    def ended() -> int:
        files = (world.project / "sessions").glob("*.jsonl")
        return sum(path.read_bytes().count(b'"t":"end"') for path in files)

    wanted = ended() + 3
    os.write(terminal.main, b"\n")
    terminal.read_until(b"Incorrect API key")  # what it was stands on the next line, as stars
    for _ in range(100):
        terminal.settle()
        if ended() >= wanted:
            break
    assert ended() >= wanted


def press(terminal: Terminal, *keys: bytes) -> None:
    for key in keys:
        os.write(terminal.main, key)
        terminal.settle()


def test_no_byte_on_the_terminal_of_the_screen_holds_a_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = screen(world, monkeypatch)
    race(world, terminal)
    press(terminal, LANES, b"r", b"c")  # a lane: its reasoning, the clipboard
    press(terminal, DETAILS, b"\x1b", SAVE)
    terminal.read_until(b"What would be right")
    press(terminal, b"\n")
    terminal.read_until(b"Saved as")
    press(terminal, SAVE)  # a dialog that is open keeps nobody
    os.write(terminal.main, QUIT)
    assert terminal.leave() == 0
    assert leaked(terminal.out) == []
    assert "***" in (world.project / "cases.jsonl").read_text()
    assert any(KEY in request for request in world.mine.requests)
    assert world.other.connections == 0
    world.assert_no_leak_in_files()


def test_a_strangers_session_opened_on_the_screen_reaches_no_server_of_theirs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = screen(world, monkeypatch, "--session", "foreign")
    terminal.read_until(b"evil")  # their lane, as it was recorded
    race(world, terminal)  # from their iteration, with lanes of ours
    press(terminal, b"\x0f", LANES, DETAILS, b"\x1b")  # back to theirs
    press(terminal, SAVE, b"\n")
    os.write(terminal.main, QUIT)
    assert terminal.leave() == 0
    assert world.other.connections == 0
    assert any(KEY in request for request in world.mine.requests)
    assert leaked(terminal.out) == []
    world.assert_no_leak_in_files()


CRASH = """
import os, sys
def broken(*_):
    key = os.environ["CANARY_KEY"].strip()
    raise RuntimeError(f"it broke with {key}")
"""
BROKEN_COMMAND = (
    CRASH
    + """
import workbench.api.lanes
workbench.api.lanes.list_lanes = broken
sys.argv = ["workbench", "lanes", "list"]
from workbench.__main__ import main
main()
"""
)
BROKEN_SCREEN = (
    CRASH
    + """
from workbench.tui.app import WorkbenchApp
WorkbenchApp.action_help = broken
sys.argv = ["workbench"]
from workbench.__main__ import main
main()
"""
)
BROKEN_TASK = (
    CRASH
    + """
import asyncio
from workbench.api.setup import settings_for
from workbench.api.wiring import make_tools
async def run():
    make_tools(settings_for())
    task = asyncio.create_task(asyncio.to_thread(broken))
    await asyncio.wait([task])  # nobody asks what became of it
asyncio.run(run())
"""
)


@pytest.mark.parametrize(("program", "code"), [(BROKEN_COMMAND, 1), (BROKEN_TASK, 0)])
def test_what_a_crash_says_holds_no_key(world: World, program: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=world.project,
        env=world.environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code
    assert b"it broke with ****" in done.stderr
    assert leaked(done.stdout + done.stderr) == []


def test_what_a_crash_of_the_screen_says_holds_no_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    command = (sys.executable, "-c", BROKEN_SCREEN)
    terminal = Terminal(world.folder / "unused", command=command, folder=world.project)
    terminal.read_until(b"refuse")
    os.write(terminal.main, b"\x1bOP")
    assert terminal.leave() == 1
    assert b"it broke with ****" in terminal.out
    assert leaked(terminal.out) == []
