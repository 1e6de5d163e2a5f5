"""Cutting text into the units that are compared: words, sentences, lines or JSON lexemes.

A unit carries the white space that follows it, so that the units of a text joined together are
the text again, and so that a changed word is one unit and not two. Every pattern here is linear in
the text, whatever the text is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal

By = Literal["word", "sentence", "line", "json"]

_MARKS = r"\u0300-\u036F\u1AB0-\u1AFF\u1DC0-\u1DFF\u200C\u200D\u20D0-\u20FF\uFE00-\uFE0F"
_TONES = r"\U0001F3FB-\U0001F3FF"
_INDIC = r"\u0900-\u0DFF"
_UNSPACED = (
    r"\u0E00-\u0EFF\u1780-\u17FF\u2E80-\u2FDF\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF"
    r"\uF900-\uFAFF\U00020000-\U0003FFFF"
)
_LETTER = rf"[^\W{_UNSPACED}]|[{_MARKS}{_INDIC}]"
_WORD = re.compile(
    rf"(?:\A\s+)?(?:[A-Za-z_][A-Za-z0-9_]*+(?:'[A-Za-z_]++)*+(?![\w’{_MARKS}])"
    rf"|\d++(?:\.\d++)*+(?!\w)"
    rf"|(?:{_LETTER})++(?:['’](?:{_LETTER})++)*+"
    rf"|[{_UNSPACED}][{_MARKS}]*+"
    rf"|\S[{_MARKS}{_TONES}]*+)\s*+|\s+"
)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_SENTENCE_END = re.compile(
    r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?:\s++|\Z)|[。！？]++[”’」』）]*+\s*+|\n\s*+"
)
_LEXEME = re.compile(r'\s*(?:"(?:[^"\\]|\\.)*+"?|[{}\[\]:,]|[^\s"{}\[\]:,]++)\s*+|\s+', re.DOTALL)


def words(text: str) -> list[str]:
    """Cut at words, numbers and single signs; scripts written without spaces by character."""
    return _WORD.findall(text)


def lines(text: str) -> list[str]:
    """Cut after every line feed."""
    return _LINE.findall(text)


def sentences(text: str) -> list[str]:
    """Cut after the end of a sentence and after line feeds. An abbreviation's dot is an end too."""
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        found.append(text[start : match.end()])
        start = match.end()
    if start < len(text):
        found.append(text[start:])
    return found


def lexemes(text: str) -> list[str]:
    """Cut JSON into strings, literals and signs; any other text is cut as well, never refused."""
    return _LEXEME.findall(text)


CUTTERS: Mapping[By, Callable[[str], list[str]]] = {
    "word": words,
    "sentence": sentences,
    "line": lines,
    "json": lexemes,
}


def keys(units: list[str], *, ignore_space: bool, ignore_case: bool) -> list[str]:
    """Return what each unit is compared by: the unit without the white space behind it.

    With *ignore_space* runs of white space within it count as one blank, and none before it; a
    unit of white space alone gets an empty key. With *ignore_case* letters are case-folded.
    """
    if ignore_space:
        units = [" ".join(unit.split()) for unit in units]
    else:
        units = [unit.rstrip() for unit in units]
    if ignore_case:
        units = [unit.casefold() for unit in units]
    return units
