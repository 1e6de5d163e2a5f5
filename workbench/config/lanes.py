"""Lanes as they are written in ``workbench.toml``, and the two that need no configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

import msgspec

from workbench.config.faults import no_setting
from workbench.errors import ConfigError
from workbench.files.home import from_home
from workbench.model.lane import Deadlines, Lane, Limits, Params, Prices
from workbench.providers.registry import PROVIDERS

SMOLLM2 = "smollm2"
QWEN = "qwen"


class LaneTable(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The table ``[lanes.NAME]``.

    ``provider`` may be left out when ``path`` (a GGUF file) or ``base_url`` says it already;
    ``deadline`` is the limit of the whole attempt in seconds.
    """

    provider: str | None = None
    model: str | None = None
    base_url: str | None = None
    path: str | None = None
    key_env: str | None = None
    params: Params = Params()
    checks: tuple[str, ...] = ()
    deadline: float | None = None
    deadlines: Deadlines = Deadlines()
    prices: Prices | None = None
    max_cost: float | None = None
    fallback: str | None = None
    options: dict[str, object] = {}
    limits: Limits = Limits()

    def lane(self, name: str, folder: Path) -> Lane:
        """Return the lane; a relative ``path`` is taken from *folder*.

        Raises:
            ConfigError: neither provider, path nor base_url say where to ask, or a number is out of
                its bounds.
        """
        check_numbers(name, self)
        path = None if self.path is None else str(folder / from_home(self.path))
        deadlines = self.deadlines
        if self.deadline is not None:
            deadlines = replace(deadlines, total=self.deadline)
        return Lane(
            name=name,
            provider=self.asked(name),
            model=self.model or (Path(path).stem if path else "default"),
            base_url=self.base_url,
            path=path,
            key_env=self.key_env,
            params=self.params,
            checks=self.checks,
            deadlines=deadlines,
            prices=self.prices,
            max_cost=self.max_cost,
            fallback=self.fallback,
            options=self.options,
            limits=self.limits,
        )

    def asked(self, name: str) -> str:
        """Return the provider that is meant.

        Raises:
            ConfigError: nothing says which.
        """
        if self.provider:
            return self.provider
        if self.path:
            return "local"
        if self.base_url:
            return "compatible"
        raise ConfigError(
            f"lanes.{name}: nothing says where to send the prompt.",
            'Give it a provider, a base_url, or the path of a GGUF file: path = "model.gguf".',
        )


_PARTS: Mapping[str, type[Params | Deadlines | Prices | Limits]] = {
    "params": Params,
    "deadlines": Deadlines,
    "prices": Prices,
    "limits": Limits,
}


def unread_key(name: str, lane: Mapping[str, object]) -> tuple[str, str] | None:
    """Return what to say, and the hint, of the first key inside a part of a lane's table that
    nothing reads. The conversion to data classes passes over such keys.
    """
    for part, kind in _PARTS.items():
        known = [field.name for field in fields(kind)]
        inner = lane.get(part)
        for key in inner if isinstance(inner, dict) else ():
            if key not in known:
                return no_setting(str(key), f" in [lanes.{name}.{part}]", known)
    return None


def unread_option(name: str, table: LaneTable) -> tuple[str, str] | None:
    """Return what to say, and the hint, of the first option that the lane's provider does not know.

    Raises:
        ConfigError: nothing says which provider is meant.
    """
    entry = PROVIDERS.get(table.asked(name)) if table.options else None
    if entry is None:
        return None
    for key in table.options:
        if key not in entry.options:
            what = f"option of {table.asked(name)}"
            return no_setting(key, f" in [lanes.{name}.options]", entry.options, what)
    return None


LEAST: Mapping[str, float] = {
    "params.temperature": 0,
    "params.top_p": 0,
    "params.max_tokens": 1,
    "params.logprobs": 0,
    "limits.requests_per_minute": 1,
    "limits.tokens_per_minute": 1,
    "limits.concurrent": 1,
    "limits.retries": 0,
    "prices.input": 0,
    "prices.output": 0,
    "prices.cached_input": 0,
    "deadline": 0.001,
    "deadlines.connect": 0.001,
    "deadlines.first_token": 0.001,
    "deadlines.between_tokens": 0.001,
    "deadlines.total": 0.001,
    "max_cost": 0,
}
"""What a number of a lane's table may at least be. What is too much is the provider's to say."""


def check_numbers(name: str, table: LaneTable) -> None:
    """Look for numbers that cannot be meant.

    Raises:
        ConfigError: one is below its least value, or not finite.
    """
    for key, least in LEAST.items():
        value: object = table
        for part in key.split("."):
            value = getattr(value, part, None)
        if isinstance(value, int | float) and not least <= value < float("inf"):
            raise ConfigError(
                f"lanes.{name}: {key} = {value:g} cannot be.",
                f"The least it may be is {least:g}; leave it out to set none.",
            )


def from_text(name: str, text: str, folder: Path) -> Lane:
    """Return the lane of a one-line declaration: a GGUF file, or ``provider/model``.

    Raises:
        ConfigError: it is neither.
    """
    if text.lower().endswith(".gguf"):
        return LaneTable(path=text).lane(name, folder)
    provider, slash, model = text.partition("/")
    if not slash or not provider or not model:
        raise ConfigError(
            f"lanes.{name}: {text!r} is neither a GGUF file nor provider/model.",
            f'Write lanes.{name} = "model.gguf" or lanes.{name} = "groq/llama-3.1-8b-instant".',
        )
    return LaneTable(provider=provider, model=model).lane(name, folder)


def builtin_lanes() -> dict[str, Lane]:
    """Return the embedded lanes: real models on this machine, no key, no configuration."""
    params = Params(temperature=0.0, seed=7, max_tokens=256)
    return {
        SMOLLM2: Lane(SMOLLM2, "local", "smollm2", params=params),
        QWEN: Lane(QWEN, "local", "qwen", params=params),
    }
