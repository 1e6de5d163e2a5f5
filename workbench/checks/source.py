"""``python_syntax`` and ``sql``: the answer can be parsed."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable

from workbench.checks.arguments import no_text, shown
from workbench.checks.base import Argument, Check, Definition, Option
from workbench.errors import CheckSyntaxError
from workbench.model.verdict import Decision

MAX_SOURCE = 200_000
"""Longer answers are an error: parsing them would hold up other lanes."""

FENCE = Option("fence", "allow one Markdown code fence around the source")
DIALECT = Option("dialect", "the SQL dialect, e.g. postgres, sqlite, mysql", value="NAME")
_FENCED = re.compile(r"\A\s*```[^\n`]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_OPENS = {"(": ")", "[": "]", "{": "}"}


class Brackets:
    """Follows the brackets of Python source outside of strings and comments.

    Gives up (``lost``) at the first formatted string and leaves the rest to the end: what may
    stand in one differs between versions of Python.
    """

    __slots__ = ("_count", "_escaped", "_mode", "_prefix", "_quote", "_stack", "lost")

    def __init__(self) -> None:
        self._stack: list[str] = []
        self._mode = "code"
        self._quote = ""
        self._count = 0
        self._escaped = False
        self._prefix = ""
        self.lost = False

    def feed(self, text: str) -> int | None:
        """Return the offset in *text* of the first character that no continuation can mend: a
        bracket that closes nothing, or the end of a line within a plain string.
        """
        for offset, char in enumerate(text):
            if self.lost:
                return None
            if self._mode == "open":
                self._opening(char)
                if self._mode in ("open", "triple") and char == self._quote:
                    continue
            step = {"code": self._code, "comment": self._comment}.get(self._mode, self._string)
            if step(char):
                return offset
        return None

    def _opening(self, char: str) -> None:
        """Tell an empty string, a plain and a triple-quoted one apart."""
        if char == self._quote:
            self._count += 1
            if self._count == 3:
                self._mode, self._count = "triple", 0
        else:
            self._mode = "code" if self._count == 2 else "string"
            self._count = 0

    def _comment(self, char: str) -> bool:
        if char == "\n":
            self._mode = "code"
        return False

    def _string(self, char: str) -> bool:
        if self._escaped:
            self._escaped = False
        elif char == "\\":
            self._escaped, self._count = True, 0
        elif char == self._quote:
            self._count += 1
            if self._count == (3 if self._mode == "triple" else 1):
                self._mode = "code"
        else:
            self._count = 0
            return char == "\n" and self._mode == "string"
        return False

    def _code(self, char: str) -> bool:
        if char in "'\"":
            self.lost = any(mark in self._prefix for mark in "fFtT")
            self._mode, self._quote, self._count, self._prefix = "open", char, 1, ""
            return False
        self._prefix = (self._prefix + char)[-3:] if char.isalpha() else ""
        if char == "#":
            self._mode = "comment"
        elif char in _OPENS:
            self._stack.append(_OPENS[char])
        elif char in ")]}":
            return not self._stack or self._stack.pop() != char
        return False


def _too_long() -> Decision:
    return Decision("error", MAX_SOURCE, f"longer than {MAX_SOURCE} characters")


class PythonSyntax:
    """Fails at a bracket that closes nothing, otherwise when Python's own parser does."""

    __slots__ = ("_brackets", "_fence", "_parts", "_seen")

    def __init__(self, *, fence: bool) -> None:
        self._brackets = Brackets()
        # With a fence the text begins with backticks, which only the end can take away.
        self._brackets.lost = fence
        self._fence = fence
        self._parts: list[str] = []
        self._seen = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        room = MAX_SOURCE - self._seen
        self._parts.append(text)
        bad = None if self._brackets.lost else self._brackets.feed(text[:room])
        if bad is not None:
            at = self._seen + bad
            what = (
                "a string is not closed" if text[bad] == "\n" else f"unmatched {shown(text[bad])}"
            )
            reason = f"not Python: {what}"
            return Decision("fail", at, reason, (at, at + 1))
        self._seen += len(text)
        return _too_long() if self._seen > MAX_SOURCE else None

    def finish(self) -> Decision:
        """See the protocol."""
        source = "".join(self._parts)
        fenced = _FENCED.match(source) if self._fence else None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(fenced[1] if fenced else source)
        except SyntaxError as error:
            return Decision("fail", self._seen, f"not Python: line {error.lineno}: {error.msg}")
        except (ValueError, RecursionError, MemoryError) as error:
            return Decision("fail", self._seen, f"not Python: {error}")
        return Decision("pass", self._seen, "Python")


class Sql:
    """Judges at the end with sqlglot."""

    __slots__ = ("_dialect", "_fence", "_parts", "_seen")

    def __init__(self, dialect: str, *, fence: bool) -> None:
        self._dialect = dialect
        self._fence = fence
        self._parts: list[str] = []
        self._seen = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        self._seen += len(text)
        if self._seen > MAX_SOURCE:
            return _too_long()
        self._parts.append(text)
        return None

    def finish(self) -> Decision:
        """See the protocol."""
        try:
            import sqlglot
            from sqlglot.errors import SqlglotError
        except ModuleNotFoundError:
            reason = "install it with: pip install 'workbench[sql]'"
            return Decision("error", self._seen, f"sqlglot is not installed; {reason}")
        source = "".join(self._parts)
        fenced = _FENCED.match(source) if self._fence else None
        try:
            found = sqlglot.parse(fenced[1] if fenced else source, read=self._dialect or None)
        except (SqlglotError, RecursionError) as error:
            what = (str(error).splitlines() or ["nested too deep"])[0]
            return Decision("fail", self._seen, f"not SQL: {what}")
        # sqlglot takes a bare word or sentence for an expression, and what it does not know for
        # a command: neither is a statement.
        plain = [statement for statement in found if statement is not None]
        strange = [s.sql() for s in plain if s.key in ("command", "column", "alias", "literal")]
        if strange or not plain:
            what = shown(strange[0]) if strange else "no statement"
            return Decision("fail", self._seen, f"not SQL: {what}")
        return Decision("pass", self._seen, "SQL")


def _parse_python(argument: Argument) -> Callable[[], Check]:
    no_text(argument)
    fence = "fence" in argument.options
    return lambda: PythonSyntax(fence=fence)


_NAME = re.compile(r"[a-z0-9_]*")


def _parse_sql(argument: Argument) -> Callable[[], Check]:
    no_text(argument)
    dialect, fence = argument.options.get("dialect", ""), "fence" in argument.options
    if not _NAME.fullmatch(dialect):
        raise CheckSyntaxError("This is not the name of a SQL dialect.")
    return lambda: Sql(dialect, fence=fence)


PYTHON_SYNTAX = Definition(
    name="python_syntax",
    summary="The answer is Python source that parses (with the Python the workbench runs on).",
    syntax="python_syntax[/fence]",
    example="python_syntax/fence",
    when="early",
    cost="one step per character, one parse at the end",
    parse=_parse_python,
    decides="Fails at a bracket that closes nothing, else at the end. Nothing is executed.",
    options=(FENCE,),
    heavy=True,
)
SQL = Definition(
    name="sql",
    summary="The answer is SQL that parses.",
    syntax="sql[/fence][/dialect=NAME]",
    example="sql/dialect=postgres",
    when="end",
    cost="one parse at the end",
    parse=_parse_sql,
    decides="Passes and fails at the end. Needs the extra `sql`. Nothing is executed.",
    options=(FENCE, DIALECT),
    heavy=True,
)
