"""``ifeval``: instructions that can be verified, by the definitions of IFEval.

J. Zhou and others, "Instruction-Following Evaluation for Large Language Models" (2023),
https://arxiv.org/abs/2311.07911, with the names and arguments of its published data set, so that
figures can be compared. Strict judges the answer as it is; loose passes when the answer passes
with or without asterisks and with or without its first or last line.

Where our tools differ from the published ones: sentences and capital words are split by rules of
our own (the original uses NLTK's models), and keywords are texts, not patterns.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from workbench.checks.base import Argument, Check, Definition, Option
from workbench.checks.ifeval_early import EARLY
from workbench.checks.ifeval_rules import RULES, Arguments, Follows, Value
from workbench.errors import CheckSyntaxError, UnknownName
from workbench.model.verdict import Decision

MAX_ANSWER = 1_000_000
"""Longer answers are an error: looking through them would hold up other lanes."""

LOOSE = Option("loose", "accept the answer also without asterisks, first or last line")


class Instruction:
    """Collects the answer, fails early where an instruction can, and judges at the end."""

    __slots__ = ("_early", "_follows", "_loose", "_name", "_parts", "_seen")

    def __init__(self, name: str, follows: Follows, early: Check | None, *, loose: bool) -> None:
        self._name = name
        self._follows = follows
        self._early = None if loose else early
        self._loose = loose
        self._parts: list[str] = []
        self._seen = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        room = MAX_ANSWER - self._seen
        self._parts.append(text)
        self._seen += len(text)
        early = None if self._early is None else self._early.feed(text[:room])
        if early is None and self._seen > MAX_ANSWER:
            return Decision("error", MAX_ANSWER, f"longer than {MAX_ANSWER:,} characters")
        return early

    def finish(self) -> Decision:
        """See the protocol."""
        text = "".join(self._parts)
        readings = _loose(text) if self._loose else (text,)
        if any(reading.strip() and self._follows(reading) for reading in readings):
            return Decision("pass", self._seen, f"follows {self._name}")
        return Decision("fail", self._seen, f"does not follow {self._name}")


def _loose(text: str) -> tuple[str, ...]:
    lines = text.split("\n")
    cut = (
        text,
        "\n".join(lines[1:]).strip(),
        "\n".join(lines[:-1]).strip(),
        "\n".join(lines[1:-1]).strip(),
    )
    return (*cut, *(part.replace("*", "") for part in cut))


def _full_name(name: str) -> str:
    """Return the published name; the part before the colon may be left out."""
    if name in RULES:
        return name
    short = [full for full in RULES if full.partition(":")[2] == name]
    if len(short) == 1:
        return short[0]
    unknown = UnknownName("instruction", name, RULES)
    raise CheckSyntaxError(unknown.message, hint=unknown.hint)


def _values(source: str, column: int) -> Mapping[str, Value]:
    if not source.strip():
        return {}
    try:
        values = json.loads(source)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise CheckSyntaxError(
            "The instruction's arguments are not a JSON object.",
            column=column,
            hint='E.g. ifeval:number_words {"num_words": 100, "relation": "at least"}.',
        )
    return {key: value for key, value in values.items() if value is not None}


def _parse(argument: Argument) -> Callable[[], Check]:
    source = argument.text.lstrip()
    name, _, rest = source.partition(" ")
    if not name:
        raise CheckSyntaxError("The instruction is missing.", hint="E.g. ifeval:no_comma.")
    full = _full_name(name)
    column = len(argument.text) - len(rest) + 1
    arguments = Arguments(_values(rest, column), column)
    follows = RULES[full](arguments)
    arguments.all_used()
    early = EARLY.get(full)
    loose = "loose" in argument.options

    def make() -> Check:
        return Instruction(full, follows, early(arguments) if early else None, loose=loose)

    return make


IFEVAL = Definition(
    name="ifeval",
    summary="The answer follows a verifiable instruction of IFEval (arXiv 2311.07911).",
    syntax="ifeval[/loose]:INSTRUCTION {ARGUMENTS}",
    example='ifeval:number_words {"num_words": 100, "relation": "at least"}',
    when="early",
    cost="what the instruction counts, per chunk; one pass over the answer at the end",
    parse=_parse,
    decides=(
        "no_comma, forbidden_words, letter case, quotation, repeat_prompt, 'less than' counts of "
        "words, sentences, letters, keywords and words in capitals, and one bullet, paragraph or "
        "answer too many fail at the character that breaks them; the others, and all with "
        "/loose, at the end. Instructions: "
        + ", ".join(sorted(name.partition(":")[2] for name in RULES))
        + "."
    ),
    options=(LOOSE,),
    heavy=True,
)
