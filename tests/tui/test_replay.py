"""A replay is the race again: the same events, at any speed, in both directions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.conftest import shown, until
from tests.tui.fake_engine import Answer, FakeEngine
from tests.tui.stories import invoice_script, setup
from tests.tui.test_state import model, play
from workbench.api.replay import SPEEDS, Playback, tape
from workbench.model.attempt import JudgeReply
from workbench.model.events import Chunks, FailedFirst, Judged
from workbench.model.fold import SessionFold
from workbench.model.unfold import events_of
from workbench.tui.app import WorkbenchApp


def raced():
    view = model()
    play(view, lambda *_: Answer(("a", "b", "c"), reasoning=("h", "m"), fail=("json", 1, "no")))
    first = view.fold.attempts[1]
    view.fold.apply(Judged(1, 0, "no, it is not", 80.0, 12, 0.1))
    assert first.judged == [JudgeReply(0, "no, it is not", 80.0, 12, 0.1)]
    return view.iteration


def tape_of(iteration, *lanes):
    return tape(events_of(iteration), iteration.number, lanes)


def test_the_events_of_an_iteration_give_the_same_records_again():
    iteration = raced()
    again = SessionFold().apply_all(events_of(iteration))
    assert again.iterations[1].record() == iteration.record()
    assert again.strays == 0


def test_the_tape_is_in_order_and_ends_with_the_iteration():
    cues = tape_of(raced())
    assert [cue.ms for cue in cues] == sorted(cue.ms for cue in cues)
    assert type(cues[-1].event).__name__ == "IterationEnded"
    replies = [cue.ms for cue in cues if isinstance(cue.event, Judged)]
    assert replies == [cue.ms for cue in cues if isinstance(cue.event, FailedFirst)][:1]


@given(st.lists(st.floats(-100, 5000), max_size=12))
def test_wherever_one_jumps_the_events_given_are_those_up_to_there(places: list[float]):
    given_events = []
    cues = tape_of(raced())
    playback = Playback(cues, restart=given_events.clear)
    given_events += playback.seek(0.0)
    for place in places:
        given_events += playback.seek(place)
        assert given_events == [cue.event for cue in cues if cue.ms <= playback.position_ms]


@pytest.mark.parametrize("speed", [s for s in SPEEDS if s is not None])
def test_it_plays_with_the_clock_at_every_speed_and_stops_at_the_end(speed: float):
    begun = []
    playback = Playback(tape_of(raced()), speed, lambda: begun.append(True))
    playback.advance(0.01 / speed)
    assert playback.position_ms == pytest.approx(10)
    playback.advance(1000 / speed)
    assert playback.position_ms == playback.length_ms
    assert not playback.playing
    playback.toggle()
    assert (playback.position_ms, playback.playing, begun) == (0, True, [True])


def test_instantly_everything_comes_at_once():
    cues = tape_of(raced())
    assert Playback(cues, None).advance(0.0) == tuple(cue.event for cue in cues)


def test_the_speed_goes_from_a_tenth_to_a_hundred_and_instant():
    playback = Playback(tape_of(raced()))
    for _ in SPEEDS:
        playback.faster(-1)
    assert playback.speed == 0.1
    for _ in SPEEDS[2:]:
        playback.faster(1)
    assert playback.speed == 100
    playback.faster(1)
    assert playback.speed is None


def test_a_step_goes_to_the_next_chunk_and_back():
    cues = tape_of(raced())
    playback = Playback(cues)
    times = sorted({cue.ms for cue in cues if isinstance(cue.event, Chunks)})
    seen = []
    for _ in times:
        playback.step(1)
        seen.append(playback.position_ms)
    assert seen == times
    playback.step(-1)
    assert playback.position_ms == times[-2]


def test_the_failure_is_one_jump_away():
    playback = Playback(tape_of(raced()))
    assert isinstance(playback.to_first_failure()[-1], FailedFirst)
    assert playback.position_ms == 204
    assert not playback.playing


def test_one_lane_plays_alone_from_the_same_place():
    iteration = raced()
    given_events = []
    playback = Playback(tape_of(iteration), restart=given_events.clear)
    given_events += playback.seek(200)
    given_events += playback.load(tape_of(iteration, "qwen"))
    fold = SessionFold().apply_all(given_events)
    assert [a.queued.lane for a in fold.attempts.values()] == ["qwen"]
    assert [lane.name for lane in fold.iterations[1].started.lanes] == ["qwen"]
    assert playback.position_ms == 200


async def test_on_the_screen_a_lane_is_chosen_and_the_speed_changed():
    app = WorkbenchApp(FakeEngine(invoice_script), setup())
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.model.title != "")
        await pilot.press("ctrl+j")
        await until(pilot, lambda: bool(app.model.fold.iterations) and not app.model.running)
        await pilot.press("f7", "end")
        await until(pilot, lambda: "gladly" in shown(app) and "vendor" in shown(app))
        assert "replay  " in shown(app)
        await pilot.press("tab")
        await until(pilot, lambda: "only smollm2" in shown(app))
        await until(pilot, lambda: "qwen" not in shown(app))
        assert "gladly" in shown(app)
        await pilot.press("shift+tab", "minus", "minus")
        await until(pilot, lambda: "qwen" in shown(app) and "0.25\u00d7" in shown(app))
        await pilot.press(*["plus"] * 9)
        await until(pilot, lambda: "instant" in shown(app))
