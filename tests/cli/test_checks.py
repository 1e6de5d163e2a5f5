"""``workbench checks``: what there is, and judging any text."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from workbench.checks import registry


class Result(Protocol):
    code: int
    out: str
    err: str


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Put bytes on standard input."""

    def put(data: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))

    return put


def test_every_check_is_listed_and_can_be_shown(workbench: Callable[..., Result]) -> None:
    listed = json.loads(workbench("checks", "list", "--json").out)["checks"]
    assert [check["name"] for check in listed] == list(registry.names())
    plain = workbench("checks", "list").out
    for name in registry.names():
        assert name in plain
        assert f"example   {registry.get(name).example}" in workbench("checks", "show", name).out


def test_an_unknown_check_gets_the_nearest_name(workbench: Callable[..., Result]) -> None:
    result = workbench("checks", "show", "jsn")
    assert (result.code, result.out) == (2, "")
    assert "json" in result.err


def test_a_text_is_judged_with_place_and_reason(
    workbench: Callable[..., Result], feed: Callable[[bytes], None]
) -> None:
    feed(b'{"a":\n 1,}')
    result = workbench("checks", "try", "json", "max_chars:99", "--chunk", "3")
    assert result.code == 1
    assert "9 (2:4)" in result.out
    feed(b'{"a": 1}')
    assert workbench("checks", "try", "json", "warn contains:x").code == 0


def test_programs_get_one_document(
    workbench: Callable[..., Result], feed: Callable[[bytes], None], project: Path
) -> None:
    (project / "schema.json").write_text('{"type": "array"}')
    feed(b"[1")
    result = workbench("checks", "try", "--json", "json_schema:@schema.json", "deadline:ttft<1s")
    document = json.loads(result.out)
    assert (document["verdict"], document["at_char"]) == ("fail", 2)
    assert document["checks"][0]["name"] == "json_schema:@schema.json"
    assert document["checks"][1]["verdict"] == "error"


def test_bytes_that_are_no_text_and_hostile_text_get_a_verdict(
    workbench: Callable[..., Result], feed: Callable[[bytes], None], project: Path
) -> None:
    (project / "bad").write_bytes(b'"\xff\x00\x1b[31m')
    feed(b"")
    result = workbench("checks", "try", "json", "max_words:3", "--file", "bad")
    assert result.code == 1
    assert "\x1b" not in result.out


def test_many_texts_are_judged_line_by_line(
    workbench: Callable[..., Result], feed: Callable[[bytes], None]
) -> None:
    lines = [
        {"id": "a", "text": "[1]"},
        {"id": 2, "text": "[1", "checks": ["json"]},
        {"text": "x", "checks": ["contains:x", "not max_chars:9"]},
        {"id": "d", "text": "\ud800", "checks": ["max_chars:0"]},
        {"id": "e", "checks": ["json"]},
        {"id": "f", "text": "x", "checks": ["nope"]},
        {"id": "g", "text": "x", "checks": ["equals:@/etc/hostname"]},
    ]
    feed("\n".join([*map(json.dumps, lines), "", "not json"]).encode())
    result = workbench("checks", "try", "--jsonl", "json")
    assert result.code == 1
    answers = [json.loads(line) for line in result.out.splitlines()]
    assert [(a["id"], a["verdict"], a["at_char"]) for a in answers] == [
        ("a", "pass", None),
        (2, "fail", 2),
        (3, "fail", 1),
        ("d", "fail", 0),
        ("e", "error", None),
        ("f", "error", None),
        ("g", "error", None),
        (9, "error", None),
    ]
    assert "cannot be read here" in answers[6]["reason"]


def test_own_code_runs_when_it_is_named_here_and_never_from_a_file_of_texts(
    workbench: Callable[..., Result], feed: Callable[[bytes], None], project: Path
) -> None:
    (project / "own.py").write_text("def check(text): return 'b' in text\n")
    feed(b"ab")
    assert workbench("checks", "try", "python:@own.py").code == 0
    line = {"text": "b", "checks": ["python:def check(text): return True"]}
    feed(json.dumps(line).encode())
    result = workbench("checks", "try", "--jsonl")
    assert json.loads(result.out)["verdict"] == "error"
    assert "not trusted" in json.loads(result.out)["checks"][0]["reason"]


def test_trying_nothing_is_wrong_usage(workbench: Callable[..., Result]) -> None:
    assert workbench("checks", "try").code == 2
    assert workbench("checks", "try", "json", "--file", "nowhere").code == 2
    assert workbench("checks", "try", "max_words:x").code == 2


def test_a_file_among_the_checks_is_told_how_to_be_read(workbench, project) -> None:
    (project / "answer.txt").write_text("{}")
    done = workbench("checks", "try", "json", "answer.txt")
    assert done.code == 2
    assert (
        "'answer.txt' is a file, not a check. Write --file answer.txt, or < answer.txt." in done.err
    )
    assert workbench("checks", "try", "json", "--file", "answer.txt").code == 0
