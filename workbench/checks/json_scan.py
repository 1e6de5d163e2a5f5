"""An incremental scanner of JSON texts (RFC 8259), without recursion and without a re-scan.

The grammar needs no look-ahead, so the first character that no JSON text can contain at its place
is the first character with which the scanner cannot go on: failing there is failing earliest.
Strings, digits and white space are skipped in bulk; the rest is a state machine.
"""

from __future__ import annotations

import re
from typing import Protocol

from workbench.checks.arguments import shown

(
    _VALUE,
    _FIRST_ITEM,
    _FIRST_KEY,
    _KEY,
    _COLON,
    _AFTER,
    _DONE,
    _STRING,
    _ESCAPE,
    _HEX,
    _LITERAL,
    _MINUS,
    _ZERO,
    _INTEGER,
    _POINT,
    _FRACTION,
    _EXP,
    _EXP_SIGN,
    _EXP_DIGITS,
) = range(19)

_PLAIN = re.compile(r'[^"\\\x00-\x1f]*').match
_DIGITS = re.compile(r"[0-9]*").match
_SPACE = re.compile(r"[ \t\n\r]*").match
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_ESCAPES = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
_NUMBER_ENDS = frozenset((_ZERO, _INTEGER, _FRACTION, _EXP_DIGITS))
_EXPECTED = {
    _VALUE: "a value",
    _FIRST_ITEM: "a value or ]",
    _FIRST_KEY: "a key in double quotes or }",
    _KEY: "a key in double quotes",
    _COLON: "a colon",
    _DONE: "nothing more",
    _ESCAPE: 'one of "\\/bfnrtu after a backslash',
    _HEX: "a hexadecimal digit",
    _MINUS: "a digit",
    _ZERO: "no digit after a leading zero",
    _POINT: "a digit after the point",
    _EXP: "a digit or a sign in the exponent",
    _EXP_SIGN: "a digit in the exponent",
}


class Sink(Protocol):
    """Told what the scanner reads, with offsets into the whole text."""

    def open(self, bracket: str, at: int) -> None:
        """An object (``{``) or array (``[``) begins."""

    def close(self, at: int) -> None:
        """The innermost object or array ends with the character at *at*."""

    def comma(self, at: int) -> None:
        """A comma stands at *at*: another item or key must follow."""

    def string_start(self, at: int, *, key: bool) -> None:
        """A string begins, a key or a value."""

    def string_piece(self, text: str, at: int) -> None:
        """More of the string, unescaped. Its last character was complete at the offset of the
        last source character; plain text begins at *at*, an escape ends there.
        """

    def string_end(self, at: int, *, key: bool) -> None:
        """The string's closing quote stands at *at*."""

    def number_start(self, at: int) -> None:
        """A number begins."""

    def number_piece(self, text: str, at: int) -> None:
        """More characters of the number."""

    def number_end(self, at: int) -> None:
        """The number is complete; the character at *at* ended it, or the text did."""

    def literal(self, word: str, at: int) -> None:
        """``true``, ``false`` or ``null`` begins: its first character tells which."""

    def literal_end(self, at: int) -> None:
        """The literal's last character stands at *at*."""


class JsonScanner:
    """Reads a JSON text in chunks.

    ``error_at`` is the offset of the first character that cannot stand where it does, None as
    long as there is none; ``reason`` says what was expected. ``seen`` counts characters.
    """

    __slots__ = (
        "_hex",
        "_high",
        "_key",
        "_literal",
        "_sink",
        "_stack",
        "_state",
        "_word_at",
        "error_at",
        "reason",
        "seen",
    )

    def __init__(self, sink: Sink | None = None) -> None:
        self.seen = 0
        self.error_at: int | None = None
        self.reason = ""
        self._sink = sink
        self._state = _VALUE
        self._stack = bytearray()
        self._key = False
        self._literal = ""
        self._word_at = 0
        self._hex = ""
        self._high = ""

    @property
    def complete(self) -> bool:
        """True when the text may end here."""
        state = self._state
        return state == _DONE or (not self._stack and state in _NUMBER_ENDS)

    def feed(self, text: str) -> int | None:
        """Take the next chunk; return ``error_at``."""
        at, end = 0, len(text)
        while at < end:
            state = self._state
            if state == _STRING:
                at = self._string(text, at)
            elif state >= _ESCAPE:
                at = self._token(text, at, state)
            else:
                at = self._structure(text, at, state)
            if self.error_at is not None:
                break
        self.seen += end
        return self.error_at

    def finish(self) -> bool:
        """The text has ended; return whether it was a JSON text."""
        if not self.complete:
            self.reason = self.reason or f"expected {self._expected()}, the text ended"
            return False
        if self._state in _NUMBER_ENDS and self._sink is not None:
            self._sink.number_end(self.seen)
        self._state = _DONE
        return True

    def _fail(self, text: str, at: int) -> int:
        self.error_at = self.seen + at
        self.reason = f"expected {self._expected()}, came {shown(text[at])}"
        return at

    def _expected(self) -> str:
        state = self._state
        if state == _LITERAL:
            return shown(self._literal[self._word_at]) + f" of {self._literal}"
        if state == _STRING:
            return (
                "no control character in a string"
                if self.error_at is not None
                else "the closing quote"
            )
        if state == _AFTER or state in _NUMBER_ENDS:
            if not self._stack:
                return "nothing more"
            return "a comma or " + ("}" if self._stack[-1] else "]")
        return _EXPECTED[state]

    def _string(self, text: str, at: int) -> int:
        found = _PLAIN(text, at)
        stop = found.end() if found else at
        if stop > at and self._sink is not None:
            self._flush_high(at)
            self._sink.string_piece(text[at:stop], self.seen + at)
        if stop == len(text):
            return stop
        char = text[stop]
        if char == '"':
            if self._sink is not None:
                self._flush_high(stop)
                self._sink.string_end(self.seen + stop, key=self._key)
            self._state = _COLON if self._key else self._after()
        elif char == "\\":
            self._state = _ESCAPE
        else:
            return self._fail(text, stop)
        return stop + 1

    def _structure(self, text: str, at: int, state: int) -> int:
        char = text[at]
        if char in " \t\n\r":
            found = _SPACE(text, at)
            return found.end() if found else at
        if state <= _FIRST_ITEM and (char != "]" or state == _VALUE):
            return self._value(text, at, char)
        if char == '"' and state in (_FIRST_KEY, _KEY):
            self._key = True
            self._state = _STRING
            if self._sink is not None:
                self._sink.string_start(self.seen + at, key=True)
        elif char == ":" and state == _COLON:
            self._state = _VALUE
        elif char == "," and state == _AFTER:
            self._state = _KEY if self._stack[-1] else _VALUE
            if self._sink is not None:
                self._sink.comma(self.seen + at)
        elif self._closes(char, state):
            self._stack.pop()
            self._state = self._after()
            if self._sink is not None:
                self._sink.close(self.seen + at)
        else:
            return self._fail(text, at)
        return at + 1

    def _closes(self, char: str, state: int) -> bool:
        if char == "}":
            return state == _FIRST_KEY or (state == _AFTER and bool(self._stack[-1]))
        if char == "]":
            return state == _FIRST_ITEM or (state == _AFTER and not self._stack[-1])
        return False

    def _after(self) -> int:
        return _AFTER if self._stack else _DONE

    def _value(self, text: str, at: int, char: str) -> int:
        sink, where = self._sink, self.seen + at
        if char == '"':
            self._key = False
            self._state = _STRING
            if sink is not None:
                sink.string_start(where, key=False)
        elif char in "{[":
            self._stack.append(char == "{")
            self._state = _FIRST_KEY if char == "{" else _FIRST_ITEM
            if sink is not None:
                sink.open(char, where)
        elif char in "-0123456789":
            self._state = _MINUS if char == "-" else _ZERO if char == "0" else _INTEGER
            if sink is not None:
                sink.number_start(where)
                sink.number_piece(char, where)
        elif char in _LITERALS:
            self._literal = _LITERALS[char]
            self._word_at = 1
            self._state = _LITERAL
            if sink is not None:
                sink.literal(self._literal, where)
        else:
            return self._fail(text, at)
        return at + 1

    def _token(self, text: str, at: int, state: int) -> int:
        if state >= _MINUS:
            return self._number(text, at, state)
        if state == _LITERAL:
            return self._word(text, at)
        char = text[at]
        if state == _HEX:
            if char not in "0123456789abcdefABCDEF":
                return self._fail(text, at)
            self._hex += char
            if len(self._hex) == 4:
                self._state = _STRING
                self._unicode(chr(int(self._hex, 16)), at)
        elif char == "u":
            self._hex = ""
            self._state = _HEX
        elif char in _ESCAPES:
            self._state = _STRING
            self._unicode(_ESCAPES[char], at)
        else:
            return self._fail(text, at)
        return at + 1

    def _word(self, text: str, at: int) -> int:
        if text[at] != self._literal[self._word_at]:
            return self._fail(text, at)
        self._word_at += 1
        if self._word_at == len(self._literal):
            self._state = self._after()
            if self._sink is not None:
                self._sink.literal_end(self.seen + at)
        return at + 1

    def _unicode(self, char: str, at: int) -> None:
        r"""Hand on a ``\u`` escape; a high surrogate waits for its low one."""
        if self._sink is None:
            return
        high = self._high
        if high and "\udc00" <= char <= "\udfff":
            self._high = ""
            pair = 0x10000 + ((ord(high) - 0xD800) << 10) + (ord(char) - 0xDC00)
            char = chr(pair)
        else:
            self._flush_high(at)
            if "\ud800" <= char <= "\udbff":
                self._high = char
                return
        self._sink.string_piece(char, self.seen + at)

    def _flush_high(self, at: int) -> None:
        if self._high and self._sink is not None:
            char, self._high = self._high, ""
            self._sink.string_piece(char, self.seen + at)

    def _number(self, text: str, at: int, state: int) -> int:
        found = _DIGITS(text, at)
        stop = found.end() if found else at
        if stop > at:
            if state == _ZERO:
                return self._fail(text, at)
            if state == _MINUS:
                if text[at] == "0":
                    stop = at + 1
                    self._state = _ZERO
                else:
                    self._state = _INTEGER
            elif state == _POINT:
                self._state = _FRACTION
            elif state in (_EXP, _EXP_SIGN):
                self._state = _EXP_DIGITS
        else:
            stop = self._number_sign(text, at, state)
            if stop <= at:
                return stop if self.error_at is not None else at
        if self._sink is not None:
            self._sink.number_piece(text[at:stop], self.seen + at)
        return stop

    def _number_sign(self, text: str, at: int, state: int) -> int:
        """Take a point, an exponent or its sign; anything else ends the number or is an error."""
        char = text[at]
        if char == "." and state in (_ZERO, _INTEGER):
            self._state = _POINT
        elif char in "eE" and state in (_ZERO, _INTEGER, _FRACTION):
            self._state = _EXP
        elif char in "+-" and state == _EXP:
            self._state = _EXP_SIGN
        elif state in _NUMBER_ENDS:
            if char not in " \t\n\r" and (not self._stack or char not in ",]}"):
                return self._fail(text, at)
            if self._stack and char in "]}" and (char == "}") != bool(self._stack[-1]):
                return self._fail(text, at)
            self._state = self._after()
            if self._sink is not None:
                self._sink.number_end(self.seen + at)
            return at
        else:
            return self._fail(text, at)
        return at + 1
