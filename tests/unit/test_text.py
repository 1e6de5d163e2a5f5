"""Display safety: nothing a terminal would obey leaves through ``visible``."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import get_character_cell_size

from workbench.text import cell_width, char_width, shorten, visible, visible_line

HOSTILE = st.text(st.characters(), max_size=60)


@given(HOSTILE, HOSTILE)
def test_making_visible_does_not_depend_on_where_the_text_was_cut(a: str, b: str) -> None:
    assert visible(a + b) == visible(a) + visible(b)


@given(HOSTILE)
def test_no_control_escape_or_bidi_character_is_left(text: str) -> None:
    shown = visible(text)
    left = {c for c in shown if unicodedata.category(c) in ("Cc", "Cs")} - {"\n"}
    assert not left
    bidi = ("RLO", "LRO", "RLE", "LRE", "RLI")
    assert not any(unicodedata.bidirectional(c) in bidi for c in shown)
    assert "\n" not in visible_line(text)


@given(HOSTILE, st.integers(0, 40))
def test_shortened_text_fits(text: str, cells: int) -> None:
    assert cell_width(shorten(visible_line(text), cells)) <= cells


def test_an_escape_sequence_is_shown() -> None:
    assert visible("\x1b]52;c;aGk=\x07") == "␛]52;c;aGk=␇"


def test_no_character_is_drawn_wider_than_it_is_measured() -> None:
    printed = (chr(c) for c in range(0x20, 0x110000) if not 0xD800 <= c < 0xE000)
    assert [c for c in printed if char_width(c) < get_character_cell_size(c)] == []


def test_wide_and_combining_characters_are_measured_in_cells() -> None:
    assert (cell_width("日本"), cell_width("e\u0301"), cell_width("ab")) == (4, 1, 2)
