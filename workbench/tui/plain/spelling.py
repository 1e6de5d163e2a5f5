"""How characters and signs are said that a voice would skip or obey: by their names, in ASCII.

The screen shows an escape as one sign and a verdict as a tick. Read aloud, or on a terminal that
knows only ASCII, both are nothing: here they are words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from workbench.text import visible_line
from workbench.tui.view.lines import Line, plain

_CONTROLS = [
    "NUL",
    "SOH",
    "STX",
    "ETX",
    "EOT",
    "ENQ",
    "ACK",
    "BEL",
    "BS",
    "TAB",
    "LF",
    "VT",
    "FF",
    "CR",
    "SO",
    "SI",
    "DLE",
    "DC1",
    "DC2",
    "DC3",
    "DC4",
    "NAK",
    "SYN",
    "ETB",
    "CAN",
    "EM",
    "SUB",
    "ESC",
    "FS",
    "GS",
    "RS",
    "US",
]
_HARMFUL = (range(0x20), range(0x7F, 0xA0), range(0x3000), range(0xD800, 0xE000))
_HARMFUL_BEYOND = ((0xFEFF,), range(0xE0000, 0xE0080))

_WORDS = {
    "\u2713": "passed",
    "\u2717": "failed",
    "\u25b2": "warning",
    "\u25a0": "stopped",
    "\u00b1": "plus or minus",
    "\u2013": "unknown",
    "\u2212": "minus ",
    "\u2190": "changed",
    "\u2192": "to",
    "\u2026": "...",
    "\u202f": "",
    "\u00d7": " times",
}
DOT = "\u00b7"
_SIGN = re.compile(f"[{DOT}{''.join(_WORDS)}]")
_GAPS = re.compile(r" {2,}")


@lru_cache(1)
def _table() -> Mapping[int, str]:
    """Return a name for every character that is not safe to write, as the screen knows them."""
    table: dict[int, str] = {}
    for codes in (*_HARMFUL, *_HARMFUL_BEYOND):
        for code in codes:
            if visible_line(chr(code)) != chr(code):
                name = _CONTROLS[code] if code < len(_CONTROLS) else f"U+{code:04X}"
                table[code] = f"<{name}>"
    table[0x09] = "    "
    table[0x7F] = "<DEL>"
    return table


def spelled(text: str) -> str:
    """Return *text* as one line that is safe to write: what a terminal would obey, or a voice
    would not say, is named, as in ``<ESC>`` or ``<U+202E>``.
    """
    return text.translate(_table())


def in_words(line: Line, dot: str = "pending") -> str:
    """Return a line made for the screen as a sentence's worth of words: its signs are said (*dot*
    is what a dot in the middle stands for), and the gaps that kept its columns apart are commas.
    """
    said = {**_WORDS, DOT: dot}
    text = _SIGN.sub(lambda found: said[found[0]], plain(line)).strip()
    return _GAPS.sub(", ", text)


def quoted(text: str, most: int = 200) -> str:
    """Return *text* between quotes, its line breaks said, at most so many characters of it."""
    shown = text[:most].replace("\r\n", "\n").replace("\n", " (new line) ").strip(" ")
    if not text.strip():
        breaks = text.count("\n")
        return f"{breaks} line breaks" if breaks > 1 else "a line break" if breaks else "spaces"
    more = f" and {len(text) - most} more characters" if len(text) > most else ""
    return f'"{shown}"{more}'
