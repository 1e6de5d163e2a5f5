"""``json``: the answer is one JSON text, exactly as RFC 8259 has it."""

from __future__ import annotations

from collections.abc import Callable

from workbench.checks.arguments import no_text, shown
from workbench.checks.base import Argument, Check, Definition, Option
from workbench.checks.json_fence import FencedScanner
from workbench.checks.json_scan import JsonScanner
from workbench.checks.json_value import MAX_DIGITS, MAX_LEVELS, TooDeep, TooLong
from workbench.model.verdict import Decision

FENCE = Option("fence", "allow one Markdown code fence (``` or ```json) around the JSON")
UNIQUE = Option("unique", "a key may stand only once in an object")


Scanner = JsonScanner | FencedScanner


def scan(scanner: Scanner, text: str) -> tuple[int | None, Decision | None]:
    """Feed *scanner*; return where the text stops being JSON, or the error of a text that nests
    too deep for its sink or holds too long a number, after which it must not be fed again.
    """
    try:
        return scanner.feed(text), None
    except TooDeep as deep:
        return None, Decision("error", deep.at, f"nested deeper than {MAX_LEVELS:,} levels")
    except TooLong as long:
        return None, _too_long(long)


def scan_end(scanner: Scanner) -> tuple[bool, Decision | None]:
    """End *scanner*; return whether it read a JSON text, or the error of a number too long."""
    try:
        return scanner.finish(), None
    except TooLong as long:
        return True, _too_long(long)


def _too_long(long: TooLong) -> Decision:
    return Decision("error", long.at, f"an integer of more than {MAX_DIGITS:,} digits")


class _UniqueKeys:
    """A sink that notes the first key that stands twice in one object. Arrays are only counted,
    so that deep nesting of them costs no memory.
    """

    __slots__ = ("_arrays", "_objects", "_parts", "_start", "found")

    def __init__(self) -> None:
        self.found: tuple[str, int, int] | None = None
        self._objects: list[set[str]] = []
        self._arrays = [0]
        self._parts: list[str] = []
        self._start = 0

    def open(self, bracket: str, at: int) -> None:
        if bracket == "[":
            self._arrays[-1] += 1
            return
        if len(self._objects) >= MAX_LEVELS:
            raise TooDeep(at)
        self._objects.append(set())
        self._arrays.append(0)

    def close(self, at: int) -> None:
        if self._arrays[-1]:
            self._arrays[-1] -= 1
        else:
            self._arrays.pop()
            self._objects.pop()

    def comma(self, at: int) -> None:
        pass

    def string_start(self, at: int, *, key: bool) -> None:
        self._parts = []
        self._start = at

    def string_piece(self, text: str, at: int) -> None:
        self._parts.append(text)

    def string_end(self, at: int, *, key: bool) -> None:
        if not key or self.found is not None:
            return
        name = "".join(self._parts)
        if name in self._objects[-1]:
            self.found = (name, self._start, at)
        self._objects[-1].add(name)

    def number_start(self, at: int) -> None:
        pass

    def number_piece(self, text: str, at: int) -> None:
        pass

    def number_end(self, at: int) -> None:
        pass

    def literal(self, word: str, at: int) -> None:
        pass

    def literal_end(self, at: int) -> None:
        pass


class Json:
    """Fails at the first character after which no JSON text can follow."""

    __slots__ = ("_keys", "_scanner")

    def __init__(self, *, fence: bool, unique: bool) -> None:
        self._keys = _UniqueKeys() if unique else None
        make = FencedScanner if fence else JsonScanner
        self._scanner: Scanner = make(self._keys)

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        failed, deep = scan(self._scanner, text)
        if self._keys is not None and self._keys.found is not None:
            name, start, at = self._keys.found
            return Decision("fail", at, f"the key {shown(name)} stands twice", (start, at + 1))
        if failed is None:
            return deep
        return Decision("fail", failed, f"not JSON: {self._scanner.reason}", (failed, failed + 1))

    def finish(self) -> Decision:
        """See the protocol."""
        if self._scanner.finish():
            return Decision("pass", self._scanner.seen, "JSON")
        return Decision("fail", self._scanner.seen, f"not JSON: {self._scanner.reason}")


def _parse(argument: Argument) -> Callable[[], Check]:
    no_text(argument)
    fence, unique = "fence" in argument.options, "unique" in argument.options
    return lambda: Json(fence=fence, unique=unique)


JSON = Definition(
    name="json",
    summary="The answer is one JSON text, exactly as RFC 8259 has it.",
    syntax="json[/fence][/unique]",
    example="json",
    when="earliest",
    cost="a state machine per character; strings, digits and white space in bulk",
    parse=_parse,
    decides=(
        "Fails at the first character no JSON text can contain there (NaN, a leading zero, a "
        "trailing comma, text after the end...); passes at the end."
    ),
    options=(FENCE, UNIQUE),
)
