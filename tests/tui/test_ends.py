"""Every way the screen can end, in a real pseudo terminal: the terminal is restored, the engine is
closed, the exit code is right, and nothing is printed that may hold a key.
"""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.signs import NAME, spell_out

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from tests.tui.fake_engine import FakeEngine
from tests.tui.stories import setup, invoice_script
from workbench.tui import app as module

class Engine(FakeEngine):
    async def close(self):
        await super().close()
        open(sys.argv[1], "w").write("closed")

async def factory():
    return Engine(invoice_script, pace=1.0)

if sys.argv[2] == "crash":
    def broken(self, *a):
        api_key = "sk-canary-123456"
        raise RuntimeError("it broke")
    module.WorkbenchApp.action_help = broken
try:
    code = module.run(factory, setup())
except module.WorkbenchError as error:
    print("REFUSED", type(error).__name__, error)
    code = error.exit_code
sys.exit(code)
"""
RESTORED = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?2004l")


class Terminal:
    """A program on a pseudo terminal."""

    def __init__(
        self,
        mark: Path,
        mode: str = "plain",
        term: str = "xterm-256color",
        program: str = PROGRAM,
        command: tuple[str, ...] = (),
        folder: Path = ROOT,
    ) -> None:
        self.main, side = pty.openpty()
        self.out = b""
        self.process = subprocess.Popen(
            command or [sys.executable, "-c", program, str(mark), mode],
            stdin=side,
            stdout=side,
            stderr=side,
            cwd=folder,
            env={
                **os.environ,
                "TERM": term,
                "COLORTERM": "truecolor",
                "COLUMNS": "80",
                "LINES": "24",
            },
            start_new_session=True,
        )
        os.close(side)

    def read_until(self, text: bytes, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while text not in self.out:
            left = end - time.monotonic()
            assert left > 0, self.out[-2000:]
            if select.select([self.main], [], [], left)[0]:
                try:
                    self.out += os.read(self.main, 65536)
                except OSError:
                    break
        assert text in self.out, self.out[-2000:]

    def read_more(self, least: int, seconds: float = 30) -> None:
        """Read until there are so many bytes at least, as long as it takes on a busy machine."""
        end = time.monotonic() + seconds
        while len(self.out) < least and time.monotonic() < end:
            if select.select([self.main], [], [], 0.1)[0]:
                try:
                    self.out += os.read(self.main, 65536)
                except OSError:
                    return

    def settle(self, seconds: float = 0.2) -> None:
        """Read until nothing has come for so long, or ten times as long: a cursor may blink."""
        end = time.monotonic() + 10 * seconds
        while time.monotonic() < end and select.select([self.main], [], [], seconds)[0]:
            try:
                self.out += os.read(self.main, 65536)
            except OSError:
                return

    def leave(self) -> int:
        """Read what is left and return the exit code."""
        end = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < end:
            if select.select([self.main], [], [], 0.05)[0]:
                try:
                    self.out += os.read(self.main, 65536)
                except OSError:
                    break
        code = self.process.wait(10)
        while select.select([self.main], [], [], 0)[0]:
            try:
                data = os.read(self.main, 65536)
            except OSError:
                break
            if not data:
                break
            self.out += data
        return code


@pytest.fixture
def mark(tmp_path):
    return tmp_path / "closed"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_a_signal_restores_the_terminal_closes_the_engine_and_gives_its_code(mark, number, code):
    terminal = Terminal(mark)
    terminal.read_until(b"invoice fields")
    os.write(terminal.main, b"\n")
    terminal.read_until(b"streaming")
    terminal.process.send_signal(number)
    assert terminal.leave() == code
    assert all(sequence in terminal.out for sequence in RESTORED)
    assert mark.read_text() == "closed"


def test_quitting_is_a_success(mark):
    terminal = Terminal(mark)
    terminal.read_until(b"invoice fields")
    os.write(terminal.main, b"\x11")
    assert terminal.leave() == 0
    assert all(sequence in terminal.out for sequence in RESTORED)
    assert mark.read_text() == "closed"


def test_ctrl_c_twice_leaves_and_once_does_not(mark):
    terminal = Terminal(mark)
    terminal.read_until(b"invoice fields")
    os.write(terminal.main, b"\x03")
    terminal.read_until(b"Press Ctrl+C again")
    assert terminal.process.poll() is None
    os.write(terminal.main, b"\x03")
    assert terminal.leave() == 130
    assert all(sequence in terminal.out for sequence in RESTORED)
    assert mark.read_text() == "closed"


def test_a_crash_says_where_and_never_what_was_in_memory(mark):
    terminal = Terminal(mark, "crash")
    terminal.read_until(b"invoice fields")
    os.write(terminal.main, b"\x1bOP")
    assert terminal.leave() == 1
    assert b"RuntimeError: it broke" in terminal.out
    assert b"sk-canary-123456" not in terminal.out
    assert all(sequence in terminal.out for sequence in RESTORED)
    assert mark.read_text() == "closed"


def test_a_dumb_terminal_is_refused_before_anything_is_drawn(mark):
    terminal = Terminal(mark, term="dumb")
    terminal.read_until(b"REFUSED NotATerminal")
    assert terminal.leave() == 2
    assert b"\x1b[" not in terminal.out


def test_a_pipe_is_refused(mark):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(mark), "plain"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert b"REFUSED NotATerminal" in done.stdout


def test_hostile_text_reaches_the_terminal_as_signs(mark):
    """The bytes a terminal gets hold no sequence that came from a model."""
    program = PROGRAM.replace(
        "setup())", "setup(lanes=(Lane(H, 'local', H),), prompt=Prompt(H), checks=()))"
    ).replace("invoice_script, pace=1.0", "lambda *_: Answer((H, H)), pace=0.0")
    hostile = (
        "from tests.tui.fake_engine import Answer\nfrom workbench.model.lane import Lane\n"
        "from workbench.model.prompt import Prompt\nfrom tests.tui.stories import HOSTILE\n"
        "H = 'begin' + ''.join(HOSTILE[:4] + HOSTILE[5:]) + 'end'\n"
    )
    terminal = Terminal(mark, program=hostile + program)
    terminal.read_until(b"invoice fields")
    os.write(terminal.main, b"\n")
    terminal.read_until(b"complete")
    os.write(terminal.main, b"\x11")
    assert terminal.leave() == 0
    for harmful in (b"\x1b]52", b"\x1b]8;", b"\x1b[2J\x1b[31m", b"\xc2\x9b", b"\xe2\x80\xae"):
        assert harmful not in terminal.out


def test_a_terminal_that_knows_only_ascii_gets_signs_of_the_same_width(mark, monkeypatch):
    for name, value in {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "",
    }.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal(mark)
    terminal.read_until(b"invoice fields")
    os.write(terminal.main, b"\n")
    terminal.read_until(b"x failed")
    terminal.read_until(b"v passed")
    os.write(terminal.main, b"\x11")
    assert terminal.leave() == 0
    assert b"\\u" not in terminal.out
    terminal.out.decode("ascii")


@pytest.mark.parametrize(
    ("text", "spelt"), [("\u2717 \u4f60\u2026", "x ??~"), ("caf\u00e9", "caf?")]
)
def test_what_a_terminal_does_not_know_keeps_its_width(text: str, spelt: str):
    spell_out(None)
    assert text.encode("ascii", NAME).decode() == spelt


def test_a_terminal_that_is_gone_while_it_was_painted_to_ends_the_screen(mark):
    terminal = Terminal(mark)
    terminal.read_until(b"workbench")
    for _ in range(400):  # nobody reads: the terminal's buffer and the writer's queue fill up
        with contextlib.suppress(BlockingIOError):
            os.set_blocking(terminal.main, False)
            os.write(terminal.main, b"\x1bOP\x1b")
        time.sleep(0.005)
    os.close(terminal.main)
    terminal.process.send_signal(signal.SIGHUP)
    assert terminal.process.wait(4) == 129


def test_a_terminal_that_closes_without_a_signal_ends_the_screen(mark):
    terminal = Terminal(mark)  # it is not the process's controlling terminal: nobody sends SIGHUP
    terminal.read_until(b"invoice fields")
    os.write(terminal.main, b"\n")
    terminal.read_until(b"streaming")
    os.close(terminal.main)
    assert terminal.process.wait(20) == 129


def test_a_session_that_is_not_there_is_refused_before_anything_is_shown(mark):
    command = (sys.executable, "-m", "workbench", "--session", "nope")
    terminal = Terminal(mark, command=command)
    assert terminal.leave() == 2
    assert b"Unknown session 'nope'" in terminal.out
    assert b"\x1b[?1049h" not in terminal.out
