"""Reading and writing JSON without losing anything: numbers keep their wording, depth is no crash.

The values are ``dict``, ``list``, ``str``, ``bool``, ``None`` and :class:`Number`.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation

from workbench.errors import UsageError
from workbench.records import dataclass

_FENCE = re.compile(r"\s*```[^\n`]*\n(.*)\n\s*```\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number as it was written."""

    text: str

    def key(self) -> object:
        """What it is compared by: ``1``, ``1.0`` and ``1e0`` are one number."""
        try:
            sign, digits, exponent = Decimal(self.text).as_tuple()
        except InvalidOperation:
            return self.text
        if not isinstance(exponent, int):
            return self.text
        kept = "".join(map(str, digits)).lstrip("0")
        bare = kept.rstrip("0")
        return (sign, bare, exponent + len(kept) - len(bare)) if bare else (0, "", 0)


Json = None | bool | str | Number | list["Json"] | dict[str, "Json"]


def parse(text: str, which: str) -> Json:
    """Read JSON, also when it is the one content of a Markdown fence. *which* names the text.

    Raises:
        UsageError: it is not JSON, or nested too deeply.
    """
    fenced = _FENCE.fullmatch(text)
    try:
        value: Json = json.loads(
            fenced.group(1) if fenced else text,
            parse_float=Number,
            parse_int=Number,
            parse_constant=_refuse,
        )
    except RecursionError as error:
        raise UsageError(
            f"The {which} text is nested too deeply to compare by structure.", _BY_WORD
        ) from error
    except ValueError as error:
        raise UsageError(f"The {which} text is not JSON: {error}.", _BY_WORD) from error
    return value


_BY_WORD = "Compare by word instead."


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def dump(value: Json) -> str:
    """Write compact JSON; numbers as they were written. Depth is no limit."""
    out: list[str] = []
    todo: list[tuple[bool, Json | str]] = [(False, value)]
    while todo:
        ready, item = todo.pop()
        if ready:
            out.append(str(item))
        elif isinstance(item, dict):
            todo.append((True, "}"))
            for number, (key, child) in reversed(list(enumerate(item.items()))):
                comma = ", " if number else ""
                todo += [(False, child), (True, f"{comma}{_quote(key)}: ")]
            out.append("{")
        elif isinstance(item, list):
            todo.append((True, "]"))
            for number, child in reversed(list(enumerate(item))):
                todo += [(False, child), (True, ", " if number else "")]
            out.append("[")
        else:
            out.append(item.text if isinstance(item, Number) else _quote(item))
    return "".join(out)


def _quote(item: str | bool | None) -> str:
    return json.dumps(item, ensure_ascii=False)
