"""Display safety: text from models, files and servers is shown, never obeyed.

Records keep text exactly as it was received. Whatever draws it on a terminal passes it through
:func:`visible` first, so that escapes, control characters and bidirectional overrides are seen
instead of acted on. The translation works code point by code point, so it gives the same result
however the text was cut into chunks.
"""

from __future__ import annotations

import unicodedata

_BIDI = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SEPARATORS = (0x2028, 0x2029, 0x0085)
_INVISIBLE = (0x00AD, 0x180E, *range(0x200B, 0x200E), *range(0x2060, 0x2066), 0xFEFF)
_TAGS = range(0xE0000, 0xE0080)
_SURROGATES = range(0xD800, 0xE000)


def _table() -> dict[int, str]:
    table: dict[int, str] = {}
    for code in range(0x20):
        if code != 0x0A:
            table[code] = chr(0x2400 + code)
    table[0x09] = "    "
    table[0x7F] = "\u2421"
    for code in (*range(0x80, 0xA0), *_BIDI, *_SEPARATORS, *_INVISIBLE, *_TAGS):
        table[code] = f"\u2039{code:04X}\u203a"
    for code in _SURROGATES:
        table[code] = "\ufffd"
    return table


_VISIBLE = _table()
_VISIBLE_LINE = {**_VISIBLE, 0x0A: "\u2424"}


def visible(text: str) -> str:
    """Return *text* with every control, escape, bidi and invisible character made visible.

    Line feeds stay, tabs become four spaces, lone surrogates become U+FFFD. Linear in the text.
    """
    return text.translate(_VISIBLE)


def visible_line(text: str) -> str:
    """Like :func:`visible`, for places with a single line: line feeds are shown as ``\u2424``."""
    return text.translate(_VISIBLE_LINE)


_LATE = (
    (0x2630, 0x2637),
    (0x268A, 0x268F),
    (0x4DC0, 0x4DFF),
    (0x1D300, 0x1D356),
    (0x1D360, 0x1D376),
)
_WIDE_LATELY = frozenset(chr(c) for first, last in _LATE for c in range(first, last + 1))
"""Wide since Unicode 16, which this Python's own tables may be too old to know."""


def char_width(char: str) -> int:
    """Return the number of terminal cells of one visible character: 0, 1 or 2."""
    if char < "\u0300":
        return 1
    category = unicodedata.category(char)
    if unicodedata.combining(char) or category in ("Mn", "Me"):
        return 0
    if category == "Cn" or char in _WIDE_LATELY:  # newer than this Python: most are wide
        return 2
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def cell_width(text: str) -> int:
    """Return the number of terminal cells *text* takes on one line (after :func:`visible`)."""
    if text.isascii():
        return len(text)
    return sum(map(char_width, text))


def shorten(text: str, cells: int) -> str:
    """Cut *text* to at most *cells* terminal cells, ending in an ellipsis when cut."""
    if cell_width(text) <= cells:
        return text
    if cells <= 0:
        return ""
    kept, used = [], 1
    for char in text:
        used += char_width(char)
        if used > cells:
            break
        kept.append(char)
    return "".join(kept) + "\u2026"


def plural(count: int, noun: str, many: str = "") -> str:
    """Return ``1 check`` or ``3 checks``."""
    return f"{count} {noun if count == 1 else many or noun + 's'}"
