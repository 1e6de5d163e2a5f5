"""The kill harness: what a journal acknowledged survives ``kill -9`` at any moment.

A child process races iterations through a journal and reports each acknowledgement on a pipe (an
iteration begun, text flushed, an attempt ended). The parent kills it at a random moment, reads the
file, and looks for everything that was acknowledged before.
"""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import time

import pytest

from workbench.store.journal import Journal
from workbench.store.sessions import load

CHILD = """
import os, sys
from pathlib import Path
sys.path.insert(0, ".")
from tests.store.racing import answer, start
from workbench.model.events import AttemptEnded, Chunks
from workbench.store.journal import Journal

def say(text):
    os.write(1, text.encode() + b"\\n")

journal = Journal.open(Path(sys.argv[1]), sys.argv[2])
while True:
    begun = journal.begin(start("prompt " * 20, 2))
    say(f"began {begun[0].iteration} {begun[1].attempt} {begun[2].attempt}")
    for attempt in (begun[1].attempt, begun[2].attempt):
        chars = 0
        for n, event in enumerate(answer(attempt, "some words of an answer " * 12)):
            journal.append(event)
            if isinstance(event, Chunks):
                chars += len(event.pieces[0][1])
                if n % 5 == 0:
                    journal.flush()
                    say(f"text {attempt} {chars}")
            if isinstance(event, AttemptEnded):
                say(f"ended {attempt}")
"""


def kill_one(folder, session_id, rng) -> list[str]:
    """Let a child write, kill it at a random moment, return what it had acknowledged."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), session_id], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    pipe = child.stdout.fileno()
    said = os.read(pipe, 1)
    deadline = time.monotonic() + rng.random() * 0.03
    while (left := deadline - time.monotonic()) > 0:
        if select.select([pipe], [], [], left)[0]:
            said += os.read(pipe, 1 << 16)
    child.send_signal(signal.SIGKILL)
    child.wait()
    while part := os.read(pipe, 1 << 16):
        said += part
    child.stdout.close()
    return said.decode().split("\n")[:-1]


def lost(loaded, acknowledged: list[str]) -> list[str]:
    """Return every acknowledgement the file does not bear out."""
    attempts = {a.number: a for a in loaded.session.attempts()}
    iterations = {i.number for i in loaded.session.iterations}
    missing = []
    for word in acknowledged:
        what, *numbers = word.split()
        first = int(numbers[0])
        if what == "began":
            kept = first in iterations and {int(n) for n in numbers[1:]} <= set(attempts)
        elif what == "text":
            kept = len(attempts[first].text) >= int(numbers[1])
        else:
            kept = attempts[first].state == "complete"
        if not kept:
            missing.append(word)
    return missing


def campaign(folder, kills: int, seed: int) -> tuple[int, int, int]:
    """Kill *kills* children; return acknowledgements made, lost, and tails torn."""
    rng = random.Random(seed)
    made = gone = torn = 0
    session_id = ""
    for number in range(kills):
        if number % 10 == 0:
            journal = Journal.create(folder, f"kill {number}")
            session_id, path = journal.session_id, journal.path
            journal.close()
        acknowledged = kill_one(folder, session_id, rng)
        loaded = load(path)
        made += len(acknowledged)
        gone += len(lost(loaded, acknowledged))
        torn += any(d.kind == "torn" for d in loaded.damage)
        assert loaded.strays == 0
    return made, gone, torn


def test_nothing_acknowledged_is_lost_over_20_kills(tmp_path) -> None:
    made, gone, _ = campaign(tmp_path, 20, seed=1)
    assert made > 20
    assert gone == 0


@pytest.mark.long
def test_nothing_acknowledged_is_lost_over_2000_kills(tmp_path, capsys) -> None:
    made, gone, torn = campaign(tmp_path, 2000, seed=2)
    with capsys.disabled():
        sys.stdout.write(f"\n2000 kills: {made} acknowledged, {gone} lost, {torn} torn tails\n")
    assert gone == 0
