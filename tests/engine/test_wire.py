"""Frames between the processes, and the outbox in front of them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.outbox import Outbox
from workbench.engine.plan import Cancel, Command, Mark, OpenSession, RacePlan, StartRace
from workbench.engine.wire import Codec, command_codec, event_codec
from workbench.model.attempt import Cost, Tokens
from workbench.model.events import AttemptEnded, Chunks, Event, Notice, VerdictReached
from workbench.model.lane import Lane, Params
from workbench.model.prompt import Prompt

ANY_TEXT = st.text(st.characters(), max_size=30)
PIECES = st.lists(st.tuples(st.floats(0, 1e6), ANY_TEXT), min_size=1, max_size=5).map(tuple)


def through(codec: Codec[Event], events: list[Event]) -> list[Event]:
    frame = codec.encode(events)
    size, kind = struct.unpack("!IB", frame[:5])
    assert size == len(frame) - 5
    return codec.decode(kind, frame[5:])


@given(st.lists(PIECES.map(lambda p: Chunks(3, p)), max_size=4))
def test_any_text_crosses_unharmed_lone_surrogates_included(events: list[Event]) -> None:
    assert through(event_codec(), events) == events


def test_events_of_every_field_type_cross_unharmed() -> None:
    events: list[Event] = [
        AttemptEnded(
            1,
            "complete",
            2.5,
            Tokens(1, 2, source="measured"),
            Cost(0.1, "estimated", "how"),
            provider_data={"timings": {"n": [1, 2.5, None]}},
        ),
        VerdictReached(1, 0, "json", "fail", 3, 2, 1.5, "why", (1, 3)),
        Notice("warning", "m", "h"),
    ]
    assert through(event_codec(), events) == events


@pytest.mark.parametrize(
    "command",
    [
        StartRace(
            RacePlan(
                Prompt("hi", "sys"),
                (Lane("a", "local", "m", params=Params(stop=("x",), extra={"k": [1]})),),
                ("json",),
                {"v": "1"},
            )
        ),
        Cancel(4),
        Mark(2, star=True),
        OpenSession("id"),
    ],
)
def test_commands_cross_unharmed(command: Command) -> None:
    codec = command_codec()
    assert codec.decode(0, codec.encode([command])[5:]) == [command]


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from("abN")), max_size=30))
def test_the_outbox_loses_nothing_and_keeps_each_attempts_order(
    puts: list[tuple[int, str]],
) -> None:
    outbox = Outbox()
    wanted: dict[int, str] = {}
    for attempt, what in puts:
        wanted[attempt] = wanted.get(attempt, "") + what
        if what == "N":
            outbox.put(VerdictReached(attempt, 0, "c", "pass", 0, 0, 0.0))
        else:
            outbox.put(Chunks(attempt, ((0.0, what),)))
    got: dict[int, str] = {}
    for event in outbox.take():
        said = "".join(t for _, t in event.pieces) if isinstance(event, Chunks) else "N"
        attempt = event.attempt
        assert attempt is not None
        got[attempt] = got.get(attempt, "") + said
    assert got == wanted
    assert outbox.take() == []


def test_chunks_nobody_takes_are_joined_not_queued() -> None:
    outbox = Outbox()
    for i in range(1000):
        outbox.put(Chunks(1, ((float(i), "x"),)))
    (event,) = outbox.take()
    assert isinstance(event, Chunks)
    assert len(event.pieces) == 1000
