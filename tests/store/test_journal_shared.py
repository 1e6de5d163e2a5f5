"""Two processes on one full disk: no number is ever used twice in a file."""

from __future__ import annotations

import errno
import os

from tests.store.racing import answer, run, start
from workbench.model.events import Notice
from workbench.store.journal import Journal
from workbench.store.sessions import load


def full(_fd: int, _data: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def finish(journal: Journal, number: int, text: str) -> None:
    for event in answer(number, text):
        journal.append(event)
    journal.flush()


def test_two_that_begin_on_a_full_disk_end_in_two_whole_files(tmp_path, monkeypatch) -> None:
    one = Journal.create(tmp_path, "Shared")
    run(one, "first", ["a"])
    two = Journal.open(tmp_path, one.session_id)
    told: list[Notice] = []
    two.on_problem = told.append
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        assert one.begin(start("mine", 1))[0].iteration == 2
        assert two.begin(start("theirs", 1))[0].iteration == 2
        assert two.begin(start("theirs again", 1))[0].iteration == 3
    finish(one, 2, "mine")
    finish(two, 2, "theirs")
    finish(two, 3, "theirs again")
    assert [n.level for n in told] == ["error", "warning", "info"]
    assert str(two.path) in told[1].message
    one.close()
    two.close()
    assert one.path != two.path
    for journal, words in ((one, ["a", "mine"]), (two, ["a", "theirs", "theirs again"])):
        loaded = load(journal.path)
        assert loaded.whole
        assert [a.text for a in loaded.session.attempts()] == words
        assert loaded.session.id == journal.session_id


def test_what_others_add_to_older_attempts_is_no_reason_to_part(tmp_path, monkeypatch) -> None:
    one = Journal.create(tmp_path, "Shared")
    one.begin(start("first", 1))
    two = Journal.open(tmp_path, one.session_id)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        two.begin(start("second", 1))
    finish(one, 1, "a")
    finish(two, 2, "b")
    one.close()
    two.close()
    assert one.path == two.path
    assert [a.text for a in load(one.path).session.attempts()] == ["a", "b"]
