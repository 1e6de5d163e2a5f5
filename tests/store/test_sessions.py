"""Reading sessions: damage costs what is damaged, and names mean what a person expects."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime

import pytest

from tests.store.racing import answer, run, start
from workbench.errors import NotSaved, SessionError, SessionVersionError, UnknownName
from workbench.files import lines
from workbench.model.events import Annotated, AttemptQueued, Event, IterationEnded
from workbench.store import part
from workbench.store.journal import Journal
from workbench.store.names import resolve, slug
from workbench.store.sessions import list_sessions, load, salvage

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def write(folder, title="Tickets", iterations=3):
    journal = Journal.create(folder, title, now=NOW)
    for n in range(iterations):
        run(journal, f"prompt {n}", ["a bé c", "d"])
    journal.close()
    return journal.path


def test_a_file_cut_at_any_byte_opens_with_all_whole_lines(tmp_path) -> None:
    data = write(tmp_path).read_bytes()
    cut = tmp_path / "cut.jsonl"
    whole = load(tmp_path / "tickets-2026-11-22.jsonl").events
    for size in range(len(data)):
        cut.write_bytes(data[:size])
        loaded = load(cut)
        lines = data[:size].count(b"\n")
        assert len(loaded.events) >= lines
        assert loaded.events == whole[: len(loaded.events)]
        complete = size == 0 or data[size - 1 : size] == b"\n" or len(loaded.events) > lines
        assert bool(loaded.damage) != complete
        assert all(d.kind == "torn" for d in loaded.damage)


def test_a_damaged_line_costs_that_line_alone_and_is_named(tmp_path) -> None:
    path = write(tmp_path)
    lines = path.read_bytes().split(b"\n")
    rng = random.Random(7)
    for number, line in enumerate(lines[:-1]):
        broken = bytearray(line)
        broken[rng.randrange(len(broken))] = 0xFF
        path.write_bytes(b"\n".join([*lines[:number], bytes(broken), *lines[number + 1 :]]))
        loaded = load(path)
        assert [d.line for d in loaded.damage] == [number + 1]
        assert loaded.damage[0].offset == len(b"\n".join(lines[:number])) + bool(number)
        assert len(loaded.events) == len(lines) - 2
        assert loaded.report()[0].startswith(f"Line {number + 1} ")


def test_whatever_is_in_the_file_reading_ends_in_a_session_or_a_session_error(tmp_path) -> None:
    data = bytearray(write(tmp_path).read_bytes())
    rng = random.Random(3)
    path = tmp_path / "noise.jsonl"
    for _ in range(200):
        noise = bytearray(data)
        for _ in range(rng.randrange(1, 40)):
            noise[rng.randrange(len(noise))] = rng.randrange(256)
        path.write_bytes(noise)
        try:
            load(path)
        except SessionError:
            continue


def test_only_the_last_iterations_can_be_read_for_a_first_screen(tmp_path) -> None:
    path = write(tmp_path, iterations=9)
    whole, few = load(path), load(path, last=2)
    assert few.earlier == 7
    assert few.session.iterations == whole.session.iterations[-2:]
    assert (few.session.title, few.whole) == (whole.session.title, True)
    assert load(path, last=9).session == load(path, last=99).session == whole.session
    assert load(path, last=0).session.iterations == ()
    with path.open("ab") as file:
        file.write(b"garbage\n")
    assert load(path, last=1).damage == load(path).damage


def test_salvage_keeps_every_readable_line_as_it_stands(tmp_path) -> None:
    path = write(tmp_path)
    good = path.read_bytes()
    path.write_bytes(b"\x00\x00\n" + good + b'{"v":1,"t":"hologram","x":1}\n{"v":1,"t":"en')
    into = tmp_path / "saved.jsonl"
    assert salvage(path, into) == good.count(b"\n") + 1
    assert into.read_bytes() == good + b'{"v":1,"t":"hologram","x":1}\n'
    with pytest.raises(NotSaved):
        salvage(path, into)


def test_unknown_lines_are_reported_and_a_newer_version_refused(tmp_path) -> None:
    path = write(tmp_path)
    with path.open("ab") as file:
        file.write(b'{"v":1,"t":"hologram"}\n' * 2)
    assert load(path).unknown == {"hologram": 2}
    assert "2 lines" in load(path).report()[0]
    with path.open("ab") as file:
        file.write(b'{"v":2,"t":"chunks"}\n')
    with pytest.raises(SessionVersionError):
        load(path)
    with pytest.raises(SessionVersionError):
        Journal.open(tmp_path, path.stem)


def test_what_is_no_session_is_said_to_be_none(tmp_path) -> None:
    other = tmp_path / "notes.jsonl"
    other.write_text("dear diary\n")
    for path in (other, tmp_path / "missing.jsonl", tmp_path):
        with pytest.raises(SessionError):
            load(path)
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(SessionError):
        load(tmp_path / "pipe.jsonl")
    assert [info.id for info in list_sessions(tmp_path)] == ["notes"]


def test_a_list_shows_titles_and_counts_newest_first(tmp_path) -> None:
    write(tmp_path, "Old", 2)
    new = write(tmp_path, "New \x1b[2J", 5)
    os.utime(tmp_path / "old-2026-11-22.jsonl", (1e9, 1e9))
    infos = list_sessions(tmp_path)
    assert [(i.title, i.iterations, i.attempts) for i in infos] == [
        ("New \x1b[2J", 5, 10),
        ("Old", 2, 4),
    ]
    assert infos[0].path == new
    assert list_sessions(tmp_path / "none") == ()


def test_a_list_finds_the_counts_behind_a_very_long_answer(tmp_path) -> None:
    journal = Journal.create(tmp_path, "Long", now=NOW)
    run(journal, "first", ["word " * 100_000])
    journal.close()
    assert [(i.iterations, i.attempts) for i in list_sessions(tmp_path)] == [(1, 1)]


def test_names_resolve_as_id_beginning_path_or_example(tmp_path) -> None:
    examples = tmp_path / "shipped"
    examples.mkdir()
    shipped = write(examples, "Demo")
    one, two = write(tmp_path, "Tickets"), write(tmp_path, "Timing")
    for name in (one.stem, "tick", str(one), one.name, one.stem + ".jsonl"):
        assert resolve(name, tmp_path, examples) == one
    assert resolve("examples/demo", tmp_path, examples) == shipped
    with pytest.raises(SessionError, match="beginning of 2"):
        resolve("ti", tmp_path, examples)
    with pytest.raises(UnknownName) as caught:
        resolve("tickts-2026-11-22", tmp_path, examples)
    assert two.stem in caught.value.hint or one.stem in caught.value.hint
    for name in ("", "examples/none"):
        with pytest.raises(UnknownName):
            resolve(name, tmp_path, examples)
    for name in ("../tickets", "/nowhere/x.jsonl"):
        with pytest.raises(SessionError):
            resolve(name, tmp_path, examples)


def test_a_renamed_file_is_known_by_its_new_name(tmp_path) -> None:
    path = write(tmp_path)
    path.rename(tmp_path / "mine.jsonl")
    assert load(tmp_path / "mine.jsonl").session.id == "mine"


def test_slugs_are_words_of_ascii() -> None:
    assert slug("Übersetze: drei Sätze!") == "ubersetze-drei-satze"
    assert slug("日本") == "session"
    assert slug("word " * 30) == "word-word-word-word-word-word-word-word"


def late_retry(iteration: int, of: int):
    return lambda number: [AttemptQueued(number, iteration, "lane0", "m", retry_of=of)]


def test_any_part_of_interleaved_races_is_what_the_whole_file_says_of_them(tmp_path) -> None:
    """Races side by side, late retries and marks: an iteration's lines do not stand together."""
    rng = random.Random(5)
    journal = Journal.create(tmp_path, "Side by side", now=NOW)
    running: list[list[Event]] = []
    for number in range(1, 31):
        begun = journal.begin(start(f"prompt {number}", 2))
        firsts = [e.attempt for e in begun if isinstance(e, AttemptQueued)]
        running += [list(answer(attempt, "a bé c")) for attempt in firsts]
        running.append([IterationEnded(number, 900.0)])
        for _ in range(rng.randrange(12)):
            said = rng.choice(running)
            journal.append(said.pop(0))
            running = [events for events in running if events]
        if number % 7 == 0:
            journal.append(Annotated(number - 6, "", name=f"name {number}", star=True))
            old = journal.reserve(late_retry(number - 5, firsts[0]))
            running.append(list(answer(old[0].attempt, "late")))
    for events in running:
        for event in events:
            journal.append(event)
    journal.close()
    whole = load(journal.path)
    for last, before in ((1, None), (8, None), (7, 20), (3, 4), (40, 31), (5, 1)):
        some = load(journal.path, last=last, before=before)
        known = [i for i in whole.session.iterations if before is None or i.number < before]
        assert some.session.iterations == tuple(known[-last:])
        assert some.earlier == max(0, len(known) - last)
        assert some.strays == 0


def test_a_large_file_without_iterations_is_not_taken_into_memory_whole(
    tmp_path, monkeypatch
) -> None:
    path = tmp_path / "noise.jsonl"
    path.write_bytes(b"noise\n" * 10_000)
    read: list[int] = []
    pread = os.pread

    def counted(fd: int, size: int, offset: int) -> bytes:
        read.append(size)
        return pread(fd, size, offset)

    monkeypatch.setattr(part, "WINDOW", 256)
    monkeypatch.setattr(part, "MOST", 4096)
    monkeypatch.setattr(lines, "BLOCK", 1024)
    monkeypatch.setattr(os, "pread", counted)
    with pytest.raises(SessionError, match="no session file"):
        load(path, last=3)
    assert max(read) <= 4096


def test_a_part_of_a_large_file_is_read_from_its_end(tmp_path, monkeypatch) -> None:
    path = write(tmp_path, iterations=60)
    monkeypatch.setattr(part, "WINDOW", 256)
    whole = load(path).session.iterations
    for last in (1, 2, 13, 59, 60):
        assert load(path, last=last).session.iterations == whole[-last:]
