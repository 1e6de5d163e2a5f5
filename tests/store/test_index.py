"""Search over all sessions: derived, kept up with growing files, made again when damaged."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from tests.store.racing import answer, run, start
from tests.store.strategies import texts
from workbench.model.events import Annotated, IterationEnded
from workbench.store.index import Index
from workbench.store.journal import Journal
from workbench.store.search import Query

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
def sessions(tmp_path):
    folder = tmp_path / "sessions"
    first = Journal.create(folder, "Tickets", now=NOW)
    run(first, "Classify the refund", ["The Refund is due", "no idea"])
    run(first, "Classify the invoice", ["it was paid"])
    first.close()
    second = Journal.create(folder, "Poems", now=NOW)
    done = second.begin(start("Write about autumn", 1))
    for event in answer(done[1].attempt, "Café refund leaves", verdict="fail"):
        second.append(event)
    second.append(IterationEnded(1, 9.0))
    second.close()
    os.utime(first.path, (1e9, 1e9))
    return folder


@pytest.fixture
def index(tmp_path, sessions):
    made = Index(tmp_path / "index" / "search.sqlite", sessions)
    made.update(NOW)
    yield made
    made.close()


def places(found) -> list[tuple[str, int | None, str]]:
    return [(h.session.split("-")[0], h.iteration, h.kind) for h in found.hits]


def test_words_are_found_in_prompts_answers_checks_and_titles_newest_first(index) -> None:
    assert places(index.search(Query("refund"))) == [
        ("poems", 1, "answer"),
        ("tickets", 1, "answer"),
        ("tickets", 1, "prompt"),
    ]
    assert places(index.search(Query("cafe"))) == [("poems", 1, "answer")]
    assert places(index.search(Query('"not JSON"'))) == [("poems", 1, "check")] + [
        ("tickets", n, "check") for n in (2, 1, 1)
    ]
    assert places(index.search(Query("poems"))) == [("poems", None, "title")]


def test_the_snippet_marks_what_matched(index) -> None:
    hit = index.search(Query("refund", lane="lane0", verdict="pass", kind="answer")).hits[0]
    assert [hit.snippet[a:b] for a, b in hit.marks] == ["Refund"]


def test_filters_narrow_by_session_lane_check_verdict_kind_and_date(index) -> None:
    assert places(index.search(Query("refund", verdict="fail"))) == [("poems", 1, "answer")]
    assert places(index.search(Query("refund", check="json", verdict="pass"))) == [
        ("tickets", 1, "answer"),
        ("tickets", 1, "prompt"),
    ]
    assert index.search(Query("refund", check="regex")).hits == ()
    assert places(index.search(Query("idea", lane="lane1"))) == [("tickets", 1, "answer")]
    assert index.search(Query("idea", lane="lane0")).hits == ()
    assert places(index.search(Query("refund", session="poems-2026-11-22"))) == [
        ("poems", 1, "answer")
    ]
    assert index.search(Query("refund", until="2026-11-22")).hits == ()
    assert len(index.search(Query("refund", since="2026-11-22", until="2026-11-23")).hits) == 3


def test_several_words_must_all_occur_and_a_star_finds_beginnings(index) -> None:
    assert places(index.search(Query("refund due"))) == [("tickets", 1, "answer")]
    assert len(index.search(Query("ref*")).hits) == 3
    assert index.search(Query("refund NOT due")).hits == ()


def test_pages_follow_each_other(index) -> None:
    first = index.search(Query("refund", limit=2))
    rest = index.search(Query("refund", limit=2, offset=2))
    assert (len(first.hits), first.more, len(rest.hits), rest.more) == (2, True, 1, False)


@pytest.mark.parametrize(
    "text",
    ["", "  ", '"', '"unclosed', "a OR", "NEAR(", "*", "text:x", "-x", "^", "\x00", "\ud800"],
)
def test_no_words_of_a_person_are_a_syntax_error(index, text) -> None:
    index.search(Query(text))


def test_an_update_reads_only_what_grew_and_repeats_nothing(index, sessions) -> None:
    assert index.update(NOW) == index.update(NOW)
    assert index.update(NOW).files == 0
    assert index.waiting() == 0
    journal = Journal.open(sessions, "tickets-2026-11-22")
    run(journal, "Third refund", ["zebra"])
    begun = journal.begin(start("Fourth", 1))
    assert 0 < index.waiting() < journal.path.stat().st_size
    report = index.update(NOW)
    assert (report.files, report.documents) == (1, 4)  # two prompts, an answer, a check
    for event in answer(begun[1].attempt, "yak"):
        journal.append(event)
    index.update(NOW)
    assert len(index.search(Query("yak")).hits) == 1
    journal.append(IterationEnded(begun[0].iteration, 9.0))
    journal.close()
    index.update(NOW)
    index.update(NOW)
    for word in ("yak", "zebra", "Fourth", "paid"):
        assert len(index.search(Query(word)).hits) == 1, word


def test_a_note_written_later_replaces_the_older_one(index, sessions) -> None:
    for note in ("keep the walrus", "keep the narwhal"):
        journal = Journal.open(sessions, "tickets-2026-11-22")
        journal.append(Annotated(1, "2026-11-22T10:00:00Z", note=note))
        journal.close()
        index.update(NOW)
    assert index.search(Query("walrus")).hits == ()
    assert places(index.search(Query("narwhal"))) == [("tickets", 1, "note")]


def test_a_deleted_session_and_a_rewritten_one_leave_nothing_behind(index, sessions) -> None:
    (sessions / "poems-2026-11-22.jsonl").unlink()
    path = sessions / "tickets-2026-11-22.jsonl"
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(lines[0] + b"\n")
    assert index.update(NOW).gone == 1
    assert index.search(Query("refund")).hits == ()
    assert len(index.search(Query("tickets")).hits) == 1


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 100, None])
def test_a_damaged_or_foreign_index_is_made_again(tmp_path, sessions, damage) -> None:
    path = tmp_path / "index" / "search.sqlite"
    path.parent.mkdir()
    if damage is None:
        other = sqlite3.connect(path)
        other.execute("PRAGMA user_version=99")
        other.execute("CREATE TABLE docs (x)")
        other.close()
    else:
        path.write_bytes(damage)
    index = Index(path, sessions)
    index.update(NOW)
    assert len(index.search(Query("refund")).hits) == 3
    index.close()


def test_damage_that_shows_while_searching_is_repaired_too(index) -> None:
    index._db.execute("DROP TABLE verdicts")
    assert len(index.search(Query("refund", lane="lane0")).hits) == 3


@pytest.mark.usefixtures("index")
def test_the_index_is_private(tmp_path) -> None:
    assert (tmp_path / "index").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "index" / "search.sqlite").stat().st_mode & 0o777 == 0o600


@given(texts)
@settings(max_examples=30, deadline=None)
def test_hostile_text_is_indexed_and_searched_without_harm(tmp_path_factory, text) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    journal = Journal.create(folder, text, now=NOW)
    run(journal, f"findme {text}", [f"answered {text}"])
    journal.close()
    index = Index(folder / "h.sqlite", folder)
    index.update(NOW)
    assert {h.kind for h in index.search(Query("findme")).hits} == {"prompt"}
    index.search(Query(text))
    for hit in index.search(Query("answered")).hits:
        for a, b in hit.marks:
            assert hit.snippet[a:b] == "answered"
    index.close()
