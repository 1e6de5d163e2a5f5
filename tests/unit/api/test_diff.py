"""Diffs of sessions and files."""

from dataclasses import replace
from pathlib import Path

import pytest

from workbench.api.diff import diff_attempts, diff_files, diff_iterations, diff_prompts
from workbench.errors import UnknownName, UsageError
from workbench.model.attempt import Attempt
from workbench.model.lane import Lane
from workbench.model.prompt import Prompt
from workbench.model.session import Iteration, Session

LANES = (Lane("fast", "scripted", "m"), Lane("slow", "scripted", "m"))


def attempt(number: int, iteration: int, lane: str, text: str, repeat: int = 1) -> Attempt:
    return Attempt(number, iteration, lane, "m", repeat=repeat, state="complete", text=text)


SESSION = Session(
    "s",
    "t",
    "2026-01-01T00:00:00Z",
    "a",
    (
        Iteration(
            1,
            Prompt("say it", "be brief"),
            LANES,
            (),
            "u",
            attempts=(
                attempt(1, 1, "fast", "one two"),
                attempt(2, 1, "slow", "x"),
                attempt(3, 1, "fast", "one three", 2),
            ),
        ),
        Iteration(
            2, Prompt("say it now"), LANES[:1], (), "u", attempts=(attempt(4, 2, "fast", "one 2"),)
        ),
    ),
)


def test_iterations_are_compared_lane_by_lane_with_a_noise_mark() -> None:
    (made,) = diff_iterations(SESSION, 1, 2)
    assert (made.lane, made.a, made.b) == ("fast", "one two", "one 2")
    assert made.noise is not None
    assert (made.noise.verdict, made.noise.old_answers) == ("noise", 2)


def test_data_rows_are_compared_each_with_itself() -> None:
    def answers(number: int, *texts: str) -> Iteration:
        attempts = tuple(
            replace(attempt(10 * number + place, number, "fast", text, repeat), row=row)
            for place, (row, repeat, text) in enumerate(
                zip(("x", "x", "y", "y"), (1, 2, 1, 2), texts, strict=True)
            )
        )
        return Iteration(number, Prompt("p"), LANES[:1], (), "u", attempts=attempts)

    session = replace(
        SESSION, iterations=(answers(1, "a", "a", "b", "b"), answers(2, "a", "a", "c", "c"))
    )
    found = list(diff_iterations(session, 1, 2))
    assert [(c.row, c.a, c.b, c.noise.verdict) for c in found] == [
        ("x", "a", "a", "same"),
        ("y", "b", "c", "change"),
    ]
    assert [c.row for c in diff_iterations(session, 1, 2, rows=("y",))] == ["y"]
    with pytest.raises(UnknownName, match="data row"):
        list(diff_iterations(session, 1, 2, rows=("z",)))


def test_attempts_and_prompts_are_compared() -> None:
    assert diff_attempts(SESSION, 1, 3).diff.summary.deleted == 1
    assert diff_prompts(SESSION, 1, 2).a == "be brief\n\nsay it"


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(UnknownName, match="iteration '9'"):
        diff_prompts(SESSION, 1, 9)
    with pytest.raises(UnknownName, match="attempt '9'"):
        diff_attempts(SESSION, 1, 9)
    with pytest.raises(UnknownName, match="lane of iteration 2"):
        list(diff_iterations(SESSION, 1, 2, lanes=("slow",)))


def test_files_are_read_as_text_or_refused(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"\xef\xbb\xbfone\r\n")
    b.write_bytes(b"\xff\xfe")
    assert diff_files(a, a).a == "one\r\n"
    with pytest.raises(UsageError, match="not UTF-8"):
        diff_files(a, b)
    with pytest.raises(UsageError, match="cannot be read"):
        diff_files(a, tmp_path / "missing")
