"""``workbench diff``."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Result

Call = Callable[..., Result]


def two_iterations(workbench: Call) -> str:
    first = workbench("send", "hi", "--lane", "good", "--lane", "prose", "--json")
    session = str(first.document["session"])
    workbench("send", "hi there", "--lane", "good", "--session", session)
    return session


def test_two_iterations_are_compared_lane_by_lane(workbench: Call) -> None:
    session = two_iterations(workbench)
    same = workbench("diff", session, "1", "2")
    assert (same.code, "good: iteration 1 → iteration 2" in same.out) == (0, True)
    prompt = workbench("diff", session, "1", "2", "--prompt", "--json")
    assert prompt.code == 1
    (made,) = prompt.document["diffs"]
    assert made["summary"]["inserted"] == 1


def test_two_attempts_of_different_lanes_are_compared(workbench: Call) -> None:
    session = two_iterations(workbench)
    result = workbench("diff", session, "1", "2", "--attempts", "-y")
    assert result.code == 1
    assert "attempt 1 (good) → attempt 2 (prose)" in result.out
    assert "{+Sure! Here is the JSON you asked for.+}" in result.out


def test_files_are_compared_and_escapes_are_shown_not_obeyed(
    workbench: Call, project: Path
) -> None:
    (project / "a").write_text("one two\nthree\n")
    (project / "b").write_text("one \x1b[31m2\nthree\n")
    result = workbench("diff", "--files", "a", "b", "--by", "word")
    assert result.code == 1
    assert "\x1b" not in result.out
    assert "one [-two-]{+" in result.out
    document = json.loads(workbench("diff", "--files", "a", "b", "--json").out)
    ops = document["diffs"][0]["ops"]
    assert "".join(op["added"] for op in ops if op["kind"] == "insert").startswith("\x1b[31m2")


def test_json_files_are_compared_by_structure(workbench: Call, project: Path) -> None:
    (project / "a").write_text('{"a": 1, "b": 2}')
    (project / "b").write_text('{"b": 3,\n"a": 1}')
    result = workbench("diff", "--files", "a", "b", "--by", "json")
    assert "changed /b → /b: 2 → 3" in result.out


def test_wrong_usage_says_what_is_wrong(workbench: Call) -> None:
    assert workbench("diff", "nothing", "1").code == 2
    result = workbench("diff", "nothing", "1", "two")
    assert (result.code, "'two' is no number" in result.err) == (2, True)
    assert workbench("diff", "--files", "only").code == 2
