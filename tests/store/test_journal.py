"""The journal: what it says is saved is saved."""

from __future__ import annotations

import asyncio
import fcntl
import os
import stat
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.racing import answer, make, run, start
from workbench.errors import NotSaved, SessionError
from workbench.model.events import AttemptQueued, Chunks, Notice
from workbench.model.fold import SessionFold
from workbench.store.journal import FLUSH_S, Journal
from workbench.store.sessions import load


def test_a_session_read_back_is_the_session_that_ran(tmp_path) -> None:
    journal = make(tmp_path)
    events = run(journal, "Reply in JSON", ["a b c", "d e"]) + run(journal, "Again", ["f"])
    journal.close()
    loaded = load(journal.path)
    assert loaded.whole
    assert loaded.session.iterations == SessionFold().apply_all(events).session().iterations
    assert (loaded.session.id, loaded.session.title) == ("tickets-2026-11-22", "Tickets")
    assert loaded.session.utc == "2026-11-22T09:30:00.000Z"


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_the_order_of_events_and_flushes_the_file_tells_the_same(
    tmp_path_factory, data
) -> None:
    folder = tmp_path_factory.mktemp("order")
    journal = make(folder, secrets=data.draw(st.sampled_from([(), ("nowhere-in-the-text",)])))
    done = list(journal.begin(start("hi", 3)))
    waiting = {n: list(answer(n, f"words of {n} \ud800", verdict="fail")) for n in (1, 2, 3)}
    while waiting:
        number = data.draw(st.sampled_from(sorted(waiting)))
        event = waiting[number].pop(0)
        journal.append(event)
        done.append(event)
        if not waiting[number]:
            del waiting[number]
        if data.draw(st.booleans()):
            journal.flush()
    journal.close()
    loaded = load(journal.path)
    assert loaded.whole
    assert loaded.session.iterations == SessionFold().apply_all(done).session().iterations


def test_an_iteration_is_on_file_before_begin_returns(tmp_path) -> None:
    journal = make(tmp_path)
    journal.begin(start("hi", 2))
    session = load(journal.path).session
    assert [a.number for a in session.attempts()] == [1, 2]
    journal.reserve(lambda n: (AttemptQueued(n, 1, "lane0", "m", retry_of=1),))
    assert [a.retry_of for a in load(journal.path).session.attempts()] == [None, None, 1]
    journal.close()


def test_chunks_wait_at_most_until_due_and_the_end_is_written_at_once(tmp_path) -> None:
    now = [1000.0]
    journal = make(tmp_path)
    journal._clock = lambda: now[0]
    journal.begin(start())
    assert journal.due is None
    *before, end = answer(1, "a b")
    journal.append(before[0])
    journal.append(before[1])
    assert journal.due == 1000.0 + FLUSH_S
    assert load(journal.path).session.attempts()[0].text == ""
    now[0] += FLUSH_S
    journal.append(before[2])
    assert load(journal.path).session.attempts()[0].text == "a b"
    assert journal.due is None
    journal.append(before[3])
    journal.append(end)
    assert load(journal.path).session.attempts()[0].state == "complete"
    journal.close()


def test_waiting_chunks_of_an_attempt_become_one_line(tmp_path) -> None:
    journal = make(tmp_path)
    journal.begin(start("hi", 2))
    for n in range(50):
        journal.append(Chunks(1 + n % 2, ((float(n), "x"),)))
    journal.flush()
    journal.close()
    assert journal.path.read_bytes().count(b'"t":"chunks"') == 2


def test_files_are_private_and_links_are_not_followed(tmp_path) -> None:
    folder = tmp_path / "sessions"
    journal = make(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    journal.close()
    victim = tmp_path / "victim"
    (folder / "linked-2026-11-22.jsonl").symlink_to(victim)
    other = make(folder, "linked")
    assert other.session_id == "linked-2026-11-22-2"
    assert not victim.exists()
    other.close()
    victim.write_text("precious")
    with pytest.raises(NotSaved):
        Journal.open(folder, "linked-2026-11-22")
    assert victim.read_text() == "precious"


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "/etc/passwd", "a/b", ".hidden", "a..b", "a\x00b", "é", "x" * 101]
)
def test_only_slugs_are_names(tmp_path, name) -> None:
    with pytest.raises(SessionError):
        Journal.open(tmp_path, name)


def test_a_hostile_title_is_data_and_makes_a_harmless_name(tmp_path) -> None:
    for title in ("../../etc/passwd", "\x1b[2J\ud800", "日本語", "a" * 500, ""):
        journal = make(tmp_path, title)
        journal.close()
        assert journal.path.parent == tmp_path
        assert load(journal.path).session.title == title


def test_no_fifo_is_opened_as_a_session(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(SessionError):
        Journal.open(tmp_path, "pipe")


def test_a_missing_session_is_said_to_be_missing(tmp_path) -> None:
    with pytest.raises(SessionError, match="no session"):
        Journal.open(tmp_path, "nothing")


def test_a_torn_tail_is_closed_before_the_next_line(tmp_path) -> None:
    journal = make(tmp_path)
    run(journal, "one", ["a"])
    journal.close()
    with journal.path.open("ab") as file:
        file.write(b'{"v":1,"t":"attempt","attempt":7,"iter')
    again = Journal.open(tmp_path, journal.session_id)
    run(again, "two", ["b"])
    again.close()
    loaded = load(journal.path)
    assert [d.kind for d in loaded.damage] == ["damaged"]
    assert [a.text for a in loaded.session.attempts()] == ["a", "b"]
    assert loaded.session.attempts()[1].number == 8


def test_numbers_count_on_from_what_another_journal_wrote(tmp_path) -> None:
    first = make(tmp_path)
    second = Journal.open(tmp_path, first.session_id)
    run(first, "one", ["a", "b"])
    run(second, "two", ["c"])
    run(first, "three", ["d"])
    run(first, "four", ["e"])
    first.close()
    second.close()
    session = load(first.path).session
    assert [i.number for i in session.iterations] == [1, 2, 3, 4]
    assert [a.number for a in session.attempts()] == [1, 2, 3, 4, 5]


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, ".")
from tests.store.racing import run
from workbench.store.journal import Journal
journal = Journal.open(Path(sys.argv[1]), sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for n in range(40):
    run(journal, f"{sys.argv[3]} {n}", ["word " * 50, "other " * 20])
journal.close()
"""


def test_two_processes_append_to_one_session_and_nothing_is_mixed_up(tmp_path) -> None:
    journal = make(tmp_path)
    journal.close()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), journal.session_id, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in ("left", "right")
    ]
    for writer in writers:
        assert writer.stdout.readline() == b"ready\n"
    for writer in writers:
        writer.communicate(b"go\n", timeout=60)
        assert writer.returncode == 0
    loaded = load(journal.path)
    assert loaded.whole
    assert [i.number for i in loaded.session.iterations] == list(range(1, 81))
    assert [a.number for a in loaded.session.attempts()] == list(range(1, 161))
    for side in ("left", "right"):
        ours = [i for i in loaded.session.iterations if i.prompt.user.startswith(side)]
        assert [i.prompt.user for i in ours] == [f"{side} {n}" for n in range(40)]
        assert {a.text for i in ours for a in i.attempts} == {"word " * 50, "other " * 20}


def test_a_process_that_keeps_the_lock_delays_nothing_and_loses_nothing(tmp_path) -> None:
    journal = make(tmp_path)
    journal.begin(start())
    fd = os.open(journal.path, os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    for event in answer(1, "a b"):
        journal.append(event)
    assert journal.due is not None
    os.close(fd)
    journal.flush()
    assert load(journal.path).session.attempts()[0].text == "a b"
    journal.close()


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_sent(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotSaved):
        make(tmp_path / "file" / "sessions")


def test_a_deleted_file_is_written_again_in_full(tmp_path) -> None:
    told: list[Notice] = []
    journal = make(tmp_path)
    journal.on_problem = told.append
    run(journal, "one", ["a"])
    journal.path.unlink()
    run(journal, "two", ["b"])
    journal.close()
    assert [a.text for a in load(journal.path).session.attempts()] == ["a", "b"]
    assert told


def test_a_replaced_file_is_left_alone_and_ours_gets_another_name(tmp_path) -> None:
    journal = make(tmp_path)
    run(journal, "one", ["a"])
    old = journal.path
    other = tmp_path / "other"
    other.write_text("somebody's edit\n")
    other.rename(old)
    run(journal, "two", ["b"])
    journal.close()
    assert old.read_text() == "somebody's edit\n"
    assert journal.path != old
    assert [a.text for a in load(journal.path).session.attempts()] == ["a", "b"]


async def test_callers_of_sync_at_once_share_one_fsync(tmp_path, monkeypatch) -> None:
    journal = make(tmp_path)
    journal.begin(start("hi", 3))
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(fd), real(fd)))
    for number in (1, 2, 3):
        for event in answer(number, "a b"):
            journal.append(event)
    await asyncio.gather(*(journal.sync() for _ in range(8)))
    assert len(synced) == 2  # the file, and once the folder its name stands in
    await journal.sync()
    assert len(synced) == 2
    journal.close()


def test_no_secret_reaches_the_file_in_any_form(tmp_path) -> None:
    key = 'sk-ca"nary/0123456789'
    journal = make(tmp_path, f"my {key}", secrets=[key])
    journal.begin(start(f"key: {key}"))
    text = f"Sure, it is {key}!"
    for event in answer(1, "warm up"):
        if isinstance(event, Chunks):
            continue
        if type(event).__name__ == "AttemptEnded":
            for n, char in enumerate(text):
                journal.append(Chunks(1, ((float(n), char),)))
                journal.flush()
        journal.append(event)
    journal.close()
    raw = journal.path.read_bytes()
    assert b"canary" not in raw.replace(b'\\"', b"")
    assert b"0123456789" not in raw
    attempt = load(journal.path).session.attempts()[0]
    assert attempt.text == "Sure, it is sk-" + "*" * (len(key) - 3) + "!"
    assert len(attempt.chunks) == len(text)
    assert "0123456789" not in journal.session_id
