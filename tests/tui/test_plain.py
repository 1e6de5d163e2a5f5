"""The workbench line by line, on a terminal that can do nothing (``TERM=dumb``) and in a pipe."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.serving import LANES, environment, gone
from tests.tui.test_ends import Terminal
from workbench.tui.plain.commands.registry import every

COMMAND = (sys.executable, "-m", "workbench", "--plain")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "plain.md"
SLOW = """
[defaults]
lanes = ["slow"]
checks = []

[lanes.slow]
provider = "scripted"
model = "script"
options = { text = "one two three four five six seven eight", tokens_per_s = 2 }
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "workbench.toml").write_text(LANES)
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    return tmp_path


def start(project: Path) -> Terminal:
    terminal = Terminal(project, term="dumb", command=COMMAND, folder=project)
    terminal.read_until(b"A new session.")
    terminal.read_until(b"workbench: ")
    return terminal


def do(terminal: Terminal, line: str, answer: str, then: str = "workbench: ") -> str:
    """Type a line; return what was said up to the next prompt, which must hold *answer*."""
    terminal.out = b""
    os.write(terminal.main, line.encode() + b"\n")
    terminal.read_until(answer.encode())
    before, _, terminal.out = terminal.out.partition(answer.encode())
    terminal.read_until(then.encode())
    return (before + answer.encode() + terminal.out).decode()


def test_the_whole_loop_by_words_alone(project):
    terminal = start(project)
    said = do(terminal, "send", "Iteration 1: 1 of 2 passed, first failure after")
    assert re.search(r"small failed json after [\d.]+ m?s, at character 0: not JSON", said)
    assert re.search(r"large: passed 2 checks. It took [\d.]+ m?s. About 4 tokens.", said)
    assert '{"umbrellas": 3}' in said
    do(terminal, "fail small", 'The place, character 0, the start: "Sure!')
    do(terminal, "replay", "large ends, complete.")
    do(terminal, "case small", "What would be right?", "\n")
    do(terminal, '{"umbrellas": 3}', "Saved as ")
    (case,) = [json.loads(x) for x in (project / "cases.jsonl").read_text().splitlines()][-1:]
    assert case["expected"] == ['{"umbrellas": 3}']
    do(terminal, "case small", "What would be right?", "\n")
    do(terminal, "", "It is known already")
    do(terminal, "user", "A line with a dot alone ends it;", "\n")
    do(terminal, "How many {{ message }}\nexactly?\n.", "The user message is set.")
    do(terminal, "check contains:umbrellas", "Check 3: contains:umbrellas")
    do(terminal, "send", "Iteration 2: ")
    said = do(terminal, "diff large", "the same.")
    assert "large, iteration 1 against iteration 2" in said
    do(terminal, "diff prompt", "Changed ")
    do(terminal, "branch 1", "Iteration 1: ")
    do(terminal, "send", "Iteration 3: ")
    do(terminal, "history", "from iteration 1, in view")
    do(terminal, "star", "Iteration 3 has a star.")
    said = do(terminal, "help", "To leave: quit")
    assert "\x1b" not in said
    os.write(terminal.main, b"quit\n")
    assert terminal.leave() == 0


def test_what_cannot_be_done_is_a_sentence_with_a_hint(project):
    terminal = start(project)
    do(terminal, "show", "Nothing was sent yet. To send the prompt: send")
    do(terminal, "sned", "Unknown command 'sned'. Did you mean send")
    do(terminal, "check jsn", "Did you mean")
    do(terminal, "set nobody 1", "Unknown variable of the prompt 'nobody'.")
    do(terminal, "user Hello {{ who }}", "is set")
    do(terminal, "send", "who has no value. To give it: set who")
    do(terminal, "set who you", "who is set.")
    do(terminal, "load none.toml", "none.toml cannot be read")
    do(terminal, "lanes nobody", "Unknown lane 'nobody'.")
    do(terminal, "open nothing-of-that-name", "nothing-of-that-name")
    do(terminal, "branch 1", "Nothing was sent yet. To send the prompt: send")
    do(terminal, "s", "s can be send, system, set, show, star or sessions. Type one letter more.")
    do(terminal, "xyzzy", "Unknown command 'xyzzy'. To hear the commands: help")
    os.write(terminal.main, b"\x04")
    assert terminal.leave() == 0
    assert b"Traceback" not in terminal.out


def test_ctrl_c_stops_a_race_and_at_the_prompt_twice_leaves(project):
    (project / "workbench.toml").write_text(SLOW)
    terminal = start(project)
    do(terminal, "send", "slow: first words after", "\n")
    terminal.process.send_signal(signal.SIGINT)
    terminal.read_until(b"It was stopped after")
    terminal.out = terminal.out.partition(b"It was stopped after")[2]
    terminal.read_until(b"workbench: ")
    terminal.process.send_signal(signal.SIGINT)
    terminal.read_until(b"Press Ctrl+C again to leave.")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.leave() == 130


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("racing", [False, True])
def test_a_signal_ends_it_and_its_engine(project, number, code, racing: bool):
    (project / "workbench.toml").write_text(SLOW)
    terminal = start(project)
    if racing:
        do(terminal, "send", "slow: first words after", "\n")
    tasks = Path(f"/proc/{terminal.process.pid}/task").glob("*/children")
    (engine,) = [int(pid) for path in tasks for pid in path.read_text().split()]
    terminal.process.send_signal(number)
    assert terminal.leave() == code
    assert gone(engine)
    assert b"Traceback" not in terminal.out


def test_ctrl_c_while_lines_are_typed_leaves_everything_as_it_was(project):
    terminal = start(project)
    do(terminal, "user", "a dot alone ends it", "\n")
    terminal.out = b""
    os.write(terminal.main, b"half a thought\n")
    terminal.read_until(b"half a thought")
    terminal.process.send_signal(signal.SIGINT)
    terminal.read_until(b"Stopped")
    terminal.read_until(b"workbench: ")
    said = do(terminal, "prompt", "User message:")
    assert "half a thought" not in said
    os.write(terminal.main, b"quit\n")
    assert terminal.leave() == 0


def test_ctrl_c_stops_any_long_work_and_the_prompt_is_back(project):
    os.mkfifo(project / "rows.csv")  # nobody ever writes into it
    terminal = start(project)
    do(terminal, "send", "Iteration 1: ")
    do(terminal, "rows rows.csv", "\n", "")
    terminal.settle()
    terminal.process.send_signal(signal.SIGINT)
    terminal.read_until(b"Stopped.")
    do(terminal, "history", "Iteration 1: ")
    os.write(terminal.main, b"quit\n")
    assert terminal.leave() == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_lines_being_typed_are_there_again_after_the_terminal_has_gone(project, number):
    terminal = start(project)
    do(terminal, "user", "a dot alone ends it", "\n")
    os.write(terminal.main, b"half a thought\nand more\n")
    terminal.read_until(b"and more")
    terminal.settle()
    terminal.process.send_signal(number)
    assert terminal.leave() == 128 + number
    again = Terminal(project, term="dumb", command=COMMAND, folder=project)
    again.read_until(b"What you had not sent last time is here again.")
    again.read_until(b"workbench: ")
    assert "  half a thought\r\n  and more" in do(again, "prompt", "User message:")
    os.write(again.main, b"\x04")
    assert again.leave() == 0


@pytest.mark.parametrize("racing", [False, True])
def test_an_engine_that_died_is_told_and_nothing_is_lost(project, racing: bool):
    (project / "workbench.toml").write_text(SLOW)
    terminal = start(project)
    do(terminal, "user Hello", "is set")
    if racing:
        do(terminal, "send", "slow: first words after", "\n")
    else:
        do(terminal, "user and not sent", "is set")
    tasks = Path(f"/proc/{terminal.process.pid}/task").glob("*/children")
    (engine,) = [int(pid) for path in tasks for pid in path.read_text().split()]
    os.kill(engine, signal.SIGKILL)
    os.write(terminal.main, b"" if racing else b"history\n")
    terminal.read_until(
        b"The engine process ended by itself (exit code -9). What had arrived is in"
    )
    assert terminal.leave() == 3
    assert b"Traceback" not in terminal.out
    again = start(project) if racing else Terminal(project, "", "dumb", "", COMMAND, project)
    again.read_until(b"workbench: ")
    if racing:
        do(again, "open last", "was interrupted: what had arrived is kept.")
    else:
        do(again, "prompt", "  and not sent")
    os.write(again.main, b"quit\n")
    assert again.leave() == 0


def test_a_line_that_the_terminal_cut_short_is_refused_not_half_taken(project):
    terminal = start(project)
    os.write(terminal.main, b"user " + b"x" * 5000 + b"\n")
    terminal.read_until(b"The terminal cut this line short: it was not taken. Load it from a file")
    terminal.read_until(b"workbench: ")
    assert "xxxx" not in do(terminal, "prompt", "User message:")
    os.write(terminal.main, b"quit\n")
    assert terminal.leave() == 0


def test_a_terminal_that_can_edit_lines_takes_long_ones_whole(project):
    terminal = Terminal(project, term="xterm-256color", command=COMMAND, folder=project)
    terminal.read_until(b"A new session.")
    terminal.read_until(b"workbench: ")
    os.write(terminal.main, b"user " + b"x" * 5000 + b"\n")
    terminal.read_until(b"The user message is set.")
    terminal.read_until(b"workbench: ")
    do(terminal, "wri\tlong.toml", "Written to long.toml.")  # Tab completes
    assert "x" * 5000 in (project / "long.toml").read_text()
    os.write(terminal.main, b"quit\n")
    assert terminal.leave() == 0


ELSEWHERE = """
import signal, sys, threading
from pathlib import Path
from workbench.tui.plain import loop
from workbench.tui.plain.nudge import Nudge

def later():
    while not asked.read_bytes():
        pass
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)  # the main thread is not interrupted

signal.signal(signal.SIGTERM, loop._end)
asked, nudge = Path(sys.argv[1]), Nudge()
threading.Thread(target=later, daemon=True).start()
try:
    with nudge.awake():
        asked.write_bytes(b"now")
        input()
except loop.Ended as ended:
    sys.exit(ended.code)
"""


@pytest.mark.parametrize("terminal", [False, True])
def test_a_signal_that_interrupts_no_read_needs_no_key_to_be_heard(tmp_path, terminal: bool):
    main, side = os.openpty() if terminal else os.pipe()
    command = (sys.executable, "-c", ELSEWHERE, str(tmp_path / "asked"))
    (tmp_path / "asked").touch()
    read = side if terminal else main
    with subprocess.Popen(command, stdin=read, stdout=subprocess.DEVNULL) as process:
        try:
            assert process.wait(20) == 143
        finally:
            process.kill()
    os.close(main)
    os.close(side)


def test_every_command_and_every_way_to_call_it_is_on_its_page():
    page = PAGE.read_text("utf-8")
    for action in every():
        for how in (action.word, *action.others, *(how for how, _ in action.usage)):
            assert f"`{how}`" in page
