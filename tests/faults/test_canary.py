"""A canary key, set for lanes whose server gives it back wherever it can, is found nowhere: in no
file, no output and no byte on the terminal of any command; and nothing at all reaches an address
that only somebody else's session names.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from urllib.parse import quote

import click
import pytest

from tests.faults.echo import Echo, echo_server
from tests.tui.test_ends import Terminal
from workbench.cli.main import COMMANDS

KEY = 'sk-Vq7/zR+4kW2mXp9Lt"c5Ny'
HEADER = "hd-Jf3/bT+8nQ6uYs1Ge"
"""A secret that the user wrote into a header of a lane, in ``workbench.toml``."""
REFERRED = "rf-Wd5/cH+2mKx7Pz9Ra"
"""One that a header of a lane refers to."""
SECRETS = (KEY, HEADER, REFERRED)
WINDOW = 8
"""So many characters of the key in a row are a leak, wherever they begin."""

CONFIG = """
[defaults]
lanes = ["echo", "refuse", "midway"]
checks = ["json"]

[lanes.header]
base_url = "{url}"
model = "echo"
options = {{ headers = {{ "X-Api-Key" = "%s" }} }}

[lanes.refers]
base_url = "{url}"
model = "refuse"
options = {{ headers = {{ Authorization = "Bearer env:CANARY_HEADER" }} }}

[lanes.echo]
base_url = "{url}"
key_env = "CANARY_KEY"
model = "echo"
prices = {{ input = 1.0, output = 1.0 }}

[lanes.refuse]
base_url = "{url}"
key_env = "CANARY_KEY"
model = "refuse"

[lanes.midway]
base_url = "{url}"
key_env = "CANARY_KEY"
model = "midway"
limits = {{ retries = 0 }}

[lanes.sdk]
provider = "openai"
base_url = "{url}"
key_env = "CANARY_KEY"
model = "echo"
""".replace("%s", HEADER)
FOREIGN_CONFIG = """
[lanes.evil]
base_url = "{url}"
key_env = "CANARY_KEY"
model = "{model}"
limits = {{ retries = 0 }}
"""
SUITE = (
    '{"id": "a", "messages": [{"role": "user", "content": "Say it."}], "checks": ["json"],'
    ' "base_url": "%s", "lane": "evil", "provider": "compatible"}\n'
)
PROMPTFOO = """
providers: [{id: "openai:chat:gpt", config: {apiBaseUrl: "%s", apiKeyEnvar: CANARY_KEY}}]
prompts: ["Say {{x}}"]
tests: [{vars: {x: "it"}, assert: [{type: is-json}]}]
"""

# What is run, command by command, in this order, with the exit code that shows that it got there.
WALK: tuple[tuple[str, int], ...] = (
    ("send Hello --session mine --json", 2),  # no such session
    ("send Hello -l echo -l refuse -l midway -l sdk -c regex:zzz --json", 3),
    ("send Hello -l echo -l midway --cached", 3),
    ("send Hello -l header -l refers", 3),
    ("send Hello -l header --cached --json", 1),
    ("run suite.jsonl -l header -l refers", 3),
    ("send Hello -l echo --cached --repeat 2 -c max_words:3", 1),
    ("send Again -l echo --session {own} -c regex:zzz", 1),
    ("send Hello -l echo --session foreign --from 1", 1),
    ("send --session foreign --from 1", 2),
    ("bisect foreign -c json -l evil", 2),
    ("bisect {own} -c json -l echo", 0),
    ("run suite.jsonl -l echo -l midway --junit junit.xml --md run.md --write-baseline b.json", 1),
    ("run suite.jsonl -l echo --json --cached", 1),
    ("compare {run} {run} --json", 0),
    ("cases add {own} --suite cases.jsonl", 0),
    ("cases list cases.jsonl --json", 0),
    ("cases review cases.jsonl {case}", 0),
    ("cases shrink cases.jsonl {case} -l echo --budget 4", 0),
    ("export cases.jsonl --to promptfoo -o out --json", 0),
    ("export cases.jsonl --to inspect -o out2", 0),
    ("cases rm cases.jsonl {case}", 0),
    ("import promptfooconfig.yaml --from promptfoo --suite imported.jsonl", 0),
    ("run imported.jsonl -l echo --json", 1),
    ("diff {own} 1 2", 0),
    ("diff {own} 1 2 --json", 0),
    ("sessions list --json", 0),
    ("sessions show {own}", 0),
    ("sessions show {own} -i 1 --json", 0),
    ("sessions story {own}", 0),
    ("sessions story {own} --json", 0),
    ("sessions search that --json", 0),
    ("sessions search Vq7", 1),
    ("sessions annotate {own} 1 --note seen", 0),
    ("sessions recheck {own} -c max_words:2 --json", 1),
    ("sessions salvage {own} -o salvaged.jsonl", 0),
    ("sessions import salvaged.jsonl", 2),
    ("replay {own} --speed instant", 0),
    ("replay {own} --speed instant --json", 0),
    ("replay foreign --speed instant", 0),
    ("report {own} -o report.html", 0),
    ("checks list", 0),
    ("checks show json", 0),
    ("checks try json --file suite.jsonl", 0),
    ("doctor --json", 0),
    ("doctor", 0),
    ("lanes list --json", 0),
    ("lanes check echo --json", 0),
    ("lanes check refuse", 3),
    ("lanes check midway", 3),
    ("lanes check header --json", 0),
    ("lanes check refers", 3),
    ("lanes key nobody", 2),
    ("models list", 0),
    ("models pull nothing-of-that-name", 2),
    ("models rm nothing-of-that-name", 2),
    ("models serve nothing-of-that-name", 2),
    ("serve --port 70000", 2),
)


def leaves() -> set[str]:
    """Every command there is, as it is typed."""
    found = set()
    for name, entry in COMMANDS.items():
        module, _, attribute = entry.place.partition(":")
        command = getattr(import_module(module), attribute)
        inner = command.commands if isinstance(command, click.Group) else {"": None}
        found |= {f"{name} {sub}".strip() for sub in inner}
    return found


def leaked(data: bytes) -> list[str]:
    """Return the parts of secrets in *data*, which may be wrapped or drawn piece by piece."""
    text = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]", b"", data).decode("utf-8", "replace")
    forms = [
        form
        for key in SECRETS
        for form in (key, quote(key, safe=""), key.replace('"', '\\"'), key.replace("/", "\\/"))
    ]
    parts = {form[at : at + WINDOW] for form in forms for at in range(len(form) - WINDOW + 1)}
    return [part for part in parts if part in text]


class World:
    """A project with its two servers, and everything that was printed in it."""

    def __init__(self, folder: Path, mine: Echo, other: Echo) -> None:
        self.folder, self.mine, self.other = folder, mine, other
        self.project = folder / "project"
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "CANARY_KEY": f" {KEY} ",
            "CANARY_HEADER": REFERRED,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            **{f"WORKBENCH_{n}": str(folder / n.lower()) for n in ("CONFIG", "STATE", "CACHE")},
        }
        self.project.mkdir()
        (self.project / "suite.jsonl").write_text(SUITE % other.url)
        (self.project / "promptfooconfig.yaml").write_text(PROMPTFOO % other.url)

    def configure(self, text: str) -> None:
        (self.project / "workbench.toml").write_text(text)

    def run(self, *arguments: str, known: bool = True) -> tuple[int, bytes]:
        """Run a command; without *known* the key is not in its environment."""
        env = {k: v for k, v in self.environment.items() if known or k != "CANARY_KEY"}
        done = subprocess.run(
            [sys.executable, "-m", "workbench", *arguments],
            cwd=self.project,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout

    def foreign_session(self) -> None:
        """Somebody else's session: their lane refused the first prompt and failed the second."""
        for model, more in (("refuse", ()), ("echo", ("--session", "foreign"))):
            self.configure(FOREIGN_CONFIG.format(url=self.other.url, model=model))
            text = self.project / "workbench.toml"
            text.write_text(text.read_text().replace('key_env = "CANARY_KEY"\n', ""))
            self.run("send", "Hello", "-l", "evil", "-c", "json", *more, known=False)
            for path in (self.project / "sessions").glob("*.jsonl"):
                path.rename(path.with_name("foreign.jsonl"))
        path = self.project / "sessions" / "foreign.jsonl"
        named = path.read_text().replace('"key_env":null', '"key_env":"CANARY_KEY"')
        path.write_text(named)
        assert self.other.connections == 2
        self.other.connections = 0
        self.configure(CONFIG.format(url=self.mine.url))

    def newest(self, pattern: str) -> str:
        """Return the id of the session whose file matches, the newest first."""
        files = (self.project / "sessions").glob(pattern)
        own = [path for path in files if path.stem != "foreign"]
        return max(own, key=lambda path: path.stat().st_mtime_ns).stem if own else "none"

    def assert_no_leak_in_files(self) -> None:
        own = self.project / "workbench.toml"
        files = [path for path in self.folder.rglob("*") if path.is_file() and path != own]
        saved = b"".join(path.read_bytes() for path in self.project.rglob("*.jsonl"))
        assert b"echo-***" in saved, "nothing was saved that could have leaked"
        found = {str(path): leaked(path.read_bytes()) for path in files}
        assert {path: parts for path, parts in found.items() if parts} == {}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with echo_server() as mine, echo_server() as other:
        made = World(tmp_path, mine, other)
        made.foreign_session()
        yield made


def test_every_command_is_walked() -> None:
    walked = {line for line, _ in WALK}
    missing = {x for x in leaves() if not any(f"{w} ".startswith(f"{x} ") for w in walked)}
    assert missing == set()


@pytest.mark.long
def test_no_command_shows_or_writes_a_key_or_asks_a_strangers_server(world: World) -> None:
    names: dict[str, str] = {}
    wrong = []
    for line, code in WALK:
        if "own" not in names and (own := world.newest("*.jsonl")) != "none":
            names["own"] = own
        if line.startswith("compare"):
            names["run"] = world.newest("*suite*.jsonl")
        if "{case}" in line and "case" not in names:
            text = (world.project / "cases.jsonl").read_text()
            names["case"] = re.search(r'"id":\s*"([^"]+)"', text)[1]
        arguments = line.format(**names).split()
        found, said = world.run(*arguments)
        if leaked(said) or b"Traceback" in said or found != code:
            wrong.append((line, found, leaked(said), said[-300:]))
    assert not wrong, "\n".join(map(str, wrong))
    assert world.other.connections == 0
    assert sum(KEY in request for request in world.mine.requests) > 10
    for secret in (HEADER, REFERRED):
        assert sum(secret in request for request in world.mine.requests) >= 2
    world.assert_no_leak_in_files()


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
    terminal.read_until(b"Incorrect API key ***")
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
