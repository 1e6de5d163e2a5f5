"""A canary key, set for lanes whose server gives it back wherever it can, is found nowhere: in no
file and no output of any command; and nothing at all reaches an address that only somebody else's
session names.
"""

from __future__ import annotations

import re
from importlib import import_module

import click
import pytest

from tests.faults.world import HEADER, KEY, REFERRED, World, leaked
from workbench.cli.main import COMMANDS

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
