"""``workbench send --data``: one prompt over several inputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Result
from workbench.store.sessions import load

Workbench = Callable[..., Result]

CSV = 'id,city,expected\nfr,"Paris, the\ncity",{"a": 1}\nde,Berlin,no\n'


def test_every_row_goes_to_every_lane_and_is_judged_by_what_it_expects(
    workbench: Workbench, project: Path
) -> None:
    (project / "rows.csv").write_text(CSV)
    rows = ("--data", "rows.csv", "--at-once", "1")
    result = workbench("send", "{{ city }}", "-l", "good", "-l", "prose", *rows, "--json")
    document = result.document
    assert result.code == 1
    assert [r["id"] for r in document["rows"]] == ["fr", "de"]  # type: ignore[union-attr]
    found = {(a["row"], a["lane"]): a["verdict"] for a in document["attempts"]}  # type: ignore[union-attr]
    assert found == {
        ("fr", "good"): "pass",
        ("de", "good"): "fail",
        ("fr", "prose"): "fail",
        ("de", "prose"): "fail",
    }
    rate = document["lanes"]["prose"]  # type: ignore[index]
    assert (rate["count"], rate["total"]) == (0, 2)
    assert 0 < rate["high"] < 1
    saved = load(project / "sessions" / f"{document['session']}.jsonl").session
    assert saved.iterations[0].values("fr")["city"] == "Paris, the\ncity"
    assert saved.iterations[0].messages("de")[0].content == "Berlin"


def test_the_table_has_a_line_for_each_row_and_the_rate_with_its_interval(
    workbench: Workbench, project: Path
) -> None:
    (project / "rows.jsonl").write_text(
        '{"city": "Rome", "n": 3}\n\n{"city": "Oslo", "checks": ["max_chars:1"]}\n'
    )
    result = workbench("send", "{{ city }}", "-l", "good", "--data", "rows.jsonl", "-c", "json")
    lines = result.out.splitlines()
    assert lines[0].split() == ["row", "good"]
    assert lines[2].split()[:3] == ["1", "✓", "pass"]
    assert lines[3].split()[:4] == ["2", "✗", "fail", "max_chars:1"]
    assert lines[4].split("  ")[-1].strip() == "1 of 2, 9% to 91%"


def test_a_branch_keeps_its_rows(workbench: Workbench, project: Path) -> None:
    (project / "rows.json").write_text('[{"city": "Rome"}, {"city": "Oslo"}]')
    send = ("send", "-l", "good", "--json")
    first = workbench(*send, "Visit {{ city }}", "--data", "rows.json").document
    again = workbench(
        *send, "See {{ city }}", "--session", str(first["session"]), "--from", "1"
    ).document
    assert again["rows"] == first["rows"]
    assert [a["row"] for a in again["attempts"]] == ["1", "2"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "x,y\n1\n", "a.csv, line 2: 1 cells under 2 columns."),
        ("a.csv", "x,x\n1,2\n", "must name every column, each once"),
        ("a.csv", "", "must name every column"),
        ("a.csv", "x\n", "a.csv has no rows."),
        ("a.csv", 'x\n"open\n', "a.csv, line"),
        ("a.csv", "id\na\na\n", "line 3: an earlier row is called 'a' too."),
        ("a.jsonl", '{"a": 1}\n[1]\n', "record 2 is no object"),
        ("a.jsonl", '{"a": 1}\n{"a":\n', "a.jsonl, line 2: not JSON"),
        ("a.jsonl", '{"a": 1, "checks": ["jsno"]}\n', "line 1: Unknown check 'jsno'"),
        ("a.json", '{"a": 1}', "is no list of objects"),
        ("a.json", "[" * 100_000, "not JSON"),
    ],
)
def test_a_file_that_is_no_table_of_rows_is_told_by_its_place(
    workbench: Workbench, project: Path, name: str, text: str, said: str
) -> None:
    (project / name).write_text(text)
    result = workbench("send", "hi", "-l", "good", "--data", name)
    assert result.code == 2
    assert said in result.err
    assert not (project / "sessions").exists()


def test_cases_of_a_suite_are_rows_with_their_own_checks(workbench: Workbench) -> None:
    sent = workbench(
        "send", "Say {{ x }}", "--var", "x=hi", "-l", "prose", "-c", "json", "--json"
    ).document
    workbench("cases", "add", str(sent["session"]), "--suite", "mine")
    again = workbench(
        "send", "Now say {{ x }}", "-l", "good", "-l", "prose", "--data", "mine", "--json"
    ).document
    found = {a["lane"]: a["verdict"] for a in again["attempts"]}  # type: ignore[union-attr]
    assert found == {"good": "pass", "prose": "fail"}
    assert again["rows"][0]["checks"] == ["json"]  # type: ignore[index]
