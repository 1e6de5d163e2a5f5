"""The whole loop by keys alone in a real pseudo terminal; hostile text on every screen of it."""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tests.tui.serving import environment
from tests.tui.test_ends import PROGRAM, Terminal
from workbench.store.sessions import load

PROJECT = """
[defaults]
lanes = ["small", "large"]
checks = ["json", "max_words:100"]

[lanes.small]
provider = "scripted"
model = "script"
options = { texts = ["Sure! Here it is.", '{"umbrellas": 3}'], ttft_ms = 20, tokens_per_s = 400 }

[lanes.large]
provider = "scripted"
model = "script"
options = { text = '{"umbrellas": 3}', ttft_ms = 30, tokens_per_s = 400 }
"""
CTRL_J, CTRL_L, CTRL_O, CTRL_Q, ESC = b"\n", b"\x0c", b"\x0f", b"\x11", b"\x1b"
F2, F6, F7, F8, F10 = b"\x1bOQ", b"\x1b[17~", b"\x1b[18~", b"\x1b[19~", b"\x1b[21~"


class Walk:
    """Presses a key and waits for what it brings."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal

    def press(self, key: bytes, *brings: bytes) -> None:
        self.terminal.out = b""
        os.write(self.terminal.main, key)
        for text in brings:
            self.terminal.read_until(text, 15)
        self.terminal.settle(0.15)

    def back(self) -> None:
        """Leave a dialog. A lone Escape is known as one only after a moment."""
        self.press(ESC)


def test_the_whole_loop_needs_nothing_but_keys(tmp_path, monkeypatch):
    (tmp_path / "workbench.toml").write_text(PROJECT)
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    command = (sys.executable, "-m", "workbench")
    terminal = Terminal(tmp_path, command=command, folder=tmp_path)
    terminal.read_until(b"ready")
    terminal.settle()
    walk = Walk(terminal)
    walk.press(b"Zz: ", b"Z")
    walk.press(CTRL_J, b"failed", b"passed")  # send: it fails
    walk.press(CTRL_L)  # the lane, and why
    walk.press(b"f")
    walk.press(b"d", b"Model and cost")
    walk.back()
    walk.press(F10, b"What would be right")  # the failure becomes a case
    walk.press(b'{"umbrellas": 3}', b"umbrellas")
    walk.press(CTRL_J, b"Saved as")
    walk.press(F6, b"Checks by lane")
    walk.back()
    walk.press(F2)
    walk.press(b"Only JSON. ", b"J")
    walk.press(CTRL_J, b"2 of 2")  # fixed, and sent again
    walk.press(b"\x04", b"iteration 1")  # compared
    walk.back()
    walk.press(F7, b"speed")
    walk.back()
    walk.press(b"\x1bm", b"velocity")
    walk.back()
    walk.press(F8, b"Iterations")
    walk.back()
    walk.press(CTRL_O, b"[")  # back to the first, and a branch from it
    walk.press(CTRL_J, b"3")
    walk.press(b"\x1bs", b"Save the prompt to which file")
    walk.press(b"\r", b"Saved to prompt.toml")
    walk.press(CTRL_Q)
    assert terminal.leave() == 0

    (path,) = (tmp_path / "sessions").glob("*.jsonl")
    iterations = load(path).session.iterations
    assert [i.parent for i in iterations] == [None, 1, 1]
    assert "Zz: " in iterations[0].prompt.user
    assert "Only JSON." in iterations[1].prompt.user
    verdicts = [{a.lane: a.verdict for a in i.attempts} for i in iterations]
    assert verdicts[0] == {"small": "fail", "large": "pass"}
    assert verdicts[1] == {"small": "pass", "large": "pass"}
    (case,) = map(json.loads, (tmp_path / "cases.jsonl").read_text().splitlines()[-1:])
    assert case["expected"] == ['{"umbrellas": 3}']
    assert "Zz: " in tomllib.loads((tmp_path / "prompt.toml").read_text())["user"]


HOSTILE_EVERYWHERE = """
from dataclasses import dataclass
from tests.tui.fake_engine import Answer
from tests.tui.stories import HOSTILE
from workbench.model.attempt import AttemptError
from workbench.model.events import LaneReady, Notice
from workbench.model.lane import Lane
from workbench.model.prompt import Prompt
from workbench.tui.view.fetch import Shelf
from workbench.tui.view.setup import SessionEntry

H = "begin" + "".join(HOSTILE[:4] + HOSTILE[5:]) + "end"

@dataclass
class Weights:
    name: str = H
    title: str = H
    licence: str = H
    size: int = 1
    state: str = "missing"

def script(iteration, lane):
    if lane.name.startswith("b"):
        return Answer((), error=AttemptError("server", H, H))
    return Answer((H, str(iteration)), fail=("json", 0, H), reasoning=(H,))
""" + PROGRAM.replace("invoice_script, pace=1.0", "script, pace=0.0").replace(
    "async def factory():\n    return",
    """    async def send(self, command):
        await super().send(command)
        self.tell(LaneReady(H, False, H, H, failed=True), Notice("error", H, H))

async def factory():
    return""",
).replace(
    "setup())",
    """setup(
    lanes=(Lane(H, "local", H), Lane("b" + H, "local", H)), prompt=Prompt(H + "{{ v }}", H),
    checks=("json",), variables={"v": H}, suite=H, save_case=lambda case: None,
    sessions=lambda _: [SessionEntry(H, H, H, 1, H)], check_problem=lambda _: None,
    shelf=Shelf(lambda: [Weights()], lambda name, watch: watch.status(H)),
))""",
)
HARMFUL = (
    b"\x1b]52",
    b"\x1b]8;",
    b"\x1b[2J\x1b[31m",
    b"\xc2\x9b",
    b"\xe2\x80\xae",
    b"\xe2\x81\xa6",
)
SCREENS = {
    "details": [CTRL_L, b"d"],
    "reasoning": [CTRL_L, b"r"],
    "markdown": [CTRL_L, b"m"],
    "matrix": [F6],
    "diff": [b"\x04"],
    "replay": [F7, b"\x1b[F"],
    "history": [F8],
    "case": [F10],
    "other checks": [b"\x1bc"],
    "measures": [b"\x1bm"],
    "sessions": [b"\x06"],
    "models": [b"\x1bp", b"\r"],
    "lanes": [b"\x12"],
    "variables": [b"\x1bOS"],
    "data rows": [b"\x1bd"],
    "save as": [b"\x1bs"],
    "palette": [b"\x10", b"co"],
    "help": [b"\x1bOP"],
}


LEAST = 200
"""Bytes that a screen takes at least."""


def look_at(
    terminal: Terminal,
    screens: Mapping[str, list[bytes]],
    seen: dict[str, bytes],
    escapes: int = 1,
) -> None:
    """Open one screen after the other and leave it; *seen* gets the bytes of each, and after."""
    for name, keys in screens.items():
        terminal.out = b""
        for key in keys:
            os.write(terminal.main, key)
            terminal.settle()
        terminal.read_more(LEAST)
        terminal.settle()
        seen[name] = terminal.out
        for _ in range(escapes):
            os.write(terminal.main, ESC)
            terminal.settle()
        seen[name + " left"] = terminal.out


def test_hostile_text_is_shown_and_never_obeyed_on_any_screen(tmp_path: Path):
    terminal = Terminal(tmp_path / "closed", program=HOSTILE_EVERYWHERE)
    terminal.read_until(b"invoice fields")
    terminal.settle()
    for _ in range(2):
        os.write(terminal.main, CTRL_J)
        terminal.read_until(b"slowest")
        terminal.settle()
    assert b"begin" in terminal.out
    seen = {"main": terminal.out}
    look_at(terminal, SCREENS, seen)
    os.write(terminal.main, CTRL_Q)
    assert terminal.leave() == 0, terminal.out[-3000:]
    assert {n for n, out in seen.items() if len(out) < LEAST} == set(), "nothing was shown"
    obeyed = {n: [harm for harm in HARMFUL if harm in out] for n, out in seen.items()}
    assert {n: harms for n, harms in obeyed.items() if harms} == {}


HOSTILE_TOO = """
import sys
from pathlib import Path
from tests.tui.fake_engine import Answer, FakeEngine
from tests.tui.stories import HOSTILE, setup
from workbench.engine.plan import OpenSession
from workbench.tui.view.draft import Guard
from workbench.model.events import Annotated, CaseJudged, IterationStarted
from workbench.model.prompt import DataRow, Prompt
from workbench.tui import app as module

H = "begin" + "".join(HOSTILE[:4] + HOSTILE[5:]) + "end"
CHECK = H.replace(":", ";")
folder = Path(sys.argv[1]).parent
ink = Path("themes/ink.toml").read_text()
label = 'label = "begin\\\\u001b]52;c;aGk=\\\\u0007\\\\u202eend"'
(folder / "hostile.toml").write_text(ink.replace('label = "Ink"', label))
assert label in (folder / "hostile.toml").read_text()

class Engine(FakeEngine):
    async def send(self, command):
        await super().send(command)
        for number in range(1, self.iterations + 1):
            self.tell(
                Annotated(number, "2026-11-22T09:00:00Z", H, True, H),
                *(CaseJudged(number, H + str(n), H, "fail", H, H, H) for n in range(3)),
            )

async def factory():
    return Engine(lambda *_: Answer((H,), fail=(CHECK, 0, H)), pace=0.0)

sys.exit(module.run(factory, setup(
    prompt=Prompt("{{ v }}"), checks=(CHECK,), variables={"v": H}, theme_folders=(folder,),
    rows=(DataRow("r" + H, {"v": H}, (CHECK,)),), session=OpenSession("s", H), guard=Guard(on=True),
    check_problem=lambda _: None,
)))
"""
PASTED = b"\x1b[200~/no/\xe2\x80\xaegnp\xe2\x81\xa6\xc2\x9b2J.toml\x1b[201~"
SCREENS_TOO = {
    "matrix": [F6],
    "next failure": [CTRL_L, b"f", b"f"],
    "markdown": [CTRL_L, b"m", b"f"],
    "history": [F8],
    "name": [F8, b"n"],
    "note": [F8, b"t"],
    "data rows": [b"\x1bd", b"f", b"\r"],
    "cases": [b"\x1bg", b"\r"],
    "themes": [b"\x1b[20~"],
    "open file": [
        b"\x1bo",
        b"\x1b[200~/no/\xe2\x80\xaegnp\xe2\x81\xa6\xc2\x9b2J.toml\x1b[201~",
        b"\r",
    ],
    "save file": [
        b"\x1bs",
        b"\x1b[200~/no/\xe2\x80\xaegnp\xe2\x81\xa6\xc2\x9b2J.toml\x1b[201~",
        b"\r",
    ],
    "sessions": [b"\x06", PASTED],
    "palette": [b"\x10", PASTED],
}


def test_hostile_names_notes_rows_cases_themes_and_paths_are_shown_and_never_obeyed(tmp_path: Path):
    terminal = Terminal(tmp_path / "closed", program=HOSTILE_TOO)
    terminal.read_until(b"begin")
    terminal.settle()
    for _ in range(2):
        os.write(terminal.main, CTRL_J)
        terminal.read_until(b"slowest")
        terminal.settle()
    seen = {"main": terminal.out}
    look_at(terminal, SCREENS_TOO, seen, escapes=2)
    os.write(terminal.main, CTRL_Q)
    assert terminal.leave() == 0, terminal.out[-3000:]
    assert {n for n, out in seen.items() if len(out) < LEAST} == set(), "nothing was shown"
    obeyed = {n: [harm for harm in HARMFUL if harm in out] for n, out in seen.items()}
    assert {n: harms for n, harms in obeyed.items() if harms} == {}
