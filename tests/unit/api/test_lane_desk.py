"""The lane desk: what a lane's form knows, refuses and writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.api.lane_desk import LaneDesk
from workbench.errors import ConfigError, UsageError

PROJECT = """\
[lanes.main]
provider = "scripted"  # for now
model = "script"
options = { text = "hello" }

[lanes.other]
provider = "groq"
model = "m"
fallback = "main"
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LaneDesk:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("WORKBENCH_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    project = tmp_path / "project"
    project.mkdir()
    (project / "workbench.toml").write_text(PROJECT)
    return LaneDesk(project)


def test_a_change_writes_what_changed_and_nothing_else(desk: LaneDesk):
    texts = desk.texts("main")
    path = desk.save("main", {**texts, "params.temperature": "0.5"})
    assert path == desk.folder / "workbench.toml"
    assert path.read_text() == PROJECT.replace(
        'options = { text = "hello" }\n',
        'options = { text = "hello" }\nparams = {temperature = 0.5}\n',
    )
    assert desk.settings().lane("main").params.temperature == 0.5


def test_saving_a_lane_unchanged_changes_nothing(desk: LaneDesk):
    desk.save("main", desk.texts("main"))
    assert (desk.folder / "workbench.toml").read_text() == PROJECT


def test_a_built_in_lane_is_written_whole_when_it_is_changed(desk: LaneDesk):
    desk.save("qwen", {**desk.texts("qwen"), "params.seed": "8"})
    lane = desk.settings().lane("qwen")
    assert (lane.provider, lane.model) == ("local", "qwen")
    assert (lane.params.seed, lane.params.max_tokens) == (8, 256)
    desk.remove("qwen")
    assert desk.settings().lane("qwen").params.seed == 7


def test_without_a_project_file_lanes_are_the_users_own(desk: LaneDesk):
    (desk.folder / "workbench.toml").unlink()
    path = desk.save("mine", {"provider": "scripted", "model": "script"}, new=True)
    assert path == desk.settings().user_file
    assert not (desk.folder / "workbench.toml").exists()
    assert "mine" in desk.names()


@pytest.mark.parametrize(
    ("texts", "key", "said"),
    [
        ({"model": "m"}, "", "nothing says where to send the prompt"),
        ({"provider": "grok"}, "provider", "Unknown provider 'grok'."),
        ({"provider": "compatible", "model": "m"}, "base_url", "has no base_url"),
        ({"provider": "compatible", "base_url": "ftp:/x"}, "base_url", "not an http or https URL"),
        ({"provider": "groq", "params.top_p": "2"}, "params.top_p", "at most 1"),
        ({"provider": "groq", "params.max_tokens": "0"}, "params.max_tokens", "at least 1"),
        ({"provider": "groq", "params.seed": "1.5"}, "params.seed", "not a whole number"),
        ({"provider": "groq", "params.temperature": "nan"}, "params.temperature", "finite"),
        (
            {"provider": "groq", "checks": "json\njsn"},
            "checks",
            "Unknown check 'jsn' (column 1 of 'jsn').",
        ),
        ({"provider": "groq", "fallback": "nobody"}, "fallback", "Unknown lane 'nobody'."),
        ({"provider": "groq", "options": "{ a"}, "options", "Not a table in TOML"),
        ({"provider": "local", "path": "no.gguf"}, "path", "There is no file no.gguf."),
        ({"provider": "scripted", "options": "{ nope = 1 }"}, "options", "Unknown option"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_never_written(
    desk: LaneDesk, texts: dict[str, str], key: str, said: str
):
    fault = desk.faults(texts)[key]
    assert said in fault.message
    with pytest.raises(UsageError):
        desk.save("new", texts, new=True)
    assert (desk.folder / "workbench.toml").read_text() == PROJECT


def test_names_that_are_taken_or_none_are_refused(desk: LaneDesk):
    assert "There is a lane called main" in desk.name_fault("main").message
    for name in ("", "a b", "a]", "x" * 99, "\x1b[2J"):
        assert desk.name_fault(name) is not None
    assert desk.name_fault("gpt-4o-mini") is None


def test_a_lane_others_need_or_that_comes_with_workbench_stays(desk: LaneDesk):
    with pytest.raises(UsageError, match="other falls back to main"):
        desk.remove("main")
    with pytest.raises(UsageError, match="comes with Workbench"):
        desk.remove("smollm2")
    desk.remove("other")
    desk.remove("main")
    assert desk.names() == ("smollm2", "qwen")


def test_a_broken_file_is_told_and_not_overwritten(desk: LaneDesk):
    path = desk.folder / "workbench.toml"
    path.write_text("[lanes.main\n")
    with pytest.raises(ConfigError, match="not valid TOML"):
        desk.save("new", {"provider": "scripted", "model": "s"}, new=True)
    assert path.read_text() == "[lanes.main\n"


def test_keys_are_named_never_shown(desk: LaneDesk, monkeypatch: pytest.MonkeyPatch):
    assert "GROQ_API_KEY is not set" in desk.key_note({"provider": "groq"})
    monkeypatch.setenv("GROQ_API_KEY", "gsk_secret_value")
    note = desk.key_note({"provider": "groq"})
    assert note == "GROQ_API_KEY is in the environment."


SECRET = "Bearer abcdef-0123456789"
WITH_SECRETS = """\
[lanes.inside]
base_url = "https://inside.example/v1?version=2&key=query-0123456789"
model = "m"
options = { headers = { Authorization = "Bearer abcdef-0123456789", X-Title = "w" }, usage = false }
params = { extra = { api_key = "body-0123456789", top_k = 4 } }
"""


@pytest.fixture
def inside(desk: LaneDesk) -> LaneDesk:
    (desk.folder / "workbench.toml").write_text(WITH_SECRETS)
    return desk


def test_secrets_in_a_lane_are_shown_as_stars_and_stay_when_it_is_saved(inside: LaneDesk):
    texts = inside.texts("inside")
    assert "0123456789" not in "".join(texts.values())
    assert "X-Title" in texts["options"]
    inside.save("inside", texts)
    assert (inside.folder / "workbench.toml").read_text() == WITH_SECRETS
    changed = texts["options"].replace("usage = false", "usage = true")
    url = texts["base_url"].replace("version=2", "version=3")
    extra = texts["params.extra"].replace("4", "5")
    inside.save("inside", {**texts, "options": changed, "base_url": url, "params.extra": extra})
    lane = inside.settings().lane("inside")
    assert lane.options == {"headers": {"Authorization": SECRET, "X-Title": "w"}, "usage": True}
    assert lane.base_url == "https://inside.example/v1?version=3&key=query-0123456789"
    assert lane.params.extra == {"api_key": "body-0123456789", "top_k": 5}


def test_a_secret_typed_over_the_stars_is_the_new_one(inside: LaneDesk):
    texts = inside.texts("inside")
    texts["options"] = '{ headers = { Authorization = "env:TEAM" } }'
    inside.save("inside", texts)
    assert inside.settings().lane("inside").options == {"headers": {"Authorization": "env:TEAM"}}


def test_a_copied_lane_has_the_secrets_of_the_one_it_was_copied_from(inside: LaneDesk):
    inside.save("inside-2", inside.texts("inside"), new=True, like="inside")
    lanes = inside.settings().lanes
    assert lanes["inside-2"].options == lanes["inside"].options


def test_stars_that_stand_for_nothing_are_never_written(inside: LaneDesk):
    texts = inside.texts("inside")
    texts["options"] = texts["options"].replace("Authorization", "X-Api-Key")
    assert (
        "stands for a secret that is in no file"
        in inside.faults(texts, "inside")["options"].message
    )
    with pytest.raises(UsageError):
        inside.save("inside", texts)
    assert (inside.folder / "workbench.toml").read_text() == WITH_SECRETS
