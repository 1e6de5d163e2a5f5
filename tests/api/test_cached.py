"""Answers from the cache: the same answer and verdicts, marked, and nothing sent again."""

from __future__ import annotations

import pytest

from workbench.api.send import send
from workbench.api.setup import settings_for
from workbench.api.wiring import make_tools
from workbench.engine.plan import OpenSession, RacePlan
from workbench.measure.curves import observe
from workbench.measure.timing import timing
from workbench.model.prompt import Prompt
from workbench.store.sessions import load

PROJECT = """
[lanes.slow]
provider = "scripted"
model = "script"
options = { text = "one two three", tokens_per_s = 200, ttft_ms = 30 }

[lanes.broken]
provider = "scripted"
model = "script"
options = { text = "one two three", fail_after = 1 }
"""


@pytest.fixture
def settings(tmp_path, monkeypatch):
    (tmp_path / "workbench.toml").write_text(PROJECT)
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(tmp_path / name.lower()))
    return settings_for(tmp_path)


def race(settings, lane: str, *, repeat: int = 1, saved: bool = False):
    checks = ("max_words:2", "deadline:ttft<0.001s")
    plan = RacePlan(Prompt("hi"), (settings.lane(lane),), checks, repeat=repeat)
    return send(make_tools(settings, cached=True), plan, OpenSession(saved=saved))


def test_a_hit_has_the_same_answer_timing_and_verdicts_and_is_marked(settings) -> None:
    first = race(settings, "slow").iteration.attempts[0]
    again = race(settings, "slow").iteration.attempts[0]
    assert (first.origin, again.origin) == ("live", "cache")
    assert (again.text, again.verdict, again.state) == (first.text, first.verdict, first.state)
    assert [c.verdict for c in again.checks] == [c.verdict for c in first.checks]
    assert again.chunk_times == pytest.approx(first.chunk_times, abs=0.002)
    assert again.ttff_ms == pytest.approx(first.ttff_ms, abs=0.002)
    assert observe([again]) == ()
    assert timing([again]).ttft_all is None


def test_repeats_are_answers_of_their_own(settings) -> None:
    race(settings, "slow")
    origins = [a.origin for a in race(settings, "slow", repeat=2).iteration.attempts]
    assert origins == ["cache", "live"]


def test_only_whole_answers_are_kept(settings) -> None:
    for _ in range(2):
        attempt = race(settings, "broken").iteration.attempts[0]
        assert (attempt.origin, attempt.state) == ("live", "error")


def test_the_mark_is_in_the_session_file(settings) -> None:
    race(settings, "slow")
    saved = race(settings, "slow", saved=True)
    session = load(settings.sessions / f"{saved.session}.jsonl").session
    assert [a.origin for a in session.attempts()] == ["cache"]
