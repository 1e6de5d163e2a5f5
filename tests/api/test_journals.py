"""Whatever happens to a session's file, the race runs and what it says is kept."""

from __future__ import annotations

import asyncio
import fcntl
import os
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.store.racing import answer, run, run_kept, start
from workbench.api import journals as kept
from workbench.api.setup import settings_for
from workbench.engine.plan import OpenSession
from workbench.model.events import Earlier, Notice
from workbench.model.fold import SessionFold
from workbench.store import journal as store
from workbench.store.journal import Journal
from workbench.store.sessions import list_sessions, load


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(store, "LONG_PATIENCE_S", 0.05)
    monkeypatch.setattr(kept, "LONG_PATIENCE_S", 0.05)
    return replace(settings_for(tmp_path), sessions=tmp_path / "sessions")


def saved(settings, *prompts: str) -> str:
    journal = Journal.create(settings.sessions, "Shared")
    for prompt in prompts:
        run(journal, prompt, ["a b"])
    journal.close()
    return journal.session_id


def opened(settings, command: OpenSession):
    found = kept.open_session(settings, command)
    return found.journal, list(found.events)


@contextmanager
def locked(path):
    fd = os.open(path, os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(fd)


def texts(path) -> list[tuple[int, str]]:
    session = load(path).session
    return [(a.number, a.text) for a in session.attempts()]


async def test_a_session_that_another_process_locks_goes_on_in_a_copy_with_all_so_far(
    settings,
) -> None:
    name = saved(settings, "one")
    path = settings.sessions / f"{name}.jsonl"
    journal, events = opened(settings, OpenSession(name))
    assert not [e for e in events if isinstance(e, Notice)]
    told: list[Notice] = []
    journal.on_problem = told.append
    await run_kept(journal, "two", ["c"])
    with locked(path):
        begun = await journal.begin(start("three", 1))
        assert begun[0].iteration == 3
        for event in answer(3, "d e"):
            journal.append(event)
        journal.flush()
    assert [n.level for n in told] == ["warning"]
    assert "locked" in told[0].message
    assert journal.session_id in told[0].message
    assert journal.session_id != name
    journal.close()
    copy = settings.sessions / f"{journal.session_id}.jsonl"
    assert texts(path) == [(1, "a b"), (2, "c")]
    assert texts(copy) == [(1, "a b"), (2, "c"), (3, "d e")]
    assert load(copy).whole


async def test_what_waited_when_the_lock_was_taken_is_in_both_files(settings) -> None:
    name = saved(settings, "one")
    path = settings.sessions / f"{name}.jsonl"
    journal, _ = opened(settings, OpenSession(name))
    await journal.begin(start("two", 1))
    with locked(path):
        for event in answer(2, "late words"):
            journal.append(event)
        await journal.begin(start("three", 1))
    journal.close()
    copy = settings.sessions / f"{journal.session_id}.jsonl"
    assert (2, "late words") in texts(path)
    assert (2, "late words") in texts(copy)
    assert load(path).whole
    assert load(copy).whole


async def test_a_retry_under_a_lock_is_numbered_and_kept_too(settings) -> None:
    name = saved(settings, "one")
    journal, _ = opened(settings, OpenSession(name))
    first = await journal.begin(start("two", 1))
    with locked(settings.sessions / f"{name}.jsonl"):
        again = await journal.reserve(lambda number: [start("x", 1)(2, number)[1]])
    assert again[0].attempt == first[-1].attempt + 1
    journal.close()
    copy = settings.sessions / f"{journal.session_id}.jsonl"
    assert [a.number for a in load(copy).session.attempts()] == [1, 2, 3]


async def test_a_session_that_cannot_be_written_is_shown_and_goes_on_in_a_copy(settings) -> None:
    name = saved(settings, "one")
    path = settings.sessions / f"{name}.jsonl"
    before = path.read_bytes()
    path.rename(path.with_suffix(".real"))
    path.symlink_to(path.with_suffix(".real"))
    journal, events = opened(settings, OpenSession(name))
    assert isinstance(events[-1], Notice)
    assert "copy" in events[-1].hint
    await journal.begin(start("two", 1))
    journal.close()
    assert path.read_bytes() == before
    copy = settings.sessions / f"{journal.session_id}.jsonl"
    assert [i.number for i in load(copy).session.iterations] == [1, 2]


async def test_a_lock_that_is_gone_when_it_is_sent_costs_nothing(settings) -> None:
    name = saved(settings, "one")
    with locked(settings.sessions / f"{name}.jsonl"):
        journal, _ = opened(settings, OpenSession(name))
        await journal.prepare()
    assert (await journal.begin(start("two", 1)))[0].iteration == 2
    assert journal.session_id == name
    journal.close()


async def test_while_another_process_keeps_the_lock_the_loop_goes_on(settings, monkeypatch) -> None:
    monkeypatch.setattr(kept, "LONG_PATIENCE_S", 30.0)
    name = saved(settings, "one")
    journal, _ = opened(settings, OpenSession(name))
    turns = 0
    with locked(settings.sessions / f"{name}.jsonl"):
        begun = asyncio.create_task(journal.begin(start("two", 1)))
        for _ in range(50):
            await asyncio.sleep(0)
            turns += not begun.done()
    assert turns == 50
    assert (await begun)[0].iteration == 2
    assert journal.session_id == name
    journal.close()


async def test_two_that_begin_under_a_lock_go_on_in_one_copy(settings) -> None:
    name = saved(settings, "one")
    journal, _ = opened(settings, OpenSession(name))
    with locked(settings.sessions / f"{name}.jsonl"):
        begun = await asyncio.gather(*(journal.begin(start(text, 1)) for text in ("two", "three")))
    assert [events[0].iteration for events in begun] == [2, 3]
    journal.close()
    assert len(list_sessions(settings.sessions)) == 2


async def test_where_nothing_can_be_written_the_numbers_go_on_and_it_is_said(
    settings, monkeypatch
) -> None:
    name = saved(settings, "one", "two")
    path = settings.sessions / f"{name}.jsonl"
    journal, _ = opened(settings, OpenSession(name))
    told: list[Notice] = []
    journal.on_problem = told.append

    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    with locked(path), monkeypatch.context() as patch:
        patch.setattr(Journal, "_write", full)
        begun = await journal.begin(start("three", 1))
    assert begun[0].iteration == 3
    assert "No space left" in told[-1].message
    assert told[-1].level == "error"
    assert journal.session_id == ""
    journal.close()
    assert [i.id for i in list_sessions(settings.sessions) if i.iterations] == [name]


async def test_only_the_last_iterations_are_read_when_asked_and_numbers_still_follow(
    settings,
) -> None:
    name = saved(settings, *"abcdef")
    found = kept.open_session(settings, OpenSession(name, last=2))
    assert [e.iteration for e in found.events if hasattr(e, "prompt")] == [5, 6]
    assert found.events[-1] == Earlier(4)
    assert (await found.journal.begin(start("g", 1)))[0].iteration == 7
    found.journal.close()


async def test_earlier_iterations_come_when_they_are_asked_for(settings) -> None:
    name = saved(settings, *"abcdef")
    found = kept.open_session(settings, OpenSession(name, last=2))
    fold = SessionFold().apply_all(found.events)
    fold.apply_all(found.earlier(5, 3))
    assert list(fold.iterations) == [2, 3, 4, 5, 6]
    assert fold.earlier == 1
    fold.apply_all(found.earlier(2, 50))
    assert fold.earlier == 0
    assert fold.session() == replace(load(settings.sessions / f"{name}.jsonl").session, id=name)
    found.journal.close()


async def test_numbers_looked_for_beside_the_loop_are_those_another_process_gave_out(
    settings,
) -> None:
    name = saved(settings, "one")
    journal, _ = opened(settings, OpenSession(name))
    other = Journal.open(settings.sessions, name)
    run(other, "theirs", ["a", "b"])
    await journal.prepare()
    run(other, "theirs again", ["c"])
    begun = await journal.begin(start("mine", 1))
    assert (begun[0].iteration, begun[1].attempt) == (4, 5)
    journal.close()
    other.close()
    assert load(settings.sessions / f"{name}.jsonl").whole
