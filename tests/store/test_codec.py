"""Lines of a session file: what goes in comes out, whatever the text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from tests.store.strategies import HOSTILE, events
from workbench.errors import SessionVersionError
from workbench.model.events import (
    EPHEMERAL,
    SAVED_TAGS,
    Annotated,
    AttemptStarted,
    Chunks,
    IterationEnded,
    IterationStarted,
)
from workbench.model.lane import Lane
from workbench.model.prompt import Prompt
from workbench.store import schema
from workbench.store.codec import Decoder, Problem, encode

VALIDATOR = Draft202012Validator(schema.session_schema())


@given(events)
@settings(max_examples=400)
def test_every_event_comes_back_as_it_was_from_one_line(event) -> None:
    line = encode(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert Decoder().decode(line) == event


@given(events.filter(lambda event: not isinstance(event, EPHEMERAL)))
@settings(max_examples=100)
def test_every_line_is_valid_under_the_published_schema(event) -> None:
    VALIDATOR.validate(json.loads(encode(event)))


def test_the_published_schema_is_the_one_of_the_code() -> None:
    assert schema.PUBLISHED.read_text(encoding="utf-8") == schema.text()
    Draft202012Validator.check_schema(schema.session_schema())


def test_the_schema_refuses_what_the_decoder_refuses() -> None:
    for line in ({"v": 1, "t": "chunks", "attempt": "3", "pieces": []}, {"v": 1, "t": "end"}):
        assert not VALIDATOR.is_valid(line)
        assert isinstance(Decoder().decode(json.dumps(line).encode()), Problem)


def test_defaults_are_left_out_so_that_lines_stay_small() -> None:
    lane = Lane("fast", "local", "smollm2")
    event = IterationStarted(1, Prompt("hi"), (lane,), ("json",), "2026-01-01T00:00:00Z")
    assert json.loads(encode(event)) == {
        "v": 1,
        "t": "iteration",
        "iteration": 1,
        "prompt": {"user": "hi"},
        "lanes": [{"name": "fast", "provider": "local", "model": "smollm2"}],
        "checks": ["json"],
        "utc": "2026-01-01T00:00:00Z",
    }


def test_times_are_kept_to_a_thousandth_of_a_millisecond() -> None:
    assert encode(Chunks(3, ((12.34567, "text"),))) == (
        b'{"v":1,"t":"chunks","attempt":3,"pieces":[[12.346,"text"]]}\n'
    )
    assert b'"race_ms":0.123,' in encode(AttemptStarted(1, "", 0.12345, 2.0))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_inside_its_line(text) -> None:
    decoded = Decoder().decode(encode(Chunks(1, ((0.0, text), (1.0, text)))))
    assert isinstance(decoded, Chunks)
    assert [t for _, t in decoded.pieces] == [text, text]


def test_unknown_fields_are_ignored_and_unknown_tags_named() -> None:
    line = b'{"v":1,"t":"iteration_end","iteration":1,"ms":2,"colour":{"new":1}}'
    assert Decoder().decode(line) == IterationEnded(1, 2.0)
    assert Decoder().decode(b'{"v":1,"t":"hologram","x":1}') == Problem("unknown", "hologram")


def test_the_order_of_keys_and_white_space_do_not_matter() -> None:
    line = b' { "ms" : 2 , "iteration" : 1, "t": "iteration_end", "v": 1 }\r'
    assert Decoder().decode(line) == IterationEnded(1, 2.0)


def test_a_newer_version_is_refused_with_what_to_do() -> None:
    for line in (b'{"v":2,"t":"chunks"}', b'{"t":"x","v":99}'):
        with pytest.raises(SessionVersionError) as caught:
            Decoder().decode(line)
        assert "Update" in caught.value.hint


def test_an_older_line_is_migrated_step_by_step() -> None:
    def rename(line: dict[str, object]) -> dict[str, object]:
        return {**line, "t": "iteration_end", "ms": line["took"]}

    migrations = {0: rename, -1: lambda line: {**line, "took": line["time"]}}
    decoder = Decoder(migrations)
    assert decoder.decode(b'{"v":0,"t":"done","iteration":4,"took":7}') == IterationEnded(4, 7.0)
    assert decoder.decode(b'{"v":-1,"t":"done","iteration":4,"time":7}') == IterationEnded(4, 7.0)
    assert isinstance(decoder.decode(b'{"v":-2,"t":"done"}'), Problem)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\x00\x00\x00",
        b"null",
        b"[1]",
        b'{"v":1}',
        b'{"v":true,"t":5}',
        b'{"v":1,"t":"chunks"}',
        b'{"v":1,"t":"chunks","attempt":1,"pieces":[[1,"\xff"]]}',
        b'{"v":1,"t":"chunks","attempt":1e400,"pieces":[]}',
        b'{"v":1,"t":"end","attempt":1,"state":"splendid","ms":1}',
        b'{"v":1,"t":"end","attempt":1,"state":"error","ms":1,"provider_data":' + b"[" * 99999,
        b'{"v":' + b"9" * 6000 + b',"t":"chunks"}',
    ],
)
def test_garbage_is_a_problem_with_a_reason_never_a_crash(line) -> None:
    found = Decoder().decode(line)
    assert isinstance(found, Problem)
    assert found.kind == "damaged"
    assert found.reason


def test_what_a_provider_nests_too_deeply_is_cut_not_lost() -> None:
    from workbench.model.events import AttemptEnded

    deep: object = "bottom"
    for _ in range(5000):
        deep = [deep]
    line = encode(AttemptEnded(1, "complete", 1.0, provider_data={"deep": deep}))
    assert isinstance(Decoder().decode(line), AttemptEnded)


def test_texts_are_masked_everywhere_in_a_line() -> None:
    event = Annotated(1, "", name="sk-12345678", note="a sk-12345678 b")
    line = encode(event, lambda text: text.replace("sk-12345678", "***********"))
    assert b"12345678" not in line


def test_every_tag_has_its_place_in_the_format_documentation() -> None:
    page = (schema.PUBLISHED.parent / "session-format.md").read_text(encoding="utf-8")
    for tag, kind in SAVED_TAGS.items():
        assert f"`{tag}`" in page
        section = page.split(f"## `{tag}`")[1].split("\n## ")[0]
        for field in kind.__dataclass_fields__:
            assert f"`{field}`" in section, (tag, field)
