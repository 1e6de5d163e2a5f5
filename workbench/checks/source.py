"""``python_syntax`` and ``sql``: the answer can be parsed."""

from __future__ import annotations

import ast
import logging
import re
import warnings
from collections.abc import Callable

from workbench.checks.arguments import no_text, shown
from workbench.checks.base import Argument, Check, Definition, Option
from workbench.checks.sql_scan import STARTERS, SqlScanner
from workbench.errors import CheckSyntaxError
from workbench.model.verdict import Decision

MAX_SOURCE = 100_000
"""Longer answers are an error: parsing them would hold up other lanes."""

MAX_INFO = 200
"""How long the line that opens a code fence may be."""

SHORT = 1_000
"""Statements up to this length are parsed when their semicolon comes, others at the end."""

FENCE = Option("fence", "allow one Markdown code fence around the source")
DIALECT = Option("dialect", "the SQL dialect, e.g. postgres, sqlite, mysql", value="NAME")
_FENCED = re.compile(r"\A\s*```[^\n`]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_FENCE_LINE = re.compile(r"```[^\n`]*\n")
_TOKEN = re.compile(r"<Token [^>]*?text: (.*?), line: [^>]*>")
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


class _Body:
    """Finds the source in a stream that may begin with the line of a Markdown code fence."""

    __slots__ = ("_fenced", "_line", "_over")

    def __init__(self, *, fence: bool) -> None:
        self._line: str | None = "" if fence else None
        self._fenced = False
        self._over = False

    def part(self, text: str) -> tuple[int, str]:
        """Return what of *text* is source for certain, and where in it that begins."""
        start = self._begin(text) if self._line is not None else 0
        body = "" if self._over else text[start:]
        if self._fenced and (tick := body.find("`")) >= 0:
            self._over = True
            body = body[:tick]
        return start, body

    def _begin(self, text: str) -> int:
        """Return where the source begins; the length of *text* when it is still to come."""
        line = self._line or ""
        for offset, char in enumerate(text):
            if not line and char.isspace():
                continue
            if not line and char != "`":
                self._line = None
                return offset
            line += char
            if char == "\n" or len(line) > MAX_INFO:
                self._line, self._fenced = None, True
                self._over = _FENCE_LINE.fullmatch(line) is None
                return offset + 1
        self._line = line
        return len(text)


def _too_long() -> Decision:
    return Decision("error", MAX_SOURCE, f"longer than {MAX_SOURCE} characters")


class PythonSyntax:
    """Fails at a bracket that closes nothing, otherwise when Python's own parser does."""

    __slots__ = ("_body", "_brackets", "_fence", "_parts", "_seen")

    def __init__(self, *, fence: bool) -> None:
        self._brackets = Brackets()
        self._body = _Body(fence=fence)
        self._fence = fence
        self._parts: list[str] = []
        self._seen = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        room = MAX_SOURCE - self._seen
        self._parts.append(text)
        start, body = self._body.part(text[:room])
        bad = None if self._brackets.lost else self._brackets.feed(body)
        if bad is not None:
            at = self._seen + start + bad
            what = (
                "a string is not closed" if body[bad] == "\n" else f"unmatched {shown(body[bad])}"
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


def _starters(dialect: str) -> frozenset[str]:
    """Return the words that begin a statement in *dialect*; none without sqlglot.

    Raises:
        ValueError: there is no such dialect.
    """
    try:
        from sqlglot.dialects.dialect import Dialect
    except ModuleNotFoundError:
        return frozenset()
    found = Dialect.get_or_raise(dialect or None)
    statements = found.parser_class.STATEMENT_PARSERS
    keywords = found.tokenizer_class.KEYWORDS.items()
    return STARTERS | {word.split()[0].upper() for word, kind in keywords if kind in statements}


def _wrong_sql(source: str, dialect: str) -> str:
    """Return what keeps *source* from being SQL statements; empty for nothing.

    Raises:
        ModuleNotFoundError: sqlglot is not installed.
    """
    import sqlglot
    from sqlglot.errors import SqlglotError

    # It logs what it does not know, and takes it for a command.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        found = sqlglot.parse(source, read=dialect or None)
    except (SqlglotError, RecursionError) as error:
        return _TOKEN.sub(r"\1", (str(error).splitlines() or ["nested too deep"])[0])
    # It takes a bare word or sentence for an expression: neither that nor what it does not know
    # is a statement.
    plain = [statement for statement in found if statement is not None]
    strange = [s.sql() for s in plain if s.key in ("command", "column", "alias", "literal")]
    return shown(strange[0]) if strange else "" if plain else "no statement"


class Sql:
    """Fails where its scanner does and at the end of a statement that does not parse, otherwise
    when sqlglot does.
    """

    __slots__ = ("_body", "_dialect", "_fence", "_parts", "_scanner", "_seen")

    def __init__(self, dialect: str, *, fence: bool) -> None:
        self._dialect = dialect
        self._fence = fence
        self._body = _Body(fence=fence)
        starters = _starters(dialect)
        self._scanner = SqlScanner(starters, lambda text: _wrong_sql(text, dialect), SHORT)
        self._scanner.lost = not starters
        self._parts: list[str] = []
        self._seen = 0

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        start, body = self._body.part(text[: MAX_SOURCE - self._seen])
        bad = None if self._scanner.lost else self._scanner.feed(body)
        if bad is not None:
            at = self._seen + start + bad
            return Decision("fail", at, f"not SQL: {self._scanner.reason}", (at, at + 1))
        self._seen += len(text)
        if self._seen > MAX_SOURCE:
            return _too_long()
        self._parts.append(text)
        return None

    def finish(self) -> Decision:
        """See the protocol."""
        source = "".join(self._parts)
        fenced = _FENCED.match(source) if self._fence else None
        try:
            wrong = _wrong_sql(fenced[1] if fenced else source, self._dialect)
        except ModuleNotFoundError:
            reason = "install it with: pip install 'workbench[sql]'"
            return Decision("error", self._seen, f"sqlglot is not installed; {reason}")
        if wrong:
            return Decision("fail", self._seen, f"not SQL: {wrong}")
        return Decision("pass", self._seen, "SQL")


def _parse_python(argument: Argument) -> Callable[[], Check]:
    no_text(argument)
    fence = "fence" in argument.options
    return lambda: PythonSyntax(fence=fence)


_NAME = re.compile(r"[a-z0-9_]*")


def _parse_sql(argument: Argument) -> Callable[[], Check]:
    no_text(argument)
    dialect, fence = argument.options.get("dialect", "").lower(), "fence" in argument.options
    if not _NAME.fullmatch(dialect):
        raise CheckSyntaxError("This is not the name of a SQL dialect.")
    if dialect:
        try:
            _starters(dialect)
        except ValueError as error:
            raise CheckSyntaxError(f"{str(error).splitlines()[0]}") from None
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
    when="early",
    cost="one step per character, one parse per short statement and one at the end",
    parse=_parse_sql,
    decides=(
        "Fails at the first character of a word, number or mark that can begin no statement, at a "
        "parenthesis that closes nothing, at a semicolon within parentheses or behind a short "
        "statement that does not parse, else at the end. Needs the extra `sql`. Nothing is "
        "executed."
    ),
    options=(FENCE, DIALECT),
    heavy=True,
)
