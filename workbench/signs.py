"""Signs for terminals that know only a few characters: one for one, so that everything stays in
its place. Used where the locale says so (``LANG=C`` where Python does not overrule it, Latin-1).
"""

from __future__ import annotations

import codecs
import io
from typing import TextIO

from workbench.text import cell_width

NAME = "workbench-signs"
ESCAPED = "workbench-signs-or-numbers"
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("\u2502\u2503\u258c\u2590\u2588\u2589\u2506\u250a", "|"),
        **dict.fromkeys("\u2500\u2501\u2550\u2594\u2581\u2582\u2584\u2586\u2580", "-"),
        **dict.fromkeys("\u2508\u254c\u2509\u00b7\u2022\u22c5", "."),
        **dict.fromkeys("\u25b8\u203a\u25b6\u2192", ">"),
        **dict.fromkeys("\u2039\u25c2\u2190", "<"),
        **dict.fromkeys("\u2018\u2019\u201b", "'"),
        **dict.fromkeys("\u201c\u201d\u201f", '"'),
        **dict.fromkeys("\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u00a0\u202f\u2009", " "),
        "\u2026": "~",
        "\u2713": "v",
        "\u2717": "x",
        "\u25cf": "o",
        "\u25cc": "o",
        "\u25a0": "#",
        "\u25b2": "^",
        "\u25be": "v",
        "\u2191": "^",
        "\u2193": "v",
        "\u2605": "*",
        "\u00b1": "~",
        "\u00d7": "x",
    }
)


def _signs(error: UnicodeError) -> str:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return error.object[error.start : error.end].translate(_SIGNS)


def _replace(error: UnicodeError) -> tuple[str, int]:
    text = _signs(error)
    return "".join(c if c.isascii() else "?" * cell_width(c) for c in text), _end(error)


def _escape(error: UnicodeError) -> tuple[str, int]:
    return _signs(error).encode("ascii", "backslashreplace").decode("ascii"), _end(error)


def _end(error: UnicodeError) -> int:
    return error.end if isinstance(error, UnicodeEncodeError) else 0


def spell_out(stream: TextIO | None, *, escape: bool = False) -> None:
    """Have *stream* write a sign of the same width for what its encoding does not know; with
    *escape*, what there is no sign for by its number, so that nothing is lost.
    """
    codecs.register_error(NAME, _replace)
    codecs.register_error(ESCAPED, _escape)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=ESCAPED if escape else NAME)
