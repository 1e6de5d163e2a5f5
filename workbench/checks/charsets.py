"""Sets of code points: what one element of an RE2 pattern matches.

RE2 itself is asked which code points an element matches, so that classes, Unicode properties and
case folding are exactly its own. Elements that can only tell ASCII characters apart are asked
about a few characters, the others about all of Unicode (some 20 ms, once per element).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache

import re2

Ranges = tuple[tuple[int, int], ...]
"""Sorted, disjoint, inclusive ranges of code points."""

LAST = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)
_FOLDS_TO_ASCII = (0x17F, 0x212A)  # long s and the Kelvin sign: the only ones beyond ASCII


def quiet() -> re2.Options:
    """Return RE2 options that do not log to stderr."""
    options = re2.Options()
    options.log_errors = False
    return options


@lru_cache(maxsize=1024)
def members(element: str, *, ignore_case: bool, dot_all: bool) -> Ranges:
    """Return the code points that *element* (a literal, class or escape) matches."""
    if len(element) == 1 and element != "." and not ignore_case:
        return ((ord(element), ord(element)),)
    flags = ("i" if ignore_case else "") + ("s" if dot_all else "")
    pattern = re2.compile(f"(?{flags}:{element})" if flags else f"(?:{element})", quiet())
    if element.isascii() and not any(mark in element for mark in ("\\p", "\\P", "\\x", "\\0")):
        return _probe(pattern) if not _octal(element) else _scan(pattern)
    return _scan(pattern)


def _octal(element: str) -> bool:
    return any(f"\\{digit}" in element for digit in "1234567")


def _probe(pattern: re2._Regexp) -> Ranges:
    """Ask about ASCII, its two folding partners, and one character for all the others."""
    found = [code for code in range(128) if pattern.fullmatch(chr(code))]
    others = bool(pattern.fullmatch("\u00e9"))
    ranges = _join((code, code) for code in found)
    if others:
        ranges = _join((*ranges, (128, LAST)))
    for code in _FOLDS_TO_ASCII:
        if bool(pattern.fullmatch(chr(code))) != others:
            ranges = _without(ranges, code) if others else _join((*ranges, (code, code)))
    return ranges


def _scan(pattern: re2._Regexp) -> Ranges:
    text = "".join(map(chr, (*range(_SURROGATES[0]), *range(_SURROGATES[1] + 1, LAST + 1))))
    runs = re2.compile(f"(?:{pattern.pattern})+", quiet())
    return _join((ord(run.group()[0]), ord(run.group()[-1])) for run in runs.finditer(text))


def _join(ranges: Iterable[tuple[int, int]]) -> Ranges:
    joined: list[tuple[int, int]] = []
    for low, high in ranges:
        if joined and joined[-1][1] + 1 >= low:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return tuple(joined)


def _without(ranges: Ranges, code: int) -> Ranges:
    kept: list[tuple[int, int]] = []
    for low, high in ranges:
        if not low <= code <= high:
            kept.append((low, high))
            continue
        kept += [part for part in ((low, code - 1), (code + 1, high)) if part[0] <= part[1]]
    return tuple(kept)


class Partition:
    """Splits all code points into classes that no set of a pattern tells apart.

    ``sets_of[k]`` is the bit mask of the sets that class *k* belongs to; ``sample[k]`` is one
    code point of it. A lone surrogate is taken for U+FFFD, as encoders replace it.
    """

    def __init__(self, sets: Sequence[Ranges]) -> None:
        changes: dict[int, int] = {0: 0}
        for number, ranges in enumerate(sets):
            for low, high in ranges:
                changes[low] = changes.get(low, 0) ^ (1 << number)
                changes[high + 1] = changes.get(high + 1, 0) ^ (1 << number)
        self._starts: list[int] = []
        self._classes: list[int] = []
        numbers: dict[int, int] = {}
        self.sample: list[int] = []
        mask = 0
        for start in sorted(changes):
            mask ^= changes[start]
            if start > LAST:
                break
            if mask not in numbers:
                numbers[mask] = len(numbers)
                self.sample.append(start)
            self._starts.append(start)
            self._classes.append(numbers[mask])
        self.sets_of = list(numbers)

    def class_of(self, char: str) -> int:
        """Return the class of one character."""
        code = ord(char)
        if _SURROGATES[0] <= code <= _SURROGATES[1]:
            code = 0xFFFD
        return self._classes[bisect_right(self._starts, code) - 1]
