r"""Prompts: templates with ``{{ variables }}``, rendered strictly.

A variable is a name of letters, digits, ``_``, ``.`` and ``-`` between double braces. Braces around
anything else are plain text, so JSON can be written in a prompt as it is; ``\{{`` writes the two
braces literally before a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Literal

from workbench.errors import PromptError
from workbench.records import dataclass

Role = Literal["system", "user", "assistant"]

VARIABLE = re.compile(r"(\\)?\{\{\s*([A-Za-z_][\w.\-]*)\s*\}\}")
"""Group 1 is the escaping backslash, group 2 the variable's name."""

BRACED = re.compile(r"(?<!\\)\{\{[^{}]*\}\}")
"""What looks like a variable; where it is none it is sent as it stands."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it is sent."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class DataRow:
    """One input of a prompt that is sent over several.

    ``id`` is its name, unique among the rows; ``values`` are those of its variables, over the
    prompt's own. ``checks`` judge the answers of this row beside the checks of the prompt.
    """

    id: str
    values: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """A template: an optional system message and a user message, both with variables."""

    user: str
    system: str | None = None

    def variables(self) -> tuple[str, ...]:
        """Return the names of the variables in order of first use."""
        text = (self.system or "") + "\n" + self.user
        found = (m.group(2) for m in VARIABLE.finditer(text) if not m.group(1))
        return tuple(dict.fromkeys(found))

    def render(self, values: Mapping[str, str] | None = None) -> tuple[Message, ...]:
        """Return the messages with every variable replaced.

        Raises:
            PromptError: the user message is empty, or a variable has no value.
        """
        values = values or {}
        if not self.user.strip():
            raise PromptError("The prompt is empty.", "Write a user message before sending.")
        missing = [name for name in self.variables() if name not in values]
        if missing:
            raise PromptError(
                f"No value for the variable {missing[0]!r}."
                if len(missing) == 1
                else f"No values for the variables {', '.join(missing)}.",
                f"Give one with --var {missing[0]}=VALUE; on the screen with F4.",
            )
        messages = []
        if self.system and self.system.strip():
            messages.append(Message("system", _fill(self.system, values)))
        messages.append(Message("user", _fill(self.user, values)))
        return tuple(messages)


def estimated_tokens(messages: Iterable[Message]) -> int:
    """Return about how many tokens *messages* are: one for every four characters."""
    return sum(len(message.content) for message in messages) // 4


def _fill(template: str, values: Mapping[str, str]) -> str:
    def replace(match: re.Match[str]) -> str:
        if match.group(1):
            return match.group(0)[1:]
        return values[match.group(2)]

    return VARIABLE.sub(replace, template)
