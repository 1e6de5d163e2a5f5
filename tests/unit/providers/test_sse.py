"""The event stream decoder against the WHATWG algorithm written out slowly."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from workbench.providers.sse import ServerEvent, SseDecoder

LINES = st.sampled_from(
    [
        "data: a", "data:b", "data", "data:", "data:  two", "data: é\u2028x", ": comment", ":",
        "event: error", "event:ping", "event", "id: 7", "retry: 10", "", "", "", "unknown: x",
        "error: {}", "data: 😀", "data: a:b", " data: not a field", "\ufeffdata: x",
    ]
)  # fmt: skip
ENDS = st.sampled_from(["\n", "\r", "\r\n"])
STREAMS = st.builds(
    lambda mark, rows: (mark + "".join(line + end for line, end in rows)).encode(),
    st.sampled_from(["", "\ufeff", "\ufeff\ufeff"]),
    st.lists(st.tuples(LINES, ENDS), max_size=12),
)


def slowly(stream: bytes) -> list[ServerEvent]:
    """The standard's algorithm, step by step, with the one extension (``error:``)."""
    text = stream.decode("utf-8-sig")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    events, data, name = [], "", ""
    for line in text.split("\n")[:-1]:
        if line == "":
            if data:
                events.append(ServerEvent(data[:-1].encode(), name))
            data = name = ""
            continue
        if line.startswith(":"):
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data += value + "\n"
        elif field == "event":
            name = value
        elif field == "error":
            name = "error"
            data += value + "\n"
    return events


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})
    return [stream[a:b] for a, b in pairwise(edges)]


@given(STREAMS, st.lists(st.integers(0, 10_000), max_size=30))
@example(b"\xef\xbb\xbfdata: a\r\n\r\n", [1, 2])
@example(b"data: a\r\r\ndata: b\r\n\n", [8, 9])
def test_any_chunking_gives_what_the_standard_says(stream: bytes, places: list[int]) -> None:
    decoder = SseDecoder()
    events = [event for part in cut(stream, places) for event in decoder.feed(part)]
    assert events == slowly(stream)


@given(STREAMS)
def test_one_byte_at_a_time_gives_what_the_standard_says(stream: bytes) -> None:
    decoder = SseDecoder()
    events = [e for i in range(len(stream)) for e in decoder.feed(stream[i : i + 1])]
    assert events == slowly(stream)


def test_an_event_comes_with_the_byte_that_completes_it() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\r") == []
    assert decoder.feed(b"\r") == [ServerEvent(b"a")]
    assert decoder.feed(b"\n") == []


def test_an_event_beyond_the_limit_stops_the_stream_and_keeps_the_events_before_it() -> None:
    for step in (1, 7, 1000):
        stream = b"data: ok\n\n" + b"data: " + b"x" * 200 + b"\n\ndata: late\n\n"
        decoder = SseDecoder(max_event=100)
        events = [
            e for i in range(0, len(stream), step) for e in decoder.feed(stream[i : i + step])
        ]
        assert events == [ServerEvent(b"ok")]
        assert decoder.overflow


def test_what_has_no_blank_line_is_discarded_and_known() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: whole\n\ndata: torn\n") == [ServerEvent(b"whole")]
    assert decoder.unfinished
