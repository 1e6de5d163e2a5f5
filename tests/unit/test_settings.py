"""Settings: project over user over defaults, every value with its source."""

from pathlib import Path

import pytest

from workbench.config.settings import Settings, load_settings
from workbench.errors import ConfigError, UnknownName


def read(tmp_path: Path, user: str = "", project: str = "") -> Settings:
    (tmp_path / "home").mkdir()
    (tmp_path / "project").mkdir()
    if user:
        (tmp_path / "home" / "config.toml").write_text(user)
    if project:
        (tmp_path / "project" / "workbench.toml").write_text(project)
    return load_settings(tmp_path / "home" / "config.toml", tmp_path / "project", tmp_path / "data")


def test_without_any_file_the_embedded_lanes_are_ready(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.defaults.lanes == ("smollm2", "qwen")
    assert {lane.provider for lane in settings.lanes.values()} == {"local"}
    assert settings.source("defaults.lanes") == "default"
    assert settings.sessions == tmp_path / "data" / "sessions"


def test_the_project_wins_over_the_user_and_both_are_remembered(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        user='[screen]\ntheme = "paper"\nfps = 20\n',
        project='[screen]\ntheme = "ink"\n',
    )
    assert (settings.screen.theme, settings.screen.fps) == ("ink", 20)
    assert settings.source("screen.theme").endswith("workbench.toml")
    assert settings.source("screen.fps").endswith("config.toml")


def test_a_project_keeps_its_sessions_beside_its_file(tmp_path: Path) -> None:
    assert read(tmp_path, project="").sessions.parent.name == "data"
    other = tmp_path / "other"
    other.mkdir()
    assert read(other, project="[screen]\n").sessions == other / "project" / "sessions"


def test_a_gguf_file_is_a_lane_with_one_line(tmp_path: Path) -> None:
    lane = read(tmp_path, project='lanes.mine = "models/tiny.gguf"\n').lane("mine")
    assert (lane.provider, lane.model) == ("local", "tiny")
    assert lane.path == str(tmp_path / "project" / "models" / "tiny.gguf")


def test_any_compatible_server_is_a_lane_with_one_line(tmp_path: Path) -> None:
    text = 'lanes.mine = { base_url = "http://127.0.0.1:8080/v1", model = "m" }\n'
    lane = read(tmp_path, project=text).lane("mine")
    assert (lane.provider, lane.base_url) == ("compatible", "http://127.0.0.1:8080/v1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[screen]\nfps = 'fast'\n", "screen.fps"),
        ("[scren]\n", "scren"),
        ("lanes.x = { model = 'm' }\n", "lanes.x"),
        ("lanes.x = 'just a name'\n", "lanes.x"),
        ("[lanes.x]\nprovider = 'local'\ntemprature = 1\n", "temprature"),
        ("a = [\n", "not valid TOML"),
    ],
)
def test_a_wrong_value_is_told_with_its_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        read(tmp_path, project=text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("[defalts]\n", "'defalts' is no setting.", "Did you mean defaults?"),
        ("[defaults]\nabrt = 1\n", "'abrt' in [defaults] is no setting.", "abort or abort_on?"),
        ("[lanes.x]\nmodle = 'm'\n", "'modle' in [lanes.NAME] is no setting.", "mean model?"),
        ("[lanes.x.params]\ntopp = 1\n", "'topp' in [lanes.x.params] is no setting.", "mean top_p"),
        ("[lanes.x]\nlimits = { requests = 3 }\n", "[lanes.x.limits]", "mean requests_per_minute"),
        ("[lanes.x]\nprices = { in = 3 }\n", "'in' in [lanes.x.prices]", "input"),
        ("[lanes.x.deadlines]\nzzz = 3\n", "[lanes.x.deadlines]", "It may hold connect, "),
        ("[zzz]\n", "'zzz' is no setting.", "It may hold defaults, screen, "),
        (
            "[lanes.x]\nprovider = 'groq'\noptions = { alow_http = true }\n",
            "'alow_http' in [lanes.x.options] is no option of groq.",
            "Did you mean allow_http?",
        ),
        (
            "[lanes.x]\nbase_url = 'http://127.0.0.1/v1'\noptions = { api = 'chat' }\n",
            "'api' in [lanes.x.options] is no option of compatible.",
            "allow_http, ca_file",
        ),
        (
            "[lanes.x]\npath = 'a.gguf'\noptions = { ctx = 9 }\n",
            "'ctx' in [lanes.x.options] is no option of local.",
            "Did you mean context?",
        ),
        ("[defaults]\nabort = 'yes'\n", "'yes' is no value of", "Write off, first or named."),
        ("[screen]\nfps = 99\n", "screen.fps: expected int <= 60.", "docs/configuration.md"),
        ("[lanes.x]\nmodel = 3\n", "lanes.NAME.model: expected text", "docs/configuration.md"),
        ("[defaults]\nabort = first\n", "not valid TOML", "A text stands in quotes"),
    ],
)
def test_a_mistake_in_a_file_is_said_with_what_was_meant(
    tmp_path: Path, text: str, said: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, project=text)
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_an_unknown_lane_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownName) as caught:
        read(tmp_path).lane("qwen2")
    assert "qwen" in caught.value.hint


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("params = { max_tokens = 0 }", "params.max_tokens = 0 cannot be"),
        ("params = { temperature = -0.5 }", "params.temperature = -0.5 cannot be"),
        ("params = { top_p = nan }", "params.top_p = nan cannot be"),
        ("limits = { concurrent = 0 }", "limits.concurrent = 0 cannot be"),
        ("deadlines = { total = -1 }", "deadlines.total = -1 cannot be"),
        ("prices = { output = inf }", "prices.output = inf cannot be"),
    ],
)
def test_a_number_that_cannot_be_meant_is_told(tmp_path: Path, line: str, said: str) -> None:
    text = f'[lanes.a]\nbase_url = "http://127.0.0.1:1/v1"\n{line}\n'
    with pytest.raises(ConfigError, match=r"^lanes\.a: " + said):
        read(tmp_path, project=text)


def test_an_unknown_name_among_hundreds_does_not_list_them_all() -> None:
    error = UnknownName("session", "nothing-like-it", (f"{n:03}" for n in range(500)))
    assert "000, 001" in error.hint
    assert error.hint.endswith("059 and 440 more.")
