"""Well-known services as providers of their own: a lane is one line, ``groq/llama-3.1-8b-instant``.

A preset is a base URL, the usual name of the key's variable, and where the service's dialect
differs. A lane's own ``base_url`` and ``key_env`` win.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench.model.lane import Lane
from workbench.providers.base import Services
from workbench.providers.compatible import CompatibleProvider
from workbench.providers.compatible import make as make_compatible
from workbench.providers.request_body import Dialect
from workbench.records import dataclass


@dataclass(frozen=True, slots=True)
class Billing:
    """How a service bills an answer that the client cuts off: a clause, and where it says so.

    Without a *source* of its own the service documents no rule.
    """

    rule: str
    source: str = ""


def _undocumented(service: str) -> Billing:
    return Billing(f"{service} documents no rule for answers cut off: all of it may be billed")


OPENROUTER_STREAMS = "https://openrouter.ai/docs/api-reference/streaming"
"""The one page of a service that tells what cutting a stream off does to the bill; it also lists
which services behind it stop generating then.
"""

LOCAL_SERVER = Billing("")


@dataclass(frozen=True, slots=True)
class Preset:
    """A service: where it is, what its key is called, how it differs, and what a cancel costs."""

    base_url: str
    key_env: str | None = None
    dialect: Dialect = Dialect()
    billing: Billing = LOCAL_SERVER


_RENAMED = Dialect(max_tokens="max_completion_tokens")

CEREBRAS_CAP = 2048
"""``max_completion_tokens`` of a Cerebras lane that sets none. Cerebras reserves it at admission
(https://inference-docs.cerebras.ai/support/rate-limits); without one it reserves an upper bound of
its own.
"""

PRESETS: Mapping[str, Preset] = {
    "openai": Preset(
        "https://api.openai.com/v1", "OPENAI_API_KEY", _RENAMED, _undocumented("OpenAI")
    ),
    "cerebras": Preset(
        "https://api.cerebras.ai/v1",
        "CEREBRAS_API_KEY",
        replace(_RENAMED, cap=CEREBRAS_CAP),
        _undocumented("Cerebras"),
    ),
    "groq": Preset(
        "https://api.groq.com/openai/v1", "GROQ_API_KEY", _RENAMED, _undocumented("Groq")
    ),
    "openrouter": Preset(
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        billing=Billing(
            "OpenRouter: with some of its services a cancel ends the bill, with others (Groq, "
            "Mistral, Google, Bedrock...) all of the answer is billed",
            OPENROUTER_STREAMS,
        ),
    ),
    "together": Preset(
        "https://api.together.xyz/v1", "TOGETHER_API_KEY", billing=_undocumented("Together")
    ),
    "mistral": Preset(
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        Dialect(usage=False),
        _undocumented("Mistral"),
    ),
    "deepseek": Preset(
        "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", billing=_undocumented("DeepSeek")
    ),
    "vllm": Preset("http://127.0.0.1:8000/v1"),
    "llamacpp": Preset("http://127.0.0.1:8080/v1"),
    "ollama": Preset("http://127.0.0.1:11434/v1"),
    "lmstudio": Preset("http://127.0.0.1:1234/v1"),
}


def cap_of(lane: Lane) -> int | None:
    """Return the ``max_tokens`` that is sent for a lane that sets none, or None."""
    preset = PRESETS.get(lane.provider)
    return preset.dialect.cap if preset is not None else None


def billing_of(lane: Lane) -> str:
    """Return how the lane's service bills an answer that is cut off, as a clause; empty where
    nobody bills.
    """
    if lane.provider == "compatible":
        return "what this server bills for answers cut off is unknown"
    preset = PRESETS.get(lane.provider)
    if preset is None or not preset.billing.rule:
        return ""
    source = f" ({preset.billing.source})" if preset.billing.source else ""
    return preset.billing.rule + source


def resolve(lane: Lane) -> Lane:
    """Return the lane with its preset's base URL and key variable filled in."""
    preset = PRESETS.get(lane.provider)
    if preset is None:
        return lane
    return replace(
        lane,
        base_url=lane.base_url or preset.base_url,
        key_env=lane.key_env or preset.key_env,
    )


def make(lane: Lane, services: Services) -> CompatibleProvider:
    """Make the adapter of a lane at a well-known service.

    Raises:
        ConfigError: as :func:`workbench.providers.compatible.make`.
    """
    return make_compatible(resolve(lane), services, PRESETS[lane.provider].dialect)
