"""What can be said of SQL while it streams: a light scanner over words, quotes and parentheses.

It finds the first character after which no dialect could read the text as SQL: a statement that
begins with no statement's word, a parenthesis that closes nothing or is open when its statement
ends. Where dialects differ in what a character means (escapes, dollar quotes, blocks of procedural
code) it is *lost*: it says nothing more and leaves the rest to a parser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from workbench.checks.arguments import shown

STARTERS = frozenset(
    """
    SELECT WITH VALUES FROM TABLE EXPLAIN SHOW CALL EXEC EXECUTE REPLACE SUMMARIZE IF WHILE FOR
    DECLARE DO REFRESH VACUUM FETCH LOCK UNLOCK RENAME OPTIMIZE REINDEX HANDLER PREPARE DEALLOCATE
    START SAVEPOINT RELEASE ABORT END RESET DISCARD CHECKPOINT CLUSTER LISTEN NOTIFY UNLISTEN MOVE
    CLOSE OPEN IMPORT EXPORT BACKUP RESTORE UNLOAD MSCK REPAIR ATTACH DETACH INSTALL PRINT GO
    RETURN RAISE ASSERT HELP CHANGE PURGE FLUSH FORCE SECURITY REASSIGN UPSERT DELIMITER LET GET PUT
    LIST LS REMOVE RM ADD UNSET UNDROP CONNECT DISCONNECT DENY RECONFIGURE BULK WAITFOR THROW TRY
    """.split()  # noqa: SIM905 - words read best as words
)
"""Words that begin a statement in some dialect, beside those the dialect's parser names."""

_BLOCKS = frozenset(("BEGIN", "DECLARE", "DELIMITER", "FUNCTION", "PROCEDURE", "TRIGGER", "DO"))
_UNCLEAR = frozenset("$\\{[@#")
_LEAD, _WORD, _CODE, _DASH, _SLASH, _LINE, _BLOCK, _QUOTED = range(8)

Ended = Callable[[str], str]
"""Called with a whole statement; returns what is wrong with it, empty for nothing."""


class SqlScanner:
    """Follows SQL in chunks. *starters* are the words a statement can begin with, in capitals;
    *ended* is asked about each statement that a semicolon ends, if it is not longer than *longest*.
    """

    __slots__ = (
        "_before",
        "_depth",
        "_ended",
        "_longest",
        "_next",
        "_previous",
        "_quote",
        "_starters",
        "_state",
        "_statement",
        "_word",
        "lost",
        "reason",
    )

    def __init__(self, starters: Iterable[str], ended: Ended, longest: int) -> None:
        self._starters = frozenset(starters)
        self._ended = ended
        self._longest = longest
        self._state = self._next = _LEAD
        self._depth = 0
        self._word = ""
        self._quote = ""
        self._previous = ""
        self._before = ""
        self._statement = ""
        self.lost = False
        self.reason = ""

    def feed(self, text: str) -> int | None:
        """Return the offset in *text* of the first character that no continuation can mend."""
        for offset, char in enumerate(text):
            if self.lost:
                return None
            if len(self._statement) <= self._longest:
                self._statement += char
            bad = _STEPS[self._state](self, char)
            self._before, self._previous = self._previous, char
            if bad:
                self.reason = bad
                return offset
        return None

    def _lead(self, char: str) -> str:
        """Before the first word of a statement."""
        if char.isspace() or char in "(;":
            self._depth += char == "("
            return "a ; within parentheses" if char == ";" and self._depth else ""
        if char in "-/":
            self._next, self._state = _LEAD, _DASH if char == "-" else _SLASH
            return ""
        if char in _UNCLEAR or char == ":":
            self.lost = True
            return ""
        if not (char.isascii() and char.isalpha()):
            return f"no statement begins with {shown(char)}"
        self._word, self._state = "", _WORD
        return self._first(char)

    def _first(self, char: str) -> str:
        """Within the first word of a statement."""
        if char.isalnum() or char == "_":
            self._word += char.upper()
            if not any(word.startswith(self._word) for word in self._starters):
                return f"no statement begins with {shown(self._word)}"
            return ""
        if self._word not in self._starters:
            return f"no statement begins with {shown(self._word)}"
        self._state = _CODE
        return self._code(char)

    def _code(self, char: str) -> str:
        if char.isalnum() or char == "_":
            # Blocks of procedural code have semicolons of their own.
            self._word = self._word + char.upper() if len(self._word) < 16 else self._word
            return ""
        self.lost = self._word in _BLOCKS or char in _UNCLEAR
        self._word = ""
        if self.lost:
            return ""
        if char in "'\"`":
            twice = self._previous == char and self._before == char
            self.lost = twice
            self._quote, self._state = char, _QUOTED
        elif char in "-/":
            self._next, self._state = _CODE, _DASH if char == "-" else _SLASH
        elif char == "(":
            self._depth += 1
        elif char == ")":
            self._depth -= 1
            return "a ) that closes nothing" if self._depth < 0 else ""
        elif char == ";":
            return self._end()
        return ""

    def _end(self) -> str:
        if self._depth:
            return "a ; within parentheses"
        statement, self._statement = self._statement, ""
        self._state = _LEAD
        return self._ended(statement) if len(statement) <= self._longest else ""

    def _dash(self, char: str) -> str:
        """Behind a hyphen: another one begins a comment."""
        if char == "-":
            self._state = _LINE
            return ""
        return self._resume(char)

    def _slash(self, char: str) -> str:
        """Behind a slash: a star begins a comment; a second slash does in some dialects."""
        if char == "*":
            self._state, self._previous = _BLOCK, ""
            return ""
        self.lost = char == "/"
        return self._resume(char)

    def _resume(self, char: str) -> str:
        if self._next == _LEAD:  # an operator before any word: leave it to the parser
            self.lost = True
            return ""
        self._state = _CODE
        return self._code(char)

    def _line(self, char: str) -> str:
        if char in "\r\n":
            self._state = self._next
        return ""

    def _block(self, char: str) -> str:
        if char == "/" and self._previous == "*":
            self._state = self._next
        elif char == "*" and self._previous == "/":
            self.lost = True  # comments nest in some dialects
        return ""

    def _quoted(self, char: str) -> str:
        if char == "\\":
            self.lost = True
        elif char == self._quote:
            self._state = _CODE
        return ""


_STEPS: tuple[Callable[[SqlScanner, str], str], ...] = (
    SqlScanner._lead,  # noqa: SLF001 - the table of the class's own steps
    SqlScanner._first,  # noqa: SLF001
    SqlScanner._code,  # noqa: SLF001
    SqlScanner._dash,  # noqa: SLF001
    SqlScanner._slash,  # noqa: SLF001
    SqlScanner._line,  # noqa: SLF001
    SqlScanner._block,  # noqa: SLF001
    SqlScanner._quoted,  # noqa: SLF001
)
