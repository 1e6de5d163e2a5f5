"""``code``, ``markdown`` and ``no_markdown``: the shape of an answer."""

from __future__ import annotations

import re
from collections.abc import Callable

from workbench.checks.arguments import no_text, shown
from workbench.checks.automaton import Automaton
from workbench.checks.base import Argument, Check, Definition
from workbench.checks.re2_syntax import parse, validated
from workbench.checks.regex import NotRegex, Regex
from workbench.errors import CheckSyntaxError
from workbench.model.verdict import Decision

MAX_LINE = 10_000
"""Longer lines are looked at in their first part only: what makes a line special stands there."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`\n]*)$")
_RULE_ROW = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_CELL = re.compile(r"(?<!\\)\|")


class Markdown:
    """Fails at the end of the line that breaks a table, at the end for a fence left open."""

    __slots__ = ("_columns", "_fence", "_line", "_previous", "_seen")

    def __init__(self) -> None:
        self._line = ""
        self._previous = ""
        self._fence = ""
        self._columns = 0
        self._seen = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        start = 0
        while (stop := text.find("\n", start)) >= 0:
            self._line = (self._line + text[start:stop])[:MAX_LINE]
            broken = self._end_line()
            if broken:
                at = self._seen + stop
                return Decision("fail", at, broken, (max(at - len(self._previous), 0), at))
            start = stop + 1
        self._line = (self._line + text[start:])[:MAX_LINE]
        self._seen += len(text)
        return None

    def _end_line(self) -> str:
        line, self._line = self._line, ""
        before, self._previous = self._previous, line
        fence = _FENCE.match(line)
        if self._fence:
            closes = fence and fence[1].startswith(self._fence) and not fence[2].strip()
            self._fence = "" if closes else self._fence
            return ""
        if fence:
            self._fence, self._columns = fence[1], 0
            return ""
        if not self._columns:
            if "|" in before and _RULE_ROW.match(line) and _cells(before) == _cells(line):
                self._columns = _cells(line)
            return ""
        if "|" not in line:
            self._columns = 0
            return ""
        if _cells(line) != self._columns:
            return f"a table row of {_cells(line)} cells where the table has {self._columns}"
        return ""

    def finish(self) -> Decision:
        """See the protocol."""
        broken = self._end_line() if self._line else ""
        if not broken and self._fence:
            broken = f"the code fence {self._fence} is not closed"
        if broken:
            return Decision("fail", self._seen, broken)
        return Decision("pass", self._seen, "well-formed Markdown")


def _cells(line: str) -> int:
    return len(_CELL.findall(line.strip().removeprefix("|").removesuffix("|"))) + 1


def _parse_markdown(argument: Argument) -> Callable[[], Check]:
    no_text(argument)
    return Markdown


_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]+")


def _parse_code(argument: Argument) -> Callable[[], Check]:
    wanted = [language.strip() for language in argument.text.split(",")] if argument.given else []
    for language in wanted:
        if not _LANGUAGE.fullmatch(language):
            raise CheckSyntaxError(f"{shown(language)} is not a language's name.")
    info = "(?:" + "|".join(map(re.escape, wanted)) + ")" if wanted else "[^`\\n]*"
    # A line of the code never begins with three backticks: those close the block.
    line = "(?:[^`\\n][^\\n]*|`[^`\\n][^\\n]*|``[^`\\n][^\\n]*|`{0,2})\\n"
    source = rf"(?i)\s*```[ \t]*{info}[ \t]*\n(?:{line})*```\s*"
    automaton = Automaton(parse(source), search=False)
    return lambda: Regex(automaton, "one code block" + (f" of {argument.text}" if wanted else ""))


_MARKS = (
    r"^ {0,3}#{1,6}[ \t]",
    r"^ {0,3}(?:```|~~~)",
    r"^[ \t]*[-*+][ \t]+[^ \t\n]",
    r"^ {0,3}>[ \t]",
    r"\*\*[^*\s][^*\n]*\*\*",
    r"__[^_\s][^_\n]*__",
    r"\[[^\[\]\n]+\]\([^()\s]+\)",
    r"`[^`\n]+`",
    r"^ {0,3}\|?[ \t]*:?-+:?[ \t]*\|",
)
_MARKDOWN = "(?m)" + "|".join(_MARKS)


def _parse_no_markdown(argument: Argument) -> Callable[[], Check]:
    no_text(argument)
    pattern = validated(_MARKDOWN)
    automaton = Automaton(parse(_MARKDOWN), search=True)
    return lambda: NotRegex(automaton, pattern, "no Markdown")


CODE = Definition(
    name="code",
    summary="The answer is one fenced code block and nothing else.",
    syntax="code or code:LANGUAGE, LANGUAGE...",
    example="code:python, py",
    when="earliest",
    cost="one dictionary look-up per character",
    parse=_parse_code,
    decides="Fails at the first character that cannot belong to it; passes at the end.",
)
MARKDOWN = Definition(
    name="markdown",
    summary="Code fences are closed and the rows of a table have as many cells as its head.",
    syntax="markdown",
    example="markdown",
    when="early",
    cost="one look at each line",
    parse=_parse_markdown,
    decides="Fails at the end of a broken table row, at the end for an open fence.",
)
NO_MARKDOWN = Definition(
    name="no_markdown",
    summary="The answer is plain text: no headings, lists, fences, emphasis, links or tables.",
    syntax="no_markdown",
    example="no_markdown",
    when="earliest",
    cost="one dictionary look-up per character",
    parse=_parse_no_markdown,
    decides="Fails at the character that completes a mark-up; passes at the end.",
)
