"""``workbench run``: what lanes do beside answering: stand in, judge, compare with one another."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Result
from workbench.model.prompt import Message
from workbench.store.sessions import load
from workbench.suites.case import Case
from workbench.suites.file import append_cases

Call = Callable[..., Result]
LANES = """
[lanes.leaning]
provider = "scripted"
model = "script"
fallback = "good"
options = { text = "x", fail_after = 0 }
limits = { retries = 0 }

[lanes.paris]
provider = "scripted"
model = "script"
options = { text = "paris" }

[lanes.late]
provider = "scripted"
model = "script"
options = { text = "Paris", ttft_ms = 30 }
prices = { input = 0, output = 0 }

[lanes.strict]
provider = "scripted"
model = "script"
options = { text = '{"pass": false, "reason": "rude"}', prompt_tokens = 9 }
prices = { input = 0, output = 1000000 }

[lanes.free]
provider = "scripted"
model = "script"
options = { text = "Paris" }
prices = { input = 0, output = 0 }
"""


@pytest.fixture(autouse=True)
def suite(project: Path) -> None:
    with (project / "workbench.toml").open("a") as file:
        file.write(LANES)
    cases = [Case(f"c{n}", (Message("user", f"m{n}"),), checks=("max_chars:99",)) for n in range(9)]
    append_cases(project / "suites" / "s.jsonl", cases)


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripted lanes cost what their prices say."""
    monkeypatch.setattr("workbench.model.lane.FREE", ("local",))


def statuses(result: Result, lane: int = 0) -> set[str]:
    return {c["status"] for c in result.document["lanes"][lane]["cases"]}


def test_a_fallback_answers_in_the_place_of_the_lane_that_failed(
    workbench: Call, project: Path
) -> None:
    result = workbench("run", "s", "-l", "leaning", "--json")
    assert result.code == 0
    (lane,) = result.document["lanes"]
    assert (lane["lane"], lane["errors"], statuses(result)) == ("leaning", 0, {"pass"})
    assert {r["fallback"] for c in lane["cases"] for r in c["results"]} == {"good"}
    path = project / "sessions" / f"{result.document['session']}.jsonl"
    first, second = load(path).session.iterations[0].attempts
    assert (second.lane, second.fallback_of) == ("good", first.number)
    again = workbench("run", "s", "-l", "leaning", "--resume", path.stem, "--json")
    assert (again.document["sent"], again.document["interrupted"]) == (0, [])
    assert [lane["lane"] for lane in again.document["lanes"]] == ["leaning"]
    assert "9 answered by good" in workbench("run", "s", "-l", "leaning").out


@pytest.mark.usefixtures("priced")
def test_another_lane_judges_and_its_cost_is_told_apart(workbench: Call) -> None:
    result = workbench("run", "s", "-l", "free", "-c", "judge/lane=strict:polite", "--json")
    assert (result.code, statuses(result)) == (1, {"fail"})
    bad = result.document["lanes"][0]["cases"][0]["results"][0]
    assert "rude" in bad["reason"]
    assert bad["judge_usd"] > 0
    assert not bad["usd"]


def test_a_judge_within_a_group_is_asked_like_any_other(workbench: Call) -> None:
    grouped = "any:(contains:nothing) (not judge/lane=strict:polite)"
    result = workbench("run", "s", "-l", "free", "-c", grouped, "--json")
    assert (result.code, statuses(result)) == (0, {"pass"})


@pytest.mark.usefixtures("priced")
def test_what_judges_cost_counts_for_the_budget(workbench: Call) -> None:
    result = workbench(
        "run", "s", "-l", "free", "-c", "judge/lane=strict:polite", "--budget", "1",
        "-j", "1", "--json",
    )  # fmt: skip
    assert result.document["stopped"] == "budget"
    assert result.document["sent"] < 9


@pytest.mark.parametrize("concurrency", ["1", "2", "8"])
def test_lanes_are_compared_whatever_the_concurrency(workbench: Call, concurrency: str) -> None:
    lanes = ("-l", "paris", "-l", "good", "-l", "late")
    check = "lanes=paris,good agree:late"
    result = workbench("run", "s", *lanes, "-c", check, "-j", concurrency, "-n", "2", "--json")
    assert [statuses(result, n) for n in range(3)] == [{"pass"}, {"fail"}, {"pass"}]


@pytest.mark.usefixtures("priced")
def test_a_run_that_stops_early_does_not_wait_for_answers_that_never_come(workbench: Call) -> None:
    check = "lanes=strict agree:late"
    result = workbench(
        "run", "s", "-l", "free", "-l", "strict", "-l", "late", "-c", check,
        "-j", "2", "--budget", "1", "--no-save", "--json",
    )  # fmt: skip
    assert result.document["stopped"] == "budget"
    assert result.document["sent"] < 27


def test_a_resumed_run_compares_with_the_answers_it_has(workbench: Call, project: Path) -> None:
    first = workbench("run", "s", "-l", "late", "--json")
    session = str(first.document["session"])
    both = ("-l", "paris", "-l", "late", "-c", "lanes=paris agree:late")
    result = workbench("run", "s", *both, "--resume", session, "--json")
    found = {lane["lane"]: lane["cases"] for lane in result.document["lanes"]}
    assert result.document["sent"] == 9
    assert {c["status"] for c in found["paris"]} == {"pass"}
    assert (project / "sessions" / f"{session}.jsonl").exists()


def test_a_lane_to_compare_with_or_to_judge_that_is_missing_is_told_before_anything_is_sent(
    workbench: Call, project: Path
) -> None:
    lone = workbench("run", "s", "-l", "paris", "-c", "agree:late")
    assert (lone.code, "Add --lane late" in lone.err) == (2, True)
    nobody = workbench("run", "s", "-l", "paris", "-c", "judge/lane=nobody:polite")
    assert (nobody.code, "nobody" in nobody.err) == (2, True)
    for grouped in ("any:(json) (agree:late)", "all:(json) (not judge/lane=nobody:rude)"):
        assert workbench("run", "s", "-l", "paris", "-c", grouped).code == 2
    assert not list((project / "sessions").glob("*.jsonl"))


def test_checks_of_the_command_line_are_on_record_and_count_as_a_change(
    workbench: Call, project: Path
) -> None:
    first = workbench("run", "s", "-l", "paris", "-c", "max_chars:5", "--json")
    path = project / "sessions" / f"{first.document['session']}.jsonl"
    assert load(path).session.iterations[0].checks == ("max_chars:99", "max_chars:5")
    same = ("run", "s", "-l", "paris", "--only", "changed", "--json")
    assert workbench(*same, "-c", "max_chars:5", "--no-save").document["planned"] == 0
    assert workbench(*same, "-c", "max_chars:4", "--no-save").document["planned"] == 9
    assert workbench(*same, "--no-save").document["planned"] == 9
