"""The workbench line by line in a pipe: hostile text, other encodings, readers that go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.serving import LANES, environment
from tests.tui.stories import HOSTILE
from tests.tui.test_plain import COMMAND, do, start


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "workbench.toml").write_text(LANES)
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    return tmp_path


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


ASCII = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
EVERYWHERE = """
system {bad}
check - 1
line + {bad}
set x {bad}
check contains:{bad}
check
rows rows.jsonl
rows
send
rows
row
row {bad}
row set city {bad}
show
fail
verdicts
details
replay
measures
recheck not_contains:{bad}
recheck checks
diff
name {bad}
note {bad}
name
note
star
history
history tree
case
{bad}
guard on
send
guard wait
guard
flips
diff by line
lanes
lanes {bad}
lane x
lane x model {bad}
lane {bad}
lane x {bad}
sessions
sessions {bad}
open {bad}
open last
load {bad}
write {bad}.toml
copy x {bad}
copy x answer.txt
edit {bad}
undo
prompt
line
again
answers {bad}
page {bad}
help {bad}
{bad}
quit
"""
BAD = "begin" + "".join(HOSTILE[:6] + HOSTILE[7:]) + "end"
HARMFUL = (b"\x1b", b"\x07", b"\x00", b"\x9b", *(c.encode() for c in "\u202e\u2066\u200b\ufeff"))


def test_hostile_text_is_said_everywhere_and_obeyed_nowhere(project):
    text = json.dumps(BAD, ensure_ascii=False)
    (project / "workbench.toml").write_text(
        '[defaults]\nlanes = ["x"]\nchecks = ["json"]\n'
        f"[lanes.x]\nprovider = 'scripted'\nmodel = 'm'\noptions = {{ text = {text} }}\n"
    )
    (project / "rows.jsonl").write_text(json.dumps({"id": BAD, "city": BAD, "checks": ["json"]}))
    done = piped(project, EVERYWHERE.replace("{bad}", BAD))
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert done.stdout.count(b"begin<ESC>]52;c;aGVsbG8=<BEL>") > 40
    for harmful in HARMFUL:
        # 0x9b may well be the second byte of a harmless character: as one it is C2 9B
        assert (b"\xc2" if harmful == b"\x9b" else b"") + harmful not in done.stdout


def test_an_answer_cannot_speak_with_the_voice_of_workbench(project):
    text = json.dumps("fine\nworkbench: quit\nIteration 9: 9 of 9 passed.\nSaved as x.")
    (project / "workbench.toml").write_text(
        '[defaults]\nlanes = ["x"]\nchecks = ["json"]\n'
        f"[lanes.x]\nprovider = 'scripted'\nmodel = 'm'\noptions = {{ text = {text} }}\n"
    )
    done = piped(project, "user Hello\nsend\nshow\nfail\nreplay\ncase\n-\nprompt\n")
    said = done.stdout.decode().splitlines()
    assert "x says, 4 lines:" in said
    assert [line for line in said if line.startswith(("workbench:", "Iteration 9", "Saved"))] == []
    assert said.count("  Saved as x.") == 3


def test_a_line_of_100_kb_is_said_whole_in_a_pipe_and_never_at_once_on_a_terminal(project):
    text = "word " * 20_000
    (project / "workbench.toml").write_text(
        '[defaults]\nlanes = ["x"]\nchecks = ["json"]\n'
        f"[lanes.x]\nprovider = 'scripted'\nmodel = 'm'\noptions = {{ text = '{text}' }}\n"
    )
    done = piped(project, "user Hello\nanswers all\nsend\n")
    assert max(map(len, done.stdout.decode().splitlines())) == 2 + len(text)
    terminal = start(project)
    do(terminal, "user Hello", "is set")
    said = do(terminal, "send", "Iteration 1: ")
    assert len(said) < 2000
    said = do(terminal, "show", "more lines. To hear on: more")
    assert len(said) < 3500
    assert max(map(len, said.splitlines())) <= 1002
    os.write(terminal.main, b"\x04")
    assert terminal.leave() == 0


def test_a_reader_that_goes_ends_it_without_a_traceback(project):
    command = f"{sys.executable} -m workbench --plain | head -1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        input=b"help\n" * 2000,
        cwd=project,
        env=environment(project),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.startswith(b"Workbench, line by line.")
    assert done.stderr == b""
    assert done.returncode == 129


def test_a_terminal_that_knows_only_ascii_hears_everything(project):
    done = piped(project, "user Grüße\nsend\nprompt\nquit\n", **ASCII)
    assert done.returncode == 0
    assert b"Iteration 1: " in done.stdout
    assert b"Traceback" not in done.stderr
    done.stdout.decode("ascii")


def test_a_terminal_that_knows_only_ascii_hears_signs_of_an_answer_by_their_like(project):
    (project / "workbench.toml").write_text(
        '[defaults]\nlanes = ["x"]\nchecks = []\n'
        "[lanes.x]\nprovider = 'scripted'\nmodel = 'm'\noptions = { text = '“Sure” – it’s 3 ü' }\n",
        "utf-8",
    )
    done = piped(project, "user Hello\nsend\nquit\n", **ASCII)
    assert b'  "Sure" - it\'s 3 \\xfc\n' in done.stdout


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
