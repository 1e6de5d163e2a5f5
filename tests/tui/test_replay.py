"""A replay is the race again: the same events, at any speed, in both directions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.fake_engine import Answer
from tests.tui.test_state import model, play
from workbench.model.events import Chunks
from workbench.tui.replay import SPEEDS, Player, timeline
from workbench.tui.state import ViewModel


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def raced():
    view = model()
    play(view, lambda *_: Answer(("a", "b", "c"), reasoning=("h", "m"), fail=("json", 1, "no")))
    return view.iteration


def test_all_events_together_give_the_same_records():
    iteration = raced()
    again = ViewModel(iteration.started.lanes, model().draft)
    again.apply(event for _, event in timeline(iteration))
    assert again.iteration.record() == iteration.record()


def test_the_time_line_is_in_order_and_ends_with_the_iteration():
    moments = timeline(raced())
    assert [ms for ms, _ in moments] == sorted(ms for ms, _ in moments)
    assert type(moments[-1][1]).__name__ == "IterationEnded"


@given(st.lists(st.floats(-100, 5000), max_size=12))
def test_wherever_one_jumps_the_events_given_are_those_up_to_there(places: list[float]):
    clock, given_events = Clock(), []
    player = Player(timeline(raced()), clock, given_events.clear)
    for place in places:
        player.seek(place)
        given_events += player.due()
        expected = [e for ms, e in player.moments if ms <= player.position]
        assert given_events == expected


def test_it_plays_with_the_clock_at_every_speed_and_stops_at_the_end():
    for _ in SPEEDS:
        clock = Clock()
        player = Player(timeline(raced()), clock, lambda: None)
        player.toggle()
        clock.now = 0.1
        player.advance()
        assert player.position == 100
    player.faster(1)
    clock.now = 0.15
    player.advance()
    assert player.position == pytest.approx(200)
    clock.now = 100
    player.advance()
    assert player.position == player.length
    assert not player.playing
    player.toggle()
    assert player.position == 0


def test_a_step_goes_to_the_next_chunk_and_back():
    player = Player(timeline(raced()), Clock(), lambda: None)
    times = sorted({ms for ms, event in player.moments if isinstance(event, Chunks)})
    seen = []
    for _ in times:
        player.step(1)
        seen.append(player.position)
    assert seen == times
    player.step(-1)
    assert player.position == times[-2]


def test_the_failure_is_one_jump_away():
    player = Player(timeline(raced()), Clock(), lambda: None)
    assert player.to_failure()
    assert player.position == 204
    assert not player.playing
