"""``workbench send``: the table for people, the document for programs, the exit code for both."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Result
from workbench.store.sessions import load

Workbench = Callable[..., Result]


def test_all_passed_is_zero_and_the_table_says_so(workbench: Workbench) -> None:
    result = workbench("send", "hi", "--lane", "good", "--check", "json")
    assert result.code == 0
    assert "good" in result.out
    assert "✓ pass" in result.out


def test_a_failed_check_is_one_and_says_where_and_why(workbench: Workbench) -> None:
    result = workbench("send", "hi", "-l", "good", "-l", "prose", "-c", "json")
    assert result.code == 1
    assert "json at char 0" in result.out


def test_a_failed_provider_is_three(workbench: Workbench) -> None:
    result = workbench("send", "hi", "-l", "down", "-l", "good")
    assert result.code == 3
    assert "down" in result.err


def test_the_document_has_every_measure_with_its_tag(workbench: Workbench) -> None:
    result = workbench("send", "hi", "-l", "prose", "-c", "json", "--abort", "--json")
    document = result.document
    (attempt,) = document["attempts"]  # type: ignore[misc]
    assert document["iteration"] == 1
    assert attempt["verdict"] == "fail"
    assert attempt["state"] == "aborted"
    assert attempt["first_failure"]["at_char"] == 0
    assert attempt["ttff_ms"] == attempt["first_failure"]["ms"]
    assert attempt["tokens"]["source"] == "estimated"
    assert attempt["cost"]["source"] in ("measured", "estimated", "unknown")
    assert attempt["avoided"]["source"] in ("estimated", "unknown")
    assert set(attempt["tags"].values()) <= {"measured", "estimated", "unknown"}
    assert attempt["tags"]["ttff_ms"] == "measured"


def test_everything_is_saved_and_a_second_send_goes_on_in_the_session(
    workbench: Workbench, project: Path
) -> None:
    first = workbench("send", "hi", "-l", "good", "--json").document
    session = str(first["session"])
    second = workbench("send", "again", "-l", "good", "--session", session, "--json").document
    assert (second["session"], second["iteration"]) == (session, 2)
    saved = load(project / "sessions" / f"{session}.jsonl").session
    assert [i.prompt.user for i in saved.iterations] == ["hi", "again"]
    assert [a.number for a in saved.attempts()] == [1, 2]


def test_nothing_is_saved_when_told_so(workbench: Workbench, project: Path) -> None:
    assert workbench("send", "hi", "-l", "good", "--session", "none").code == 0
    assert not (project / "sessions").exists()


def test_repeat_numbers_the_attempts(workbench: Workbench) -> None:
    result = workbench("send", "hi", "-l", "good", "--repeat", "3", "--json")
    assert [a["repeat"] for a in result.document["attempts"]] == [1, 2, 3]  # type: ignore[attr-defined]


def test_the_prompt_may_come_from_a_pipe_or_a_file_with_variables(
    workbench: Workbench, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "p.txt").write_text("Hello {{name}}")
    result = workbench("send", "@p.txt", "-l", "good", "--var", "name=Ada", "--json")
    assert result.document["variables"] == {"name": "Ada"}
    stdin = io.TextIOWrapper(io.BytesIO(b"from a pipe"))
    monkeypatch.setattr("sys.stdin", stdin)
    assert workbench("send", "-", "-l", "good", "--json").document["prompt"] == {
        "user": "from a pipe",
        "system": None,
    }


BAD = {
    "unknown lane": (("send", "hi", "-l", "god"), "good"),
    "unknown check": (("send", "hi", "-l", "good", "-c", "jsn"), "json"),
    "malformed check": (("send", "hi", "-l", "good", "-c", "max_words:many"), "column"),
    "missing variable": (("send", "hi {{x}}", "-l", "good"), "--var x="),
    "empty prompt": (("send", "  ", "-l", "good"), "empty"),
    "missing file": (("send", "@nope.txt", "-l", "good"), "nope.txt"),
    "bad variable": (("send", "hi", "-l", "good", "--var", "novalue"), "NAME=VALUE"),
    "unknown session": (("send", "hi", "-l", "good", "--session", "nope"), "nope"),
    "unknown option": (("send", "hi", "--lanes", "good"), "--lane"),
    "unknown command": (("sned", "hi"), "send"),
    "repeat zero": (("send", "hi", "--repeat", "0"), "repeat"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_with_a_hint_and_exit_code_two(
    workbench: Workbench, name: str, project: Path
) -> None:
    arguments, said = BAD[name]
    result = workbench(*arguments)
    assert result.code == 2
    assert said in result.err
    assert result.err.count("\n") == 1
    assert result.out == ""
    assert not (project / "sessions").exists()


def test_a_broken_configuration_is_one_line_with_its_file(
    workbench: Workbench, project: Path
) -> None:
    (project / "workbench.toml").write_text("[screen]\nfps = 'many'\n")
    result = workbench("send", "hi")
    assert result.code == 2
    assert "workbench.toml" in result.err
    assert "screen.fps" in result.err
    assert result.err.count("\n") == 1


def test_an_unwritable_session_folder_is_told_and_the_answer_still_comes(
    workbench: Workbench, project: Path
) -> None:
    (project / "sessions").write_text("a file where the folder should be")
    result = workbench("send", "hi", "-l", "good", "-c", "json")
    assert result.code == 0
    assert "✓ pass" in result.out
    assert "workbench:" in result.err


def test_hostile_text_is_shown_not_obeyed(workbench: Workbench, project: Path) -> None:
    (project / "workbench.toml").write_text(
        "[lanes.evil]\nprovider = 'scripted'\nmodel = 'x'\n"
        'options = { text = "\\u001b]52;c;aGk=\\u0007", chunk_chars = 1 }\n'
    )
    result = workbench("send", "hi", "-l", "evil", "-c", "equals:\u001b[31m")
    assert "\x1b" not in result.out
    assert "\x1b" not in result.err


def test_a_lane_that_cannot_be_used_is_told_before_anything_is_sent(
    workbench: Workbench, project: Path
) -> None:
    (project / "workbench.toml").write_text(
        "[lanes]\nplain = { base_url = 'http://example.com/v1', model = 'm' }\n"
    )
    result = workbench("send", "hi", "-l", "plain")
    assert result.code == 2
    assert "example.com" in result.err
    assert result.err.count("\n") == 1
    assert not (project / "sessions").exists()
