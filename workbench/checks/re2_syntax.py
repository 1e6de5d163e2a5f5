"""Reads an RE2 pattern (https://github.com/google/re2/wiki/Syntax) into a small program.

RE2 has validated the pattern before, so only its structure is read here; what one element
matches is asked of RE2 (see :mod:`workbench.checks.charsets`). Greediness and capturing make no
difference to whether a text matches and are dropped.
"""

from __future__ import annotations

import re
from dataclasses import field

import re2

from workbench.checks.charsets import Ranges, members, quiet
from workbench.errors import CheckSyntaxError
from workbench.records import dataclass

MAX_PATTERN = 20_000
MAX_POSITIONS = 3_000
MAX_NODES = 30_000
MAX_DEPTH = 100

_FLAGS = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_NAMED = re.compile(r"\(\?P?<\w+>")
_COUNT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_ESCAPE = re.compile(r"\\(?:[pP]\{[^}]*\}|[pP].|x\{[^}]*\}|x..|[0-7]{1,3}|.)", re.DOTALL)
_ASSERTIONS = {"A": "begin", "z": "end", "b": "word", "B": "not_word"}


@dataclass(frozen=True, slots=True)
class Element:
    """One character out of set number ``number``."""

    number: int


@dataclass(frozen=True, slots=True)
class Assertion:
    """A condition on what stands before and after."""

    kind: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after another; none means the empty text."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part again and again; ``most`` None means without end."""

    part: Node
    least: int
    most: int | None


Node = Element | Assertion | Sequence | Choice | Repeat


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern's tree and the sets of characters its elements match."""

    tree: Node
    sets: tuple[Ranges, ...]


def validated(source: str) -> re2._Regexp:
    """Compile *source* with RE2 itself.

    Raises:
        CheckSyntaxError: RE2 refuses it; the column is where the refused part stands.
    """
    if len(source) > MAX_PATTERN:
        raise CheckSyntaxError(f"The pattern is longer than {MAX_PATTERN} characters.")
    try:
        return re2.compile(source, quiet())
    except UnicodeEncodeError as error:
        raise CheckSyntaxError(
            "The pattern holds a lone surrogate.", column=error.start + 1
        ) from None
    except re2.error as error:
        detail = error.args[0]
        message = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
        part = message.rpartition(": ")[2]
        found = source.find(part) if part else -1
        raise CheckSyntaxError(
            f"Not a pattern that RE2 reads: {message}.",
            column=max(found, 0) + 1,
            hint="RE2 has no look-around and no back-references; see its syntax page.",
        ) from None


@dataclass(slots=True)
class _Flags:
    i: bool = False
    m: bool = False
    s: bool = False

    def changed(self, on: str, off: str) -> _Flags:
        return _Flags(
            (self.i or "i" in on) and "i" not in off,
            (self.m or "m" in on) and "m" not in off,
            (self.s or "s" in on) and "s" not in off,
        )


@dataclass(slots=True)
class _Group:
    outer: _Flags
    branches: list[Node] = field(default_factory=list)
    parts: list[Node] = field(default_factory=list)

    def branch(self) -> None:
        self.branches.append(_sequence(self.parts))
        self.parts = []

    def node(self) -> Node:
        self.branch()
        return self.branches[0] if len(self.branches) == 1 else Choice(tuple(self.branches))


def _sequence(parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.flags = _Flags()
        self.groups = [_Group(self.flags)]
        self.sets: dict[Ranges, int] = {}

    def parse(self) -> Pattern:
        while self.at < len(self.source):
            self._next(self.source[self.at])
        return Pattern(self.groups[0].node(), tuple(self.sets))

    def _next(self, char: str) -> None:
        if char == "(":
            self._open()
        elif char == ")":
            self.at += 1
            group = self.groups.pop()
            self.flags = group.outer
            self._add(group.node())
        elif char == "|":
            self.at += 1
            self.groups[-1].branch()
        elif char in "*+?":
            self.at += 1
            self._repeat(1 if char == "+" else 0, 1 if char == "?" else None)
        elif char == "{" and (count := _COUNT.match(self.source, self.at)):
            self.at = count.end()
            least = int(count[1])
            most = (int(count[3]) if count[3] else None) if count[2] else least
            self._repeat(least, most)
        elif char == "^":
            self._assert("line_begin" if self.flags.m else "begin", 1)
        elif char == "$":
            self._assert("line_end" if self.flags.m else "end", 1)
        elif char == "\\":
            self._escape()
        else:
            self._element(self._class_end() if char == "[" else self.at + 1)

    def _add(self, node: Node) -> None:
        self.groups[-1].parts.append(node)

    def _assert(self, kind: str, length: int) -> None:
        self.at += length
        self._add(Assertion(kind))

    def _element(self, stop: int) -> None:
        source = self.source[self.at : stop]
        self._add(self._set(source))
        self.at = stop

    def _set(self, source: str) -> Element:
        ranges = members(source, ignore_case=self.flags.i, dot_all=self.flags.s)
        return Element(self.sets.setdefault(ranges, len(self.sets)))

    def _open(self) -> None:
        named = _NAMED.match(self.source, self.at)
        flags = None if named else _FLAGS.match(self.source, self.at)
        outer = self.flags
        if flags is None:
            self.at = named.end() if named else self.at + 1
        else:
            self.at = flags.end()
            self.flags = outer.changed(flags[1], flags[2] or "")
            if flags[3] == ")":
                return
        if len(self.groups) > MAX_DEPTH:
            raise CheckSyntaxError(f"Groups nest more than {MAX_DEPTH} deep.", column=self.at)
        self.groups.append(_Group(outer))

    def _repeat(self, least: int, most: int | None) -> None:
        if self.source.startswith("?", self.at):
            self.at += 1
        parts = self.groups[-1].parts
        parts.append(Repeat(parts.pop(), least, most))

    def _escape(self) -> None:
        char = self.source[self.at + 1]
        if char in _ASSERTIONS:
            self._assert(_ASSERTIONS[char], 2)
        elif char == "Q":
            stop = self.source.find("\\E", self.at)
            stop = len(self.source) if stop < 0 else stop
            for literal in self.source[self.at + 2 : stop]:
                self._add(self._set(literal if literal.isalnum() else re2.escape(literal)))
            self.at = stop + 2
        elif char == "C":
            raise CheckSyntaxError(
                "\\C matches single bytes; answers are read as characters.", column=self.at + 1
            )
        else:
            found = _ESCAPE.match(self.source, self.at)
            self._element(found.end() if found else self.at + 2)

    def _class_end(self) -> int:
        """Return the offset behind the bracket class that begins here."""
        source, at = self.source, self.at + 1
        at += source.startswith("^", at)
        first = at
        while at < len(source):
            if source[at] == "]" and at > first:
                return at + 1
            named = source.find(":]", at + 2) if source.startswith("[:", at) else -1
            escape = _ESCAPE.match(source, at)
            at = named + 2 if named >= 0 else escape.end() if escape else at + 1
        return at


def parse(source: str) -> Pattern:
    r"""Read a pattern that RE2 accepts.

    Raises:
        CheckSyntaxError: it uses ``\C``, or nests too deep.
    """
    return _Parser(source).parse()
