r"""Regular expressions that mean the same in RE2, Python and JavaScript.

The checks use RE2. Other tools use Python's ``re`` or JavaScript's ``RegExp``, in which the same
pattern can mean something else: ``$`` matches before a last line feed in Python, ``.`` stops at
more line ends in JavaScript, ``\s`` differs in all three. :func:`translate` rewrites what differs
and refuses what it cannot prove to be the same.
"""

from __future__ import annotations

_SPACE = r"\t\n\f\r "
_SAME = frozenset("dDwWbBntrf.\\+*?()|[]{}^$/-")
_IN_CLASS = frozenset("dwntrf.\\+*?()|[]{}^$/-")


class NotPortable(ValueError):
    """The pattern may mean something else elsewhere; the message says what in it."""


def translate(pattern: str, *, ignore_case: bool = False) -> str:
    """Return a pattern for ``re`` (with ``re.ASCII``) and ``RegExp`` that matches what RE2 does.

    Raises:
        NotPortable: no such pattern is known.
    """
    if pattern.startswith("(?i)"):
        pattern, ignore_case = pattern[4:], True
    if any(ord(char) > 0xFFFF for char in pattern):
        raise NotPortable("characters outside the Basic Multilingual Plane")
    return _Translator(pattern, ignore_case=ignore_case).run()


class _Translator:
    def __init__(self, pattern: str, *, ignore_case: bool) -> None:
        self.pattern = pattern
        self.at = 0
        self.fold = ignore_case
        self.out: list[str] = []

    def run(self) -> str:
        while self.at < len(self.pattern):
            self._one()
        return "".join(self.out)

    def _take(self) -> str:
        char = self.pattern[self.at]
        self.at += 1
        return char

    def _one(self) -> None:
        char = self._take()
        rest = self.pattern[self.at :]
        if char == "\\":
            self.out.append(self._escape(in_class=False))
        elif char == "[":
            self.out.append(self._class())
        elif char == ".":
            self.out.append(r"[^\n]")
        elif char == "$":
            self.out.append(r"(?![\s\S])")
        elif char == "(" and rest.startswith("?") and not rest.startswith("?:"):
            raise NotPortable(f"the group ({rest[:3]}")
        elif char == "{" and not _counted(rest):
            self.out.append(r"\{")
        elif char in "*+?}" and rest.startswith("+"):
            raise NotPortable("a possessive or doubled quantifier")
        else:
            self.out.append(self._letter(char))

    def _letter(self, char: str) -> str:
        if not self.fold or not char.isalpha():
            return char
        if not char.isascii() or char.lower() in "ks":  # K and S fold to signs beyond ASCII
            raise NotPortable(f"{char!r} without regard to case")
        return f"[{char.lower()}{char.upper()}]"

    def _escape(self, *, in_class: bool) -> str:
        if self.at >= len(self.pattern):
            raise NotPortable("a backslash at the end")
        char = self._take()
        if char == "s":
            return _SPACE if in_class else f"[{_SPACE}]"
        if char == "S" and not in_class:
            return f"[^{_SPACE}]"
        if char not in (_IN_CLASS if in_class else _SAME):
            raise NotPortable(f"the escape \\{char}")
        return "\\" + char

    def _class(self) -> str:
        made = ["["]
        if self.pattern.startswith("^", self.at):
            made.append(self._take())
        if self.pattern.startswith("]", self.at):
            raise NotPortable("a class that begins with ]")
        while self.at < len(self.pattern):
            char = self._take()
            if char == "]":
                return "".join((*made, "]"))
            if char == "[":
                raise NotPortable("a bracket within a class")
            if self.fold and char.isalpha():
                raise NotPortable("a class of letters without regard to case")
            made.append(self._escape(in_class=True) if char == "\\" else char)
        raise NotPortable("a class without an end")


def _counted(rest: str) -> bool:
    """True when ``{`` followed by *rest* begins a quantifier in all three languages."""
    inside, closed, _ = rest.partition("}")
    low, _, high = inside.partition(",")
    return bool(closed) and low.isdigit() and (not high or high.isdigit())
