"""``lanes check``: step by step, against a real server."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.server import Behaviour, in_process_of_its_own
from workbench.api.lanes import check_lane, list_lanes, model_names
from workbench.api.wiring import local_models
from workbench.config.settings import Settings, load_settings
from workbench.errors import UnknownName
from workbench.model.lane import Lane, Params


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with in_process_of_its_own(Behaviour(tokens=1, text="words")) as found:
        yield found


def settings_with(*lanes: Lane) -> Settings:
    base = load_settings(Path("/nowhere/a"), Path("/nowhere/b"), Path("/nowhere/c"))
    return replace(base, lanes={lane.name: lane for lane in lanes})


def test_a_lane_that_works_passes_every_step(url: str) -> None:
    found = check_lane(settings_with(Lane("a", "compatible", "bench", base_url=url)), "a")
    assert [(s.name, s.ok) for s in found.steps] == [
        ("key", None),
        ("connection", True),
        ("models", True),
        ("limits", None),
        ("answer", True),
    ]
    assert found.ok
    assert found.models == ("bench",)
    assert all(s.ms is not None for s in found.steps if s.name in ("connection", "answer"))


def test_a_model_the_server_does_not_list_is_told_and_tried_all_the_same(url: str) -> None:
    found = check_lane(settings_with(Lane("a", "compatible", "other", base_url=url)), "a")
    assert found.ok
    assert "'other' is not among them" in found.steps[2].message


def test_a_server_that_is_down_fails_at_the_connection() -> None:
    lane = Lane("a", "compatible", "m", base_url="http://127.0.0.1:9/v1")
    found = check_lane(settings_with(lane), "a")
    assert not found.ok
    assert (found.steps[-1].name, found.steps[-1].ok) == ("connection", False)


def test_a_missing_key_stops_everything(url: str) -> None:
    lane = Lane("a", "compatible", "m", base_url=url, key_env="NO_SUCH_KEY_ANYWHERE")
    found = check_lane(settings_with(lane), "a")
    assert [(s.name, s.ok) for s in found.steps] == [("key", False)]
    assert "workbench lanes key a" in found.steps[0].hint


def test_a_header_that_refers_to_a_missing_variable_stops_everything(url: str) -> None:
    options = {"headers": {"X-Api-Key": "env:NO_SUCH_KEY_ANYWHERE"}}
    lane = Lane("a", "compatible", "m", base_url=url, options=options)
    settings = settings_with(lane)
    assert check_lane(settings, "a").steps[0].message == "NO_SUCH_KEY_ANYWHERE is not set."
    (row,) = list_lanes(settings)
    assert (row.key_name, row.key) == ("NO_SUCH_KEY_ANYWHERE", "missing")


def test_what_a_request_reserves_is_told() -> None:
    bench, cerebras = Lane("a", "compatible", "m", base_url="http://127.0.0.1:9"), "cerebras"
    lanes = (bench, replace(bench, params=Params(max_tokens=50)), Lane("c", cerebras, "m"))
    rows = [list_lanes(settings_with(lane))[0].max_tokens for lane in lanes]
    assert rows == [None, 50, 2048]


def test_no_secret_of_an_address_is_listed() -> None:
    lane = Lane("a", "compatible", "m", base_url="http://127.0.0.1:9/v1?key=0123456789")
    assert list_lanes(settings_with(lane))[0].where == "http://127.0.0.1:9/v1?key=***"


def test_an_unknown_lane_is_a_wrong_name() -> None:
    with pytest.raises(UnknownName):
        check_lane(settings_with(), "a")


def test_every_declared_lane_is_listed_with_its_address_and_key() -> None:
    rows = list_lanes(settings_with(Lane("g", "groq", "m"), Lane("l", "local", "smollm2")))
    assert [(r.where, r.key_name) for r in rows] == [
        ("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
        ("this machine", None),
    ]


def test_a_lane_that_can_be_asked_nowhere_is_listed_as_such() -> None:
    lanes = (Lane("u", "nosuch", "m"), Lane("c", "compatible", "m"), Lane("s", "scripted", "m"))
    assert [row.where for row in list_lanes(settings_with(*lanes))] == [
        "nowhere: unknown provider",
        "nowhere: no base_url",
        "this machine",
    ]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'{"data":[{"id":"b"},{"id":"a"},{"id":3},7]}', ("a", "b")),
        (b'[{"id":"a"}]', ("a",)),
        (b'{"data":"no"}', ()),
        (b"<html>", ()),
        (b"[" * 100_000, ()),
    ],
)
def test_models_are_read_from_whatever_a_server_sends(body: bytes, names: tuple[str, ...]) -> None:
    assert model_names(body) == names


def test_lanes_of_one_file_of_weights_and_lanes_one_after_another_share_no_cores_out(
    tmp_path: Path,
) -> None:
    weights = tmp_path / "a.gguf"
    weights.touch()
    (tmp_path / "link.gguf").symlink_to(weights)
    one, same = (Lane(n, "local", n, path=str(tmp_path / n)) for n in ("a.gguf", "link.gguf"))
    named, cold = Lane("s", "local", "smollm2"), Lane("t", "local", "smollm2")
    other, remote = Lane("q", "local", "qwen"), Lane("g", "groq", "m")
    assert local_models([one, same, remote]) == 1
    assert local_models([named, cold]) == 1
    assert local_models([named, cold, other, one]) == 3
    assert local_models([named, other], sequential=True) == 1
    assert local_models([remote]) == 0
