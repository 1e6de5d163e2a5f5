"""Replay: the events of then, in their time, as often as one likes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.store.racing import answer, start
from workbench.api.replay import Playback, play, tape
from workbench.errors import SessionError, UnknownName
from workbench.measure.curves import observe
from workbench.model.events import Chunks, FailedFirst, IterationEnded
from workbench.model.fold import SessionFold
from workbench.store.journal import Journal
from workbench.store.sessions import load


@pytest.fixture
def events(tmp_path):
    journal = Journal.create(tmp_path, "Race", now=datetime(2026, 11, 22, tzinfo=UTC))
    journal.begin(start("first", 1))
    for event in answer(1, "x"):
        journal.append(event)
    journal.append(IterationEnded(1, 120.0))
    journal.begin(start("second", 2))
    fast = list(answer(2, "a b c", verdict="fail"))
    slow = list(answer(3, "d e f", begin_ms=105.0))
    for event in [*fast[:2], *slow[:3], *fast[2:], *slow[3:]]:
        journal.append(event)
    journal.append(IterationEnded(2, 130.0))
    journal.close()
    return load(journal.path).events


def test_a_replay_folds_to_the_recording_and_is_marked(events) -> None:
    original = SessionFold().apply_all(events).iterations[2].record()
    replayed = SessionFold().apply_all(Playback(tape(events, 2)).finish()).iterations[2].record()
    for before, after in zip(original.attempts, replayed.attempts, strict=True):
        assert after.origin == "replay"
        assert (after.text, after.chunks, after.verdict, after.checks, after.ttff_ms) == (
            (before.text, before.chunks, before.verdict, before.checks, before.ttff_ms)
        )
    assert replayed.total_ms == original.total_ms
    assert observe(replayed.attempts) == ()


def test_events_come_in_order_of_time_over_all_lanes(events) -> None:
    cues = tape(events, 2)
    chunks = [(cue.ms, cue.event.attempt) for cue in cues if isinstance(cue.event, Chunks)]
    assert chunks == sorted(chunks)
    assert [a for _, a in chunks] == [2, 3, 2, 3, 2, 3]
    assert isinstance(cues[-1].event, IterationEnded)


def test_only_the_chosen_lanes_and_known_iterations(events) -> None:
    record = SessionFold().apply_all(Playback(tape(events, 2, ["lane1"])).finish())
    assert [a.queued.lane for a in record.attempts.values()] == ["lane1"]
    with pytest.raises(UnknownName, match="iteration"):
        tape(events, 9)
    with pytest.raises(UnknownName, match="lane"):
        tape(events, 2, ["nobody"])


def test_time_moves_the_tape_at_its_speed_and_a_pause_stops_it(events) -> None:
    playback = Playback(tape(events, 2), speed=2.0)
    playback.advance(0.0)
    assert playback.wait_s() == pytest.approx(0.0005 / 2)
    assert not any(isinstance(e, Chunks) for e in playback.advance(0.050))
    assert any(isinstance(e, Chunks) for e in playback.advance(0.001))
    playback.toggle()
    assert playback.advance(10.0) == ()
    assert playback.wait_s() is None
    playback.toggle()
    playback.advance(10.0)
    assert playback.ended


def test_one_can_step_by_chunk_and_jump_to_the_first_failure(events) -> None:
    playback = Playback(tape(events, 2))
    seen = [[e for e in playback.step() if isinstance(e, Chunks)] for _ in range(2)]
    assert [[c.pieces[0][1] for c in chunks] for chunks in seen] == [["a"], ["d"]]
    again = Playback(tape(events, 2))
    passed = again.to_first_failure()
    assert isinstance(passed[-1], FailedFirst)
    assert not again.playing
    at = again.position_ms
    again.finish()
    assert isinstance(again.to_first_failure()[-1], FailedFirst)
    assert again.position_ms == at


@pytest.mark.parametrize("speed", [0.0, 0.05, 101.0, -1.0, float("nan"), float("inf")])
def test_speeds_beyond_reason_are_refused(events, speed) -> None:
    with pytest.raises(SessionError):
        Playback(tape(events, 2), speed)


async def test_playing_keeps_to_the_clock_even_when_sleep_is_late(events) -> None:
    now = [0.0]

    async def sleep(seconds: float) -> None:
        now[0] += seconds + 0.003

    times = []
    async for batch in play(Playback(tape(events, 2)), clock=lambda: now[0], sleep=sleep):
        times += [(now[0] * 1000, e.pieces[0][0] + 0.5) for e in batch if isinstance(e, Chunks)]
    assert len(times) == 6
    assert all(0 <= came - due < 3.1 for came, due in times)
