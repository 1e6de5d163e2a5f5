"""Keys: found in the environment or the keyring, and for their own origin only."""

from dataclasses import replace
from pathlib import Path

import pytest

from workbench.api import keys
from workbench.api.keys import Keys, origin_of
from workbench.config.settings import Settings, load_settings
from workbench.model.confidential import public
from workbench.model.lane import Lane


def settings_with(*lanes: Lane) -> Settings:
    base = load_settings(Path("/nowhere/a"), Path("/nowhere/b"), Path("/nowhere/c"))
    return replace(base, lanes={lane.name: lane for lane in lanes})


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    kept: dict[str, str] = {}
    monkeypatch.setattr(keys, "from_keyring", kept.get)
    return kept


MINE = Lane("mine", "compatible", "m", base_url="https://mine.example/v1", key_env="MINE_KEY")


def test_a_key_goes_to_its_own_origin_only() -> None:
    found = Keys(settings_with(MINE), {"MINE_KEY": "k", "OTHER_KEY": "o"})
    assert found("MINE_KEY", "https://mine.example/v1") == "k"
    assert found("MINE_KEY", "https://mine.example:443/else") == "k"
    for url in (
        "https://other.example/v1",
        "http://mine.example/v1",
        "https://mine.example:8443/v1",
        "https://mine.example.evil.com/v1",
        "https://mine.example@evil.com/v1",
        "",
    ):
        assert found("MINE_KEY", url) is None
    assert found("OTHER_KEY", "https://mine.example/v1") is None


def test_a_preset_lane_is_bound_to_its_services_origin() -> None:
    found = Keys(settings_with(Lane("g", "groq", "m")), {"GROQ_API_KEY": "k"})
    assert found("GROQ_API_KEY", "https://api.groq.com/openai/v1") == "k"
    assert found("GROQ_API_KEY", "https://elsewhere.example/openai/v1") is None


def test_the_environment_goes_before_the_keyring(no_keyring: dict[str, str]) -> None:
    no_keyring["MINE_KEY"] = "from-keyring"
    assert Keys(settings_with(MINE), {})("MINE_KEY", "https://mine.example") == "from-keyring"
    assert Keys(settings_with(MINE), {}).source("MINE_KEY") == "keyring"
    named = Keys(settings_with(MINE), {"MINE_KEY": "from-env"})
    assert named("MINE_KEY", "https://mine.example") == "from-env"
    assert named.source("MINE_KEY") == "environment"
    assert list(named.values()) == ["from-env"]


def test_a_missing_key_is_missing() -> None:
    assert Keys(settings_with(MINE), {}).source("MINE_KEY") == "missing"
    assert list(Keys(settings_with(MINE), {}).values()) == []


@pytest.mark.parametrize("url", ["", "nonsense", "http://[", "https://a:99999"])
def test_a_strange_url_has_an_origin_nobody_approved(url: str) -> None:
    assert origin_of(url) != origin_of(MINE.base_url)


HEADERS = {"X-Token": "Bearer env:OTHER_KEY", "Cookie": "sid=0123456789"}
WITH_HEADERS = replace(MINE, options={"headers": HEADERS})


def test_a_header_may_refer_to_a_variable_which_goes_to_the_lanes_origin_only() -> None:
    found = Keys(settings_with(WITH_HEADERS), {"OTHER_KEY": "other-secret"})
    assert found("OTHER_KEY", "https://mine.example/v1") == "other-secret"
    assert found("OTHER_KEY", "https://other.example/v1") is None
    assert {"other-secret", "0123456789"} <= set(found.values())


def test_a_recorded_lane_gets_the_users_own_secrets_and_a_strangers_gets_nothing() -> None:
    found = Keys(settings_with(WITH_HEADERS), {})
    recorded = public(WITH_HEADERS)
    assert recorded != WITH_HEADERS
    own = found.own(recorded)
    assert own is not None
    assert own.options["headers"] == HEADERS
    theirs = {**HEADERS, "X-More": "1"}
    assert found.own(replace(MINE, options={"headers": theirs})) is None
    assert found.own(replace(recorded, base_url="https://evil.example/v1")) is None
