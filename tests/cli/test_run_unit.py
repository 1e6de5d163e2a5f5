"""A unit of work is plain data: another process does the same with it and says the same."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.conftest import Result
from workbench.api.setup import settings_for
from workbench.engine.unit import UnitSpec, decode_unit, encode_unit
from workbench.errors import UsageError
from workbench.model.attempt import Attempt
from workbench.model.events import AttemptQueued, Event
from workbench.model.fold import LiveAttempt
from workbench.model.lane import Lane, Limits, Params
from workbench.model.prompt import Message
from workbench.store.codec import Decoder, Problem
from workbench.store.sessions import load
from workbench.suites.case import Case
from workbench.suites.file import append_cases

ROOT = Path(__file__).parents[2]
LANES = """
[lanes.recorded]
provider = "replay"
model = "m"
checks = ["max_words:9"]
[lanes.recorded.options]
chunks = [[20.0, "Par"], [21.5, "is \\U0001F600\\u0000"]]
end_ms = 30.0
finish_reason = "stop"
speed = 0

[lanes.leaning]
provider = "scripted"
model = "script"
fallback = "recorded"
options = { text = "x", fail_after = 0 }
limits = { retries = 1 }

[lanes.strict]
provider = "scripted"
model = "script"
options = { text = '{"pass": false, "reason": "rude"}' }
"""
CHECKS = ("contains:Rome", "max_chars:3", "judge/lane=strict:is polite", "agree:recorded")


@pytest.fixture(autouse=True)
def _suite(project: Path) -> None:
    with (project / "workbench.toml").open("a") as file:
        file.write(LANES)
    path = project / "suites" / "s.jsonl"
    messages = (Message("system", "s"), Message("user", "a \x1b[31m b"))
    append_cases(path, [Case("c", messages, checks=CHECKS)])


@pytest.mark.parametrize("lane", ["recorded", "leaning"])
def test_another_process_makes_the_same_record_of_a_unit(
    workbench: Callable[..., Result], project: Path, lane: str
) -> None:
    done = workbench("run", "s", "-l", "leaning", "-l", "recorded", "--json")
    session = load(project / "sessions" / f"{done.document['session']}.jsonl").session
    chain = [a for a in session.attempts() if a.lane == "leaning" or a.fallback_of]
    here = chain if lane == "leaning" else [a for a in session.attempts() if a not in chain]
    settings = settings_for()
    recorded = next(a for a in session.attempts() if a.lane == "recorded" and not a.fallback_of)
    spec = UnitSpec(
        "c",
        settings.lane(lane),
        1,
        (Message("system", "s"), Message("user", "a \x1b[31m b")),
        CHECKS,
        fallbacks=(settings.lane("recorded"),),
        answers={"recorded": recorded.text},
    )
    there = _elsewhere([spec], project)
    assert [_timeless(a) for a in there] == [_timeless(a) for a in here]
    assert len(there) == {"recorded": 1, "leaning": 3}[lane]


def test_a_worker_takes_units_one_after_another(project: Path) -> None:
    lane = settings_for().lane("recorded")
    specs = [UnitSpec(f"c{n}", lane, n, (Message("user", "x"),)) for n in (1, 2, 3)]
    assert [a.repeat for a in _elsewhere(specs, project)] == [1, 2, 3]


def test_a_lane_the_other_machine_does_not_know_gets_nothing(project: Path) -> None:
    strange = Lane("recorded", "compatible", "m", base_url="http://127.0.0.1:9/v1")
    done = _worker([UnitSpec("c", strange, 1, (Message("user", "x"),))], project)
    assert done.returncode == 2
    assert b"nothing is sent" in done.stderr


_TEXT = st.text(st.characters(codec=None), max_size=20)


@given(_TEXT, _TEXT, st.dictionaries(_TEXT, st.none() | _TEXT, max_size=3))
def test_any_text_travels(text: str, check: str, answers: dict[str, str | None]) -> None:
    lane = Lane("l", "compatible", text, params=Params(temperature=0.5), limits=Limits(retries=3))
    spec = UnitSpec(text, lane, 2, (Message("user", text),), (check,), "first", (lane,), answers)
    line = encode_unit(spec)
    assert b"\n" not in line
    assert decode_unit(line) == spec


def test_secrets_of_a_lane_stay_at_home() -> None:
    options = {"headers": {"Authorization": "Bearer sesame", "X-Team": "blue"}}
    lane = Lane("l", "compatible", "m", base_url="http://127.0.0.1:1/v1", options=options)
    line = encode_unit(UnitSpec("c", lane, 1, (Message("user", "x"),), fallbacks=(lane,)))
    assert b"sesame" not in line
    assert b"blue" in line


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'{"case": 1}', b"[" * 100_000])
def test_what_is_no_unit_is_refused_in_a_sentence(line: bytes) -> None:
    with pytest.raises(UsageError, match="no unit of work"):
        decode_unit(line)


def _worker(specs: Sequence[UnitSpec], project: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "workbench.api.unit", str(project)],
        input=b"".join(encode_unit(spec) + b"\n" for spec in specs),
        capture_output=True,
        cwd=ROOT,
        check=False,
    )


def _elsewhere(specs: Sequence[UnitSpec], project: Path) -> list[Attempt]:
    done = _worker(specs, project)
    assert done.returncode == 0, done.stderr.decode()
    decoder = Decoder()
    attempts: list[LiveAttempt] = []
    for line in done.stdout.splitlines():
        event: Event | Problem = decoder.decode(line)
        assert not isinstance(event, Problem), event
        if isinstance(event, AttemptQueued):
            attempts.append(LiveAttempt(event))
        else:
            attempts[-1].apply(event)
    return [attempt.record() for attempt in attempts]


def _timeless(attempt: Attempt) -> Attempt:
    """Leave out what differs from one sending to the next: numbers, the clock of the day, and
    times that no recording fixes.
    """
    live = attempt.origin == "live"
    failed = attempt.first_failure
    return replace(
        attempt,
        number=0,
        iteration=0,
        retry_of=attempt.retry_of and 1,
        fallback_of=attempt.fallback_of and 1,
        utc=None,
        race_ms=0.0,
        clock_error_ms=None,
        total_ms=None if live else attempt.total_ms,
        first_failure=replace(failed, ms=0.0) if failed and live else failed,
        checks=tuple(
            replace(c, ms=0.0) if live or c.name.startswith(("judge", "agree")) else c
            for c in attempt.checks
        ),
        judged=tuple(replace(reply, ms=0.0) for reply in attempt.judged),
    )
