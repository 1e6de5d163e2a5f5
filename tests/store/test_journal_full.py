"""The journal on a disk that fails: told once, tried again, nothing lost."""

from __future__ import annotations

import errno
import os
import resource

import pytest

from tests.store.racing import answer, make, run, start
from workbench.errors import NotSaved
from workbench.files.append import AppendFile
from workbench.model.events import Event, Notice
from workbench.model.fold import SessionFold
from workbench.store.journal import FLUSH_S, Journal
from workbench.store.sessions import load


class SmallDisk:
    """The kernel's own limit on a file's length: writes fail half-way, as on a full disk."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __enter__(self) -> None:
        self.before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.before[1]))

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)


def test_a_full_disk_is_told_once_keeps_all_and_resumes(tmp_path) -> None:
    told: list[Notice] = []
    journal = make(tmp_path)
    journal.on_problem = told.append
    first = run(journal, "one", ["a b"])
    safe = journal.path.read_bytes()
    with SmallDisk(len(safe) + 100):
        second = run(journal, "two", ["c " * 100])
        journal.flush()
        assert journal.path.read_bytes() == safe
        assert journal.due is not None
        assert [n.level for n in told] == ["error"]
        assert "Not saved" in told[0].message
        with pytest.raises(NotSaved):
            make(tmp_path, "x" * 4000)
    journal.flush()
    assert [n.level for n in told] == ["error", "info"]
    journal.close()
    loaded = load(journal.path)
    assert loaded.whole
    assert loaded.session.iterations == SessionFold().apply_all(first + second).session().iterations


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EIO, errno.EDQUOT])
def test_a_disk_that_fails_in_any_way_loses_nothing(tmp_path, monkeypatch, code) -> None:
    told: list[Notice] = []
    journal = make(tmp_path)
    journal.on_problem = told.append

    def broken(_fd: int, _data: object) -> int:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", broken)
        events = run(journal, "one", ["a b"])
    assert [n.level for n in told] == ["error"]
    assert os.strerror(code) in told[0].message
    journal.flush()
    journal.close()
    assert load(journal.path).session.iterations == (
        SessionFold().apply_all(events).session().iterations
    )


def test_while_a_disk_fails_what_waits_is_tried_by_the_clock_not_by_the_event(
    tmp_path, monkeypatch
) -> None:
    now, tries = [0.0], []
    path = make(tmp_path).path
    journal = Journal(AppendFile(path, create=False), path.stem, clock=lambda: now[0])

    def full(_fd: int, data: bytes) -> int:
        tries.append(len(data))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def race() -> None:
        begun = journal.begin(start())
        done.extend(begun)
        for event in answer(begun[1].attempt, "a b"):
            journal.append(event)
            done.append(event)

    done: list[Event] = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        for _ in range(50):
            race()
        assert len(tries) == 1
        now[0] += 2 * FLUSH_S
        race()
        assert len(tries) == 2
    now[0] += 2 * FLUSH_S
    race()
    journal.close()
    loaded = load(path)
    assert loaded.whole
    assert loaded.session.iterations == SessionFold().apply_all(done).session().iterations


def test_closing_on_a_full_disk_says_so_and_gives_the_rest(tmp_path) -> None:
    journal = make(tmp_path)
    size = journal.path.stat().st_size
    with SmallDisk(size):
        journal.begin(start())
        with pytest.raises(NotSaved):
            journal.close()
    assert b'"t":"iteration"' in journal.unsaved()
    assert journal.path.stat().st_size == size
