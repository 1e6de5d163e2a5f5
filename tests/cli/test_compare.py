"""``workbench compare`` and ``workbench cases shrink``."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Result
from workbench.model.prompt import Message
from workbench.suites.case import Case
from workbench.suites.file import append_cases

Call = Callable[..., Result]


def suite(project: Path, texts: list[str]) -> None:
    path = project / "suites" / "s.jsonl"
    if not path.exists():
        append_cases(
            path,
            [Case(f"c{n}", (Message("user", "x" * (n + 1)),), checks=("json",)) for n in range(3)],
        )
    text = (project / "workbench.toml").read_text().partition("[lanes.v]")[0]
    lane = '[lanes.v]\nprovider = "scripted"\nmodel = "m"\n'
    lane += f"options = {{ texts = {json.dumps(texts)} }}\n"
    (project / "workbench.toml").write_text(text + lane)


def test_what_was_fixed_and_broken_is_named_with_its_diff(workbench: Call, project: Path) -> None:
    suite(project, ["{}", "no \x1b[31mway", "{}"])
    first = workbench("run", "s", "-l", "v", "-j", "1", "--json").document["session"]
    suite(project, ["not {}", "{}", "{}"])
    second = workbench("run", "s", "-l", "v", "-j", "1", "--json").document["session"]
    result = workbench("compare", str(first), str(second))
    assert result.code == 1
    assert "broken  c0: pass → fail" in result.out
    assert "{+not +}{}" in result.out
    assert "fixed   c1: fail → pass" in result.out
    assert "v: +0.0%" in result.out
    assert "\x1b" not in result.out
    document = workbench("compare", str(first), str(second), "--json").document
    assert [c["change"] for c in document["lanes"][0]["changes"]] == ["broken", "fixed"]
    assert workbench("compare", str(first), str(first)).code == 0


def test_sessions_without_a_common_case_are_refused(workbench: Call, project: Path) -> None:
    suite(project, ["{}"])
    run = workbench("run", "s", "-l", "v", "--json").document["session"]
    other = workbench("send", "hi", "-l", "good", "--json").document["session"]
    assert workbench("compare", str(run), str(other)).code == 2


def test_a_case_is_shrunk_on_a_lane_and_added(workbench: Call, project: Path) -> None:
    suite(project, ["no"])
    path = project / "suites" / "s.jsonl"
    append_cases(
        path, [Case("long", (Message("user", "Some. Long. Input.\nthing"),), checks=("json",))]
    )
    result = workbench("cases", "shrink", "s", "long", "-l", "v")
    assert (result.code, result.out.strip()) == (0, "long-small")
    small = json.loads(path.read_text().splitlines()[-1])
    assert len(small["messages"][0]["content"].split()) == 1
    assert small["evidence"]["answer"] == "no"
    assert not list((project / "sessions").glob("*"))
    assert workbench("cases", "shrink", "s", "long", "-l", "good").code == 1
    assert workbench("cases", "shrink", "s", "nobody", "-l", "v").code == 2


def test_a_search_goes_on_over_recorded_answers_without_asking_twice(
    workbench: Call, project: Path
) -> None:
    suite(project, ["no"])
    text = "Some. Long. Input.\nthing to be made smaller, word by word"
    for name in ("s", "t"):
        append_cases(
            project / "suites" / f"{name}.jsonl",
            [Case("long", (Message("user", text),), checks=("json",))],
        )
    first = workbench("cases", "shrink", "s", "long", "-l", "v", "--cached", "--budget", "2")
    assert "2 tries, 2 requests; the budget ended" in first.err
    again = workbench("cases", "shrink", "t", "long", "-l", "v", "--cached")
    tries, requests = (int(n) for n in re.findall(r"(\d+) (?:tries|requests?)", again.err))
    assert requests == tries - 2
    third = workbench("cases", "shrink", "t", "long", "-l", "v", "--cached")
    assert f"{tries} tries, 0 requests" in third.err


def test_one_recording_is_no_lane_to_shrink_on_and_the_one_that_asks_is_named(
    workbench: Call, project: Path
) -> None:
    suite(project, ["no"])
    with (project / "workbench.toml").open("a") as file:
        file.write('[lanes.tape]\nprovider = "replay"\nmodel = "script"\n')
        file.write('[lanes.lost]\nprovider = "replay"\nmodel = "nobody has it"\n')
    result = workbench("cases", "shrink", "s", "c0", "-l", "tape")
    assert (result.code, "plays one recording" in result.err) == (2, True)
    assert "--lane good; --cached" in result.err
    lost = workbench("cases", "shrink", "s", "c0", "-l", "lost")
    assert (lost.code, "Declare a lane that asks nobody has it itself" in lost.err) == (2, True)


def test_a_case_shrinks_on_the_lane_that_failed_unless_told(workbench: Call, project: Path) -> None:
    workbench("send", "Please. Write JSON.", "-l", "prose", "-c", "json")
    session = next((project / "sessions").iterdir()).stem
    case = workbench("cases", "add", session, "--suite", "own").out.strip()
    assert workbench("cases", "shrink", "own", case).code == 0
    (project / "workbench.toml").write_text('[lanes.other]\nprovider = "scripted"\nmodel = "m"\n')
    gone = workbench("cases", "shrink", "own", case)
    assert (gone.code, "from the lane prose, which is not declared here" in gone.err) == (2, True)
    append_cases(
        project / "suites" / "bare.jsonl", [Case("bare", (Message("user", "x"),), checks=("json",))]
    )
    bare = workbench("cases", "shrink", "bare", "bare")
    assert (bare.code, "Name a lane with --lane." in bare.err) == (2, True)
