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
from tests.tui.stories import HOSTILE
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
    assert re.search(r"small failed json after [\d.]+ ms, at character 0: not JSON", said)
    assert re.search(r"large: passed 2 checks. It took [\d.]+ ms. About 4 tokens.", said)
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


def piped(project: Path, lines: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        COMMAND,
        input=lines.encode(),
        cwd=project,
        env={**environment(project), **more},
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_hostile_text_is_said_and_never_obeyed(project):
    text = json.dumps("begin" + "".join(HOSTILE[:6] + HOSTILE[7:]) + "end", ensure_ascii=False)
    (project / "workbench.toml").write_text(
        '[defaults]\nlanes = ["x"]\nchecks = ["json"]\n'
        f"[lanes.x]\nprovider = 'scripted'\nmodel = 'm'\noptions = {{ text = {text} }}\n"
    )
    done = piped(project, "send\nshow\nfail\nreplay\ncase\n-\nhistory\nlanes\nsessions\n\x1b]0;x\n")
    assert done.returncode == 0
    assert b"begin" in done.stdout
    for harmful in (b"\x1b", b"\x07", b"\xc2\x9b", b"\xe2\x80\xae", b"\x00"):
        assert harmful not in done.stdout


def test_a_terminal_that_knows_only_ascii_hears_everything(project):
    more = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = piped(project, "user Grüße\nsend\nprompt\nquit\n", **more)
    assert done.returncode == 0
    assert b"Iteration 1: " in done.stdout
    assert b"Traceback" not in done.stderr
    done.stdout.decode("ascii")


def test_the_setting_makes_it_the_default_and_the_screen_points_to_it(project):
    refused = subprocess.run(
        COMMAND[:3], env=environment(project), cwd=project, capture_output=True, check=False
    )
    assert refused.returncode == 2
    assert b"workbench --plain" in refused.stderr
    (project / "workbench.toml").write_text(LANES + "\n[screen]\nplain = true\n")
    done = subprocess.run(
        COMMAND[:3],
        env=environment(project),
        cwd=project,
        input=b"quit\n",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert b"Workbench, line by line." in done.stdout


def test_nothing_of_the_screens_toolkit_is_imported(project):
    code = (
        "import sys, io; sys.stdin = io.StringIO('quit\\n'); sys.argv = ['workbench', '--plain']\n"
        "from workbench.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print('textual' in sys.modules, 'rich' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(project),
        cwd=project,
        capture_output=True,
        check=True,
    )
    assert done.stdout.endswith(b"False False\n")


def test_every_command_and_every_way_to_call_it_is_on_its_page():
    page = PAGE.read_text("utf-8")
    for action in every():
        for how in (action.word, *action.others, *(how for how, _ in action.usage)):
            assert f"`{how}`" in page
