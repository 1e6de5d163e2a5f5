"""The registry knows every provider's options, and no other name passes."""

from __future__ import annotations

from dataclasses import fields

import pytest

from workbench.errors import UnknownName
from workbench.model.lane import Lane
from workbench.providers.base import Services
from workbench.providers.registry import PROVIDERS, provider_for
from workbench.providers.replay import Recording
from workbench.providers.scripted import Script

URL = "http://127.0.0.1:1/v1"


def services() -> Services:
    return Services(lambda _name, _url: None)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_option_that_a_provider_does_not_know_is_told_with_the_nearest(provider: str) -> None:
    known = PROVIDERS[provider].options[0]
    lane = Lane("a", provider, "m", base_url=URL, options={known + "s_": 1})
    with pytest.raises(UnknownName, match=f"Unknown option of {provider} in the lane a") as caught:
        provider_for(lane, services())
    assert known in caught.value.hint


def test_the_options_of_script_and_recording_are_all_registered() -> None:
    assert set(PROVIDERS["scripted"].options) == {field.name for field in fields(Script)}
    assert set(PROVIDERS["replay"].options) == set(Recording.__struct_fields__)


@pytest.mark.parametrize("provider", ["compatible", "openai", "groq"])
def test_every_registered_option_of_a_network_provider_is_read(provider: str) -> None:
    read: set[str] = set()

    class Watched(dict[str, object]):
        def get(self, key: object, default: object = None) -> object:
            read.add(str(key))
            return default

    provider_for(Lane("a", provider, "m", base_url=URL, options=Watched()), services())
    assert read == set(PROVIDERS[provider].options)
