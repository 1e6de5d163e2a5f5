"""Editing the prompt: undo wherever text came from, an editor of one's own, prompt files."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.tui.conftest import settled, shown, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.stories import PROMPT, invoice_script, setup
from tests.tui.test_ends import Terminal
from workbench.config.prompt_file import load_prompt
from workbench.engine.plan import StartRace
from workbench.errors import UsageError
from workbench.files.home import from_home
from workbench.model.prompt import DataRow
from workbench.tui import external
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.dialogs import Ask
from workbench.tui.view.setup import SessionEntry
from workbench.tui.widgets.editor import Editor

SIZE = (100, 40)
CTRL_G, CTRL_Q, CTRL_Y, CTRL_Z = b"\x07", b"\x11", b"\x19", b"\x1a"


def app_of() -> WorkbenchApp:
    return WorkbenchApp(FakeEngine(invoice_script), setup())


def user(app: WorkbenchApp) -> Editor:
    return app.main.query_one("#user", Editor)


def script(folder: Path, text: str) -> str:
    path = folder / "editor.sh"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


async def answered(pilot, key: str, text: str) -> None:
    """Press *key*, which asks for a line, and give it *text*."""
    await pilot.press(key)
    line = pilot.app.screen.query_one("Input")
    line.value = text
    await pilot.press("enter")
    await pilot.pause()


@pytest.mark.parametrize("editor", ["false", "/no/such/editor", 'vi "'])
def test_the_screen_comes_back_when_an_editor_fails(tmp_path, monkeypatch, editor):
    monkeypatch.setenv("VISUAL", editor)
    terminal = Terminal(tmp_path / "closed")
    terminal.read_until(b"invoice")
    terminal.settle()
    terminal.out = b""
    os.write(terminal.main, CTRL_G)
    terminal.read_until(b"\x1b[?1049h" if editor != 'vi "' else b"cannot be read")
    terminal.settle()
    terminal.out = b""
    os.write(terminal.main, b"Zq")
    terminal.read_until(b"q")  # typing goes on where it was
    terminal.settle()
    os.write(terminal.main, CTRL_Q)
    assert terminal.leave() == 0


def test_what_an_editor_left_is_taken_and_can_be_undone_and_redone(tmp_path, monkeypatch):
    monkeypatch.setenv("VISUAL", script(tmp_path, 'printf "all new" > "$1"'))
    terminal = Terminal(tmp_path / "closed")
    terminal.read_until(b"invoice")
    terminal.settle()
    for key, brings in ((CTRL_G, b"all new"), (CTRL_Z, b"invoice"), (CTRL_Y, b"all new")):
        terminal.out = b""
        os.write(terminal.main, key)
        terminal.read_until(brings)
        terminal.settle()
    os.write(terminal.main, CTRL_Q)
    assert terminal.leave() == 0


def test_ctrl_c_in_an_editor_is_the_editors_own(tmp_path, monkeypatch):
    """Many leave a mode with it; the terminal tells everybody who shares it."""
    waits = "trap 'printf again > \"$1\"; exit 0' INT\necho EDITING\nwhile :; do sleep 0.05; done\n"
    monkeypatch.setenv("VISUAL", script(tmp_path, waits))
    terminal = Terminal(tmp_path / "closed")
    terminal.read_until(b"invoice")
    terminal.settle()
    os.write(terminal.main, CTRL_G)
    terminal.read_until(b"EDITING")
    os.killpg(terminal.process.pid, signal.SIGINT)
    terminal.read_until(b"again")
    terminal.settle()
    assert terminal.process.poll() is None
    os.write(terminal.main, CTRL_Q)
    assert terminal.leave() == 0


def test_an_editor_that_removes_the_file_is_said_to_have_left_none(tmp_path, monkeypatch):
    monkeypatch.setenv("VISUAL", script(tmp_path, 'rm "$1"'))
    with pytest.raises(UsageError, match="left no file"):
        external.edit("text")


async def test_edits_of_an_iteration_can_be_undone_when_it_is_come_back_to():
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+j")
        await settled(pilot, 1)
        await pilot.press("Z", "ctrl+j")
        await settled(pilot, 2)
        second = user(app).text
        assert second == "Z" + PROMPT.user
        await pilot.press("ctrl+o")
        await until(pilot, lambda: user(app).text == PROMPT.user)
        await pilot.press("ctrl+z")
        assert user(app).text == PROMPT.user, "undo brought another iteration's text"
        await pilot.press("ctrl+n")
        await until(pilot, lambda: user(app).text == second)
        await pilot.press("ctrl+z")
        assert user(app).text == PROMPT.user
        await pilot.press("ctrl+y")
        assert user(app).text == second


async def test_opening_a_prompt_file_can_be_undone_in_each_editor(tmp_path):
    path = tmp_path / "other.toml"
    path.write_text('system = "S"\nuser = "U"\nchecks = ["json"]\n')
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await answered(pilot, "alt+o", str(path))
        await until(pilot, lambda: user(app).text == "U")
        assert app.model.draft.prompt.system == "S"
        assert app.model.draft.checks == ("json",)
        await pilot.press("ctrl+z")
        assert user(app).text == PROMPT.user
        assert app.model.draft.prompt.user == PROMPT.user


async def test_a_prompt_file_that_is_there_is_written_over_only_when_asked_to(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("precious = true\n")
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await answered(pilot, "alt+s", str(path))
        await until(pilot, lambda: "is there already" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "Nothing was saved" in shown(app))
        assert path.read_text() == "precious = true\n"
        await answered(pilot, "alt+s", str(path))
        await until(pilot, lambda: "is there already" in shown(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "Saved to" in shown(app))
        assert load_prompt(path).prompt == PROMPT
        await pilot.press("Z")
        await answered(pilot, "alt+s", str(path))  # the file it was saved to: no question
        await until(pilot, lambda: load_prompt(path).prompt.user == "Z" + PROMPT.user)


@pytest.mark.parametrize("key", ["alt+o", "alt+s"])
async def test_a_path_that_can_be_no_file_is_told_and_nothing_breaks(tmp_path, key):
    os.mkfifo(tmp_path / "pipe.toml")
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        for name in ("pipe.toml", "missing/x.toml", "x" * 300 + ".toml"):
            await answered(pilot, key, str(tmp_path / name))
            await until(pilot, lambda: isinstance(app.screen, Ask) and app.screen.problem != "")
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.main)
        await answered(pilot, key, "~nosuchuser/x.toml")
        await until(pilot, lambda: "No such file" in shown(app))


def test_the_home_of_a_user_who_is_not_there_is_left_as_it_is_written():
    assert from_home("~nosuchuser/x") == Path("~nosuchuser/x")
    assert from_home("~/x") == Path.home() / "x"


def test_a_prompt_file_keeps_its_mode_when_it_is_written_over(tmp_path):
    from workbench.config.prompt_file import PromptFile, save_prompt

    path = tmp_path / "p.toml"
    path.write_text("")
    path.chmod(0o640)
    save_prompt(path, PromptFile(PROMPT))
    assert path.stat().st_mode & 0o777 == 0o640


async def test_a_file_name_that_cannot_be_taken_is_asked_for_again(tmp_path):
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await answered(pilot, "alt+o", str(tmp_path / "none.toml"))
        await until(pilot, lambda: "cannot be read" in shown(app))
        assert app.screen.query_one("Input").value == str(tmp_path / "none.toml")
        await pilot.press("escape")
        await answered(pilot, "alt+s", str(tmp_path / "a.md"))
        await until(pilot, lambda: "Only a .toml file keeps" in shown(app))
        app.screen.query_one("Input").value += ".toml"
        await pilot.press("enter")
        await until(pilot, (tmp_path / "a.md.toml").exists)


async def test_the_rows_that_a_prompt_file_replaced_come_back(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text('user = "theirs"')
    rows = (DataRow("1", {"invoice": "a"}),)
    app = WorkbenchApp(FakeEngine(invoice_script), setup(rows=rows))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await answered(pilot, "alt+o", str(path))
        await until(pilot, lambda: user(app).text == "theirs")
        assert not app.model.draft.rows
        await pilot.press("alt+d", "u")
        await until(pilot, lambda: app.model.draft.rows == rows)


async def test_another_sessions_prompt_is_not_saved_over_the_file_in_hand(tmp_path):
    path = tmp_path / "p.toml"
    entry = SessionEntry("other", "the other one", "2026-11-22T09:00", 1)
    app = WorkbenchApp(FakeEngine(invoice_script), setup(sessions=lambda _: [entry]))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await answered(pilot, "alt+s", str(path))
        await until(pilot, lambda: "Saved to" in shown(app))
        await pilot.press("ctrl+f")
        await until(pilot, lambda: "the other one" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.main)
        await answered(pilot, "alt+s", str(path))
        await until(pilot, lambda: "Write over it?" in shown(app))


async def test_a_new_session_has_neither_the_file_nor_the_rows_of_the_one_before(tmp_path):
    path = tmp_path / "p.toml"
    rows = (DataRow("1", {"invoice": "a"}),)
    app = WorkbenchApp(FakeEngine(invoice_script), setup(rows=rows))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await answered(pilot, "alt+s", str(path))
        await until(pilot, lambda: "Saved to" in shown(app))
        await pilot.press("alt+e")
        await until(pilot, lambda: user(app).text == "")
        assert not app.model.draft.rows
        await answered(pilot, "alt+s", str(path))
        await until(pilot, lambda: "Write over it?" in shown(app))
        await pilot.press("escape", "alt+d", "u")
        await until(pilot, lambda: app.model.draft.rows == rows)
        await pilot.press("x", "escape", *"again", "ctrl+j")
        await settled(pilot, 1)
        await pilot.press("alt+e")
        await until(pilot, lambda: app.model.iteration is None)
        await pilot.press("alt+d", "u")
        await until(pilot, lambda: "Nothing to take back." in shown(app))


async def test_values_that_were_typed_are_not_dropped_by_one_escape():
    engine = FakeEngine(invoice_script)
    app = WorkbenchApp(engine, setup(variables={}))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("f4", *"ACME", "escape")
        await until(pilot, lambda: "Esc again drops what you typed" in shown(app))
        await pilot.press("ctrl+j")
        await until(pilot, lambda: app.screen is app.main)
        assert app.model.draft.variables == {"invoice": "ACME"}
        assert not any(isinstance(command, StartRace) for command in engine.sent)
        await pilot.press("f4", *" Corp", "escape", "escape")
        await until(pilot, lambda: app.screen is app.main)
        assert app.model.draft.variables == {"invoice": "ACME"}
        await pilot.press("f4", "escape")  # nothing was typed: nothing to ask about
        await until(pilot, lambda: app.screen is app.main)


async def test_variables_are_coloured_and_what_only_looks_like_one_is_told_apart():
    app = app_of()
    line = r'{{ ok }} \{{ kept }} {{bad name}} {"a": {"b": 1}}'
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        user(app).take(line)
        await pilot.pause()
        shown_line = user(app).get_line(0)
        style = app.painter.style
        tones = {
            "{{ ok }}": style("accent bold", "surface"),
            r"\{{ kept }}": style("muted", "surface"),
            "{{bad name}}": style("warn", "surface"),
        }
        found = {line[s.start : s.end]: s.style for s in shown_line.spans}
        assert {text: found[text] for text in tones} == tones
        assert not any('"b"' in text for text in found)


async def test_the_ends_of_a_text_and_all_of_it_are_one_key_away():
    app = app_of()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+end", "Z")
        assert user(app).text == PROMPT.user + "Z"
        await pilot.press("ctrl+home", "A")
        assert user(app).text == "A" + PROMPT.user + "Z"
        await pilot.press("ctrl+shift+end", "B")
        assert user(app).text == "AB"
        await pilot.press("alt+a", "C")
        assert user(app).text == "C"
