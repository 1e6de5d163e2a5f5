"""The story of a session on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from workbench.cli.story import bar, curve_line
from workbench.measure.curves import Observation, failure_curve

EXAMPLE = "examples/a-city-as-json-2026-11-22"


def test_the_story_tells_failures_recovery_pace_and_cost(workbench) -> None:
    told = workbench("sessions", "story", EXAMPLE)
    assert told.code == 0
    for words in (
        "Time to first failure",
        "%) of 5",
        "(attempt ",
        "iterations per active minute",
        "fit before qwen's first verdict",
        "(estimated)",
    ):
        assert words in told.out
    document = json.loads(workbench("sessions", "story", EXAMPLE, "--json").out)
    assert len(document["story"]["turns"]) == 10


def test_audited_aborts_are_told_with_n_rate_and_interval(workbench) -> None:
    sent = workbench("send", "x", "-l", "prose", "-c", "json", "--abort", "--audit", "1", "--json")
    audit = sent.document["audit"]
    assert (audit["aborted"], audit["audited"], audit["false_aborts"]) == (1, 1, 0)
    said = "1 of 1 aborted answer ran on, unseen; 0 false aborts, 0% (95 % interval 0% to 79%)"
    assert said in sent.err
    name = sent.document["session"]
    assert said in workbench("sessions", "story", name).out
    told = workbench("sessions", "story", name, "--json").document["story"]["audit"]
    assert told["rate"]["total"] == 1
    assert workbench("report", name, "-o", "r.html").code == 0
    assert "false aborts (0" in Path("r.html").read_text()


def test_a_session_without_a_failure_says_so_with_its_interval(workbench) -> None:
    told = workbench("sessions", "story", "examples/mood-of-five-reviews-2026-11-22")
    assert "0% (0% to 43%) of 5" in told.out


@given(st.floats(0.001, 1e6), st.floats(0.001, 1e6))
def test_a_bar_shows_whatever_is_there_and_never_leaves_its_room(value: float, most: float) -> None:
    assert 1 <= len(bar(value, most, 10)) <= 10
    assert bar(0, most) == ""


def test_a_curve_rises_where_something_failed() -> None:
    seen = [Observation(100, "failed"), Observation(400, "failed"), Observation(400, "passed")]
    assert curve_line(failure_curve(seen), 400, 4) == "▃▃▃▅"
