"""The providers by name. A new one is a new module and one line here; nothing is imported until
a lane asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from workbench.errors import UnknownName
from workbench.model.lane import Lane
from workbench.providers.base import Provider, ProviderFactory, Services

PROVIDERS: Mapping[str, str] = {
    "cerebras": "workbench.providers.cerebras_sdk:make",
    "compatible": "workbench.providers.compatible:make",
    "deepseek": "workbench.providers.presets:make",
    "groq": "workbench.providers.presets:make",
    "llamacpp": "workbench.providers.presets:make",
    "lmstudio": "workbench.providers.presets:make",
    "local": "workbench.providers.local:make",
    "mistral": "workbench.providers.presets:make",
    "ollama": "workbench.providers.presets:make",
    "openai": "workbench.providers.openai_sdk:make",
    "openrouter": "workbench.providers.presets:make",
    "replay": "workbench.providers.replay:make",
    "scripted": "workbench.providers.scripted:make",
    "together": "workbench.providers.presets:make",
    "vllm": "workbench.providers.presets:make",
}
"""Name of a provider: ``module:factory``."""


def load(name: str) -> ProviderFactory:
    """Return the factory of a provider.

    Raises:
        UnknownName: there is no such provider.
    """
    if name not in PROVIDERS:
        raise UnknownName("provider", name, PROVIDERS)
    module, _, attribute = PROVIDERS[name].partition(":")
    return cast("ProviderFactory", getattr(import_module(module), attribute))


def provider_for(lane: Lane, services: Services) -> Provider:
    """Return the adapter of a lane.

    Raises:
        UnknownName: its provider does not exist.
        ConfigError: the lane lacks something its provider needs.
    """
    return load(lane.provider)(lane, services)
