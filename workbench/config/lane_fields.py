"""A lane's settings one by one: what each means, how it is typed, and back.

A form shows them in this order. A text that is empty means: not set.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from typing import Literal, get_args

from workbench.errors import ConfigError
from workbench.model.lane import Reasoning
from workbench.records import dataclass

Kind = Literal["text", "number", "whole", "list", "table"]


@dataclass(frozen=True, slots=True)
class LaneField:
    """One setting under ``[lanes.NAME]``: ``key`` is dotted, ``doc`` one sentence.

    ``usual`` is what holds when it is not set, in words; ``choices`` are all values there are,
    ``least`` and ``most`` bound a number.
    """

    key: str
    kind: Kind
    doc: str
    usual: str = ""
    choices: tuple[str, ...] = ()
    least: float | None = 0.0
    most: float | None = None


LANE_FIELDS: tuple[LaneField, ...] = (
    LaneField("provider", "text", "A service, compatible (any server), or local (a model here)."),
    LaneField("model", "text", "The model's name, as the provider calls it."),
    LaneField("base_url", "text", "Where the server is, up to its path: http://127.0.0.1:8080/v1"),
    LaneField("path", "text", "A GGUF file on this machine, for a local lane."),
    LaneField(
        "key_env", "text", "The NAME of the environment variable or keyring entry with the key."
    ),
    LaneField("params.temperature", "number", "How freely it samples; 0 is as steady as it gets."),
    LaneField("params.max_tokens", "whole", "Output tokens at most.", least=1),
    LaneField("params.top_p", "number", "Samples from the likeliest tokens of this share.", most=1),
    LaneField("params.seed", "whole", "Makes answers repeat where the provider can.", least=None),
    LaneField("params.stop", "list", 'Texts that end the answer, one a line; "\\n\\n" in quotes.'),
    LaneField("params.response_format", "text", "json_object asks the provider for JSON."),
    LaneField(
        "params.reasoning_effort",
        "text",
        "How long a reasoning model may think.",
        choices=get_args(Reasoning),
    ),
    LaneField("params.logprobs", "whole", "Log probabilities for so many tokens, for confidence."),
    LaneField("params.extra", "table", "Merged into the request as it stands: { top_k = 40 }"),
    LaneField("checks", "list", "Checks for this lane alone, one on each line."),
    LaneField("deadline", "number", "Seconds for the whole attempt.", "600"),
    LaneField("max_cost", "number", "US dollars an attempt may cost."),
    LaneField("fallback", "text", "The lane to ask when this one's provider fails."),
    LaneField("limits.retries", "whole", "Times a failed request is sent again.", "2"),
    LaneField("limits.concurrent", "whole", "Requests at once.", "no limit", least=1),
    LaneField(
        "limits.requests_per_minute", "whole", "Shared with its key's lanes.", "no limit", least=1
    ),
    LaneField(
        "limits.tokens_per_minute", "whole", "Shared with its key's lanes.", "no limit", least=1
    ),
    LaneField("deadlines.connect", "number", "Seconds for the connection.", "10"),
    LaneField("deadlines.first_token", "number", "Seconds until the first token.", "120"),
    LaneField("deadlines.between_tokens", "number", "Seconds between two tokens.", "60"),
    LaneField("prices.input", "number", "US dollars for a million tokens.", "the price list"),
    LaneField("prices.output", "number", "US dollars for a million tokens.", "the price list"),
    LaneField("prices.cached_input", "number", "US dollars for a million.", "the price list"),
    LaneField("options", "table", "The provider's own settings: { allow_http = true }"),
)

FIELD_OF: Mapping[str, LaneField] = {field.key: field for field in LANE_FIELDS}

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}\Z")
_KEYLIKE = re.compile(r"(sk|pk|csk|gsk|hf|xai|key)[-_]|AIza", re.ASCII)
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,40}\Z")
"""What a lane may be called by the editor; a file may call it anything."""


def typed(field: LaneField, text: str) -> object:
    """Return what *text* means for *field*, None when it is empty.

    Raises:
        ConfigError: it is no such value.
    """
    text = text.strip()
    if not text:
        return None
    if field.key == "key_env":
        return _variable(text)
    if field.choices and text not in field.choices:
        raise ConfigError(f"{text!r} is not known here.", "One of: " + ", ".join(field.choices))
    match field.kind:
        case "list":
            return [_item(line.strip()) for line in text.splitlines() if line.strip()]
        case "table":
            return _table(text)
        case "number" | "whole":
            return _number(field, text)
    return text


def shown(value: object) -> str:
    """Return a value as the form shows it; what :func:`typed` reads again."""
    if isinstance(value, str | None):
        return value or ""
    if isinstance(value, list | tuple):
        return "\n".join(map(_quoted, value))
    if isinstance(value, Mapping):
        return _inline(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def flat(table: Mapping[str, object]) -> dict[str, object]:
    """Return a lane's table by dotted keys, as the form knows them."""
    out: dict[str, object] = {}
    for key, value in table.items():
        if key in FIELD_OF or not isinstance(value, Mapping):
            out[key] = value
        else:
            out |= {f"{key}.{name}": inner for name, inner in value.items()}
    return out


def nested(values: Mapping[str, object]) -> dict[str, object]:
    """Return the table of dotted keys; what is None is left out."""
    out: dict[str, object] = {}
    for dotted, value in values.items():
        table, _, key = dotted.rpartition(".")
        if value is None:
            continue
        if not table:
            out[key] = value
        else:
            inner = out.setdefault(table, {})
            if isinstance(inner, dict):
                inner[key] = value
    return out


def _variable(text: str) -> str:
    if _KEYLIKE.match(text) or not _VARIABLE.match(text):
        raise ConfigError(
            "This is the name of a variable, never the key itself.",
            "Set the key in the environment, or: workbench lanes key NAME",
        )
    return text


def _number(field: LaneField, text: str) -> float | int:
    try:
        value = int(text) if field.kind == "whole" else float(text)
    except ValueError:
        what = "a whole number" if field.kind == "whole" else "a number"
        raise ConfigError(f"{text!r} is not {what}.") from None
    if not math.isfinite(value):
        raise ConfigError("It must be a finite number.")
    if field.least is not None and value < field.least:
        raise ConfigError(f"It must be at least {field.least:g}.")
    if field.most is not None and value > field.most:
        raise ConfigError(f"It must be at most {field.most:g}.")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _item(line: str) -> str:
    if not line.startswith('"'):
        return line
    try:
        found: object = json.loads(line)
    except ValueError:
        return line
    return found if isinstance(found, str) else line


def _quoted(value: object) -> str:
    text = str(value)
    plain = text == text.strip() and text and "\n" not in text and not text.startswith('"')
    return text if plain else json.dumps(text, ensure_ascii=False)


def _table(text: str) -> dict[str, object]:
    try:
        found: object = tomllib.loads("x = " + text)["x"]
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"Not a table in TOML: {error}.", "Like { top_k = 40 }") from None
    if not isinstance(found, dict):
        raise ConfigError("It must be a table.", "Like { top_k = 40 }")
    return found


def _inline(value: Mapping[str, object]) -> str:
    import tomlkit

    table = tomlkit.inline_table()
    table.update(value)
    return table.as_string()
