"""Suite files: appended, deduplicated, never damaged further."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.suite_cases import all_cases, case, rich_case
from workbench.errors import NotSaved, UnknownName, UsageError
from workbench.model.prompt import Message
from workbench.suites.case import Case, Evidence, named
from workbench.suites.codec import BadCase, decode, encode
from workbench.suites.file import append_cases, load_suite, rewrite


@pytest.mark.parametrize("original", all_cases(), ids=lambda c: c.id)
def test_a_case_read_back_is_the_case(original: Case) -> None:
    line = encode(original)
    assert "\n" not in line
    assert len(line.splitlines()) == 1
    assert decode(line) == original


@given(st.text(st.characters()), st.text(st.characters()))
def test_any_text_survives_lone_surrogates_too(user: str, answer: str) -> None:
    original = Case("x", (Message("user", user),), evidence=Evidence("l", "m", answer))
    assert decode(encode(original).encode()) == original


def test_fields_of_a_later_version_are_kept() -> None:
    assert decode(encode(rich_case())).extra == {"later": {"field": True}}
    with pytest.raises(BadCase, match="newer Workbench"):
        decode('{"v": 2}')


def test_the_same_failure_saved_twice_is_one_case(tmp_path: Path) -> None:
    path = tmp_path / "suites" / "s.jsonl"
    first = case("", "Give JSON for order 17.", "Sure, order 17: {}", "json")
    again = case("", "Give JSON for order 17.", "sure,  Order 18: {}", "json")
    other = case("", "Give JSON for order 17.", "Sure! {}", "json")
    assert len(append_cases(path, [first]).written) == 1
    added = append_cases(path, [again, other, other])
    assert [c.id for c in added.known] == [named(first).id, named(other).id]
    assert len(load_suite(path).cases) == 2
    assert path.stat().st_mode & 0o777 == 0o600


def test_two_cases_never_share_an_id(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    append_cases(path, [case("a", "one", "x", "json"), case("a", "two", "x", "json")])
    assert [c.id for c in load_suite(path).cases] == ["a", "a-2"]


def test_a_torn_line_costs_that_line_alone_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    append_cases(path, [case("a", "one", "x", "json")])
    with path.open("ab") as file:
        file.write(b'{"v":1,"id":"b","mess\xff')
    append_cases(path, [case("c", "three", "x", "json")])
    suite = load_suite(path)
    assert [c.id for c in suite.cases] == ["a", "c"]
    assert [d.line for d in suite.damage] == [2]
    rewrite(path, lambda c: replace(c, review="reviewed"))
    suite = load_suite(path)
    assert [(c.id, c.review) for c in suite.cases] == [("a", "reviewed"), ("c", "reviewed")]
    assert b'{"v":1,"id":"b","mess\xff\n' in path.read_bytes()


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"

    def write(number: int) -> None:
        for n in range(10):
            append_cases(path, [case("", f"prompt {number}/{chr(97 + n)}{number}", "x", "json")])
            if n == 5 and number == 0:
                rewrite(path, lambda c: c)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    suite = load_suite(path)
    assert suite.damage == ()
    assert (
        len(path.read_bytes().splitlines()) == len(suite.cases) == len({c.id for c in suite.cases})
    )
    assert len({c.messages for c in suite.cases}) == len({c.signature for c in suite.cases})


def test_what_cannot_be_written_says_so_and_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "no"
    folder.write_text("a file")
    with pytest.raises(NotSaved, match="cannot be written"):
        append_cases(folder / "s.jsonl", [rich_case()])
    link = tmp_path / "link.jsonl"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotSaved):
        append_cases(link, [rich_case()])
    assert not (tmp_path / "elsewhere").exists()


def test_secrets_are_masked_on_the_way_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    append_cases(path, [case("a", "my sk-1", "x", "json")], lambda s: s.replace("sk-1", "***"))
    assert "sk-1" not in path.read_text()
    assert load_suite(path).cases[0].messages[0].content == "my ***"


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no suite"):
        load_suite(tmp_path / "none.jsonl")
    append_cases(tmp_path / "s.jsonl", [rich_case()])
    with pytest.raises(UnknownName, match="case"):
        load_suite(tmp_path / "s.jsonl").case("rihc")
