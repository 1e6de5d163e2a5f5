"""``workbench cases``, ``export`` and ``import``."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Result
from workbench.suites.exporters.registry import TARGETS

Call = Callable[..., Result]


def failed_session(workbench: Call) -> str:
    result = workbench("send", "Give JSON.", "-l", "good", "-l", "prose", "-c", "json", "--json")
    return str(result.document["session"])


def test_a_failed_attempt_becomes_a_case_once(workbench: Call, project: Path) -> None:
    session = failed_session(workbench)
    first = workbench("cases", "add", session, "2", "--suite", "Tickets", "--tag", "t")
    assert (first.code, "1 case added" in first.err) == (0, True)
    again = workbench("cases", "add", session, "--suite", "Tickets")
    assert "0 cases added, 1 were there already" in again.err
    (case,) = map(json.loads, (project / "suites" / "tickets.jsonl").read_text().splitlines())
    assert case["id"] == first.out.strip()
    assert case["checks"] == ["json"]
    assert case["evidence"]["lane"] == "prose"
    assert case["evidence"]["answer"].startswith("Sure!")
    assert case["tags"] == ["t"]


def test_a_passing_attempt_is_no_case(workbench: Call) -> None:
    result = workbench("cases", "add", failed_session(workbench), "1", "--suite", "t")
    assert (result.code, "did not fail" in result.err) == (2, True)
    unknown = workbench("cases", "add", failed_session(workbench), "9", "--suite", "t")
    assert (unknown.code, "Unknown attempt '9'" in unknown.err) == (2, True)


def test_cases_are_listed_reviewed_and_removed(workbench: Call) -> None:
    case = workbench("cases", "add", failed_session(workbench), "--suite", "t").out.strip()
    assert "new" in workbench("cases", "list", "t").out
    workbench("cases", "review", "t", case, "--expected", "{}", "--label", "ok")
    (line,) = workbench("cases", "list", "t", "--json").out.splitlines()
    record = json.loads(line)
    assert (record["review"], record["expected"], record["labels"]) == ("reviewed", ["{}"], ["ok"])
    assert workbench("cases", "rm", "t", case).code == 0
    assert workbench("cases", "list", "t", "--json").out == ""
    assert workbench("cases", "rm", "t", "nobody").code == 2


def test_an_import_tells_the_format_from_the_file_or_names_those_that_fit(
    workbench: Call, project: Path
) -> None:
    case = workbench("cases", "add", failed_session(workbench), "--suite", "t").out.strip()
    workbench("cases", "review", "t", case, "--as", "reviewed", "--expected", "{}")
    for target in TARGETS:
        assert workbench("export", "t", "--to", target, "-o", target).code == 0
        back = workbench("import", target, "--suite", f"of-{target}", "--json")
        assert (back.code, len(back.document["added"])) == (0, 1), target
    Path("sheet.jsonl").write_text('{"input": "x", "target": "y"}\n')
    assert workbench("import", "sheet.jsonl", "--suite", "v").code == 0
    Path("plain.jsonl").write_text('{"input": "x"}\n')
    doubtful = workbench("import", "plain.jsonl", "--suite", "w")
    assert doubtful.code == 2
    assert "inspect, openai-evals, deepeval, braintrust, langfuse, hf" in doubtful.err
    Path("none.jsonl").write_text('{"x": 1}\n')
    assert "none of the formats" in workbench("import", "none.jsonl", "--suite", "w").err
    assert not (project / "suites" / "w.jsonl").exists()


def test_a_suite_leaves_and_comes_back(workbench: Call, project: Path) -> None:
    case = workbench("cases", "add", failed_session(workbench), "--suite", "t").out.strip()
    out = workbench("export", "t", "--to", "pytest", "-o", "out", "--verify", "--json")
    assert out.code == 0
    assert out.document["proof"]["ok"] is True
    assert out.document["proof"]["failed"] == [case]
    assert (project / "out" / "test_t.py").is_file()
    back = workbench("import", "out", "--from", "pytest", "--suite", "u", "--json")
    assert (back.code, back.document["added"]) == (0, [case])
    assert workbench("cases", "list", "u", "--json").out == (
        workbench("cases", "list", "t", "--json").out
    )
    assert (
        "did you mean pytest" in workbench("export", "t", "--to", "pytets", "-o", "x").err.lower()
    )
