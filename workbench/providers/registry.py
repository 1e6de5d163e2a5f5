"""The providers by name. A new one is a new module and one line here; nothing is imported until
a lane asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

from workbench.errors import UnknownName
from workbench.records import dataclass

if TYPE_CHECKING:
    from workbench.model.lane import Lane
    from workbench.providers.base import Provider, ProviderFactory, Services

NETWORK = ("allow_http", "ca_file", "headers", "max_tokens_field", "proxy", "usage")
"""The options of every provider that speaks over the network."""

_SCRIPT = (
    "text texts chunks reasoning chunk_chars ttft_ms tokens_per_s stall_after stall_ms fail_after "
    "fail_kind fail_times truncate finish_reason prompt_tokens"
)
_RECORDING = (
    "chunks reasoning_chunks end_ms complete finish_reason prompt_tokens output_tokens speed"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A provider: ``module:factory``, and the names its lanes' ``options`` may hold."""

    factory: str
    options: tuple[str, ...] = NETWORK


_PRESET = Entry("workbench.providers.presets:make")

PROVIDERS: Mapping[str, Entry] = {
    "cerebras": Entry("workbench.providers.cerebras_sdk:make"),
    "compatible": Entry("workbench.providers.compatible:make"),
    "deepseek": _PRESET,
    "groq": _PRESET,
    "llamacpp": _PRESET,
    "lmstudio": _PRESET,
    "local": Entry("workbench.providers.local:make", ("context",)),
    "mistral": _PRESET,
    "ollama": _PRESET,
    "openai": Entry(
        "workbench.providers.openai_sdk:make", (*NETWORK, "api", "organization", "project")
    ),
    "openrouter": _PRESET,
    "replay": Entry("workbench.providers.replay:make", tuple(_RECORDING.split())),
    "scripted": Entry("workbench.providers.scripted:make", tuple(_SCRIPT.split())),
    "together": _PRESET,
    "vllm": _PRESET,
}
"""The providers by name."""


def load(name: str) -> ProviderFactory:
    """Return the factory of a provider.

    Raises:
        UnknownName: there is no such provider.
    """
    if name not in PROVIDERS:
        raise UnknownName("provider", name, PROVIDERS)
    module, _, attribute = PROVIDERS[name].factory.partition(":")
    return cast("ProviderFactory", getattr(import_module(module), attribute))


def check_options(lane: Lane) -> None:
    """Look at the names of a lane's options; an unknown provider is told elsewhere.

    Raises:
        UnknownName: its provider does not know one of them.
    """
    entry = PROVIDERS.get(lane.provider)
    if entry is None:
        return
    for name in lane.options:
        if name not in entry.options:
            what = f"option of {lane.provider} in the lane {lane.name}:"
            raise UnknownName(what, name, entry.options)


def provider_for(lane: Lane, services: Services) -> Provider:
    """Return the adapter of a lane.

    Raises:
        UnknownName: its provider does not exist, or does not know one of its options.
        ConfigError: the lane lacks something its provider needs.
    """
    factory = load(lane.provider)
    check_options(lane)
    return factory(lane, services)
