"""A JSON text that may stand in one Markdown code fence."""

from __future__ import annotations

from workbench.checks.arguments import shown
from workbench.checks.json_scan import JsonScanner, Sink

_LEAD, _OPEN, _INFO, _BODY, _CLOSE, _TAIL = range(6)
_SPACE = " \t\n\r"


class FencedScanner:
    """A :class:`JsonScanner` that also takes the JSON in a code fence, and white space around it.

    The fence is three backticks, ``json`` or nothing, a line break, the JSON, three backticks. A
    backtick can stand nowhere in JSON but in a string, so the first one outside of a string
    closes the fence, and failing stays earliest.
    """

    __slots__ = ("_fenced", "_info", "_phase", "_scanner", "_ticks", "error_at", "reason", "seen")

    def __init__(self, sink: Sink | None = None) -> None:
        self.seen = 0
        self.error_at: int | None = None
        self.reason = ""
        self._scanner = JsonScanner(sink)
        self._phase = _LEAD
        self._ticks = 0
        self._info = ""
        self._fenced = False

    def feed(self, text: str) -> int | None:
        """Take the next chunk; return ``error_at``."""
        at = 0
        while at < len(text) and self.error_at is None:
            at = self._body(text, at) if self._phase == _BODY else self._around(text, at)
        self.seen += len(text)
        return self.error_at

    def finish(self) -> bool:
        """The text has ended; return whether it was a JSON text, bare or fenced."""
        if self._phase == _TAIL:
            return True
        if self._phase == _BODY and not self._fenced and self._scanner.finish():
            return True
        self.reason = (
            self._scanner.reason
            if self._phase == _BODY and not self._fenced
            else "expected a value, the text ended"
            if self._phase == _LEAD
            else "the code fence is not closed"
        )
        return False

    def _body(self, text: str, at: int) -> int:
        scanner = self._scanner
        scanner.seen = self.seen + at
        failed = scanner.feed(text[at:] if at else text)
        if failed is None:
            return len(text)
        stop = failed - self.seen
        if self._fenced and text[stop] == "`" and scanner.complete:
            scanner.seen = failed
            scanner.finish()
            self._phase, self._ticks = _CLOSE, 0
            return stop
        self.error_at, self.reason = failed, scanner.reason
        return stop

    def _around(self, text: str, at: int) -> int:
        char = text[at]
        if self._phase == _LEAD:
            if char not in _SPACE and char != "`":
                self._phase = _BODY
                return at
            if char == "`":
                self._phase, self._ticks, self._fenced = _OPEN, 1, True
        elif self._phase in (_OPEN, _CLOSE):
            if char != "`":
                return self._fail(char, at, "three backticks")
            self._ticks += 1
            if self._ticks == 3:
                self._phase = _INFO if self._phase == _OPEN else _TAIL
        elif self._phase == _INFO:
            return self._info_char(char, at)
        elif char not in _SPACE:
            return self._fail(char, at, "nothing after the code fence")
        return at + 1

    def _info_char(self, char: str, at: int) -> int:
        whole = self._info in ("", "json")
        if char == "\n" and whole:
            self._phase = _BODY
        elif char in " \t\r" and whole:
            self._info = self._info or "json"
        elif "json".startswith(self._info + char.lower()) and char.isascii():
            self._info += char.lower()
        else:
            return self._fail(char, at, "json and a line break after the backticks")
        return at + 1

    def _fail(self, char: str, at: int, expected: str) -> int:
        self.error_at = self.seen + at
        self.reason = f"expected {expected}, came {shown(char)}"
        return at
