"""Laws of the growing, wrapped text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from workbench.text import visible
from workbench.tui.view.wrap import Wrapped

ANY_TEXT = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(" \n\tab\u202e\x1b漢é\u0301\ufe0f\u200d"),
    ),
    max_size=80,
)
PIECES = st.lists(ANY_TEXT, max_size=8)


def wrapped(pieces: list[str], width: int) -> Wrapped:
    text = Wrapped(width)
    for piece in pieces:
        text.append(piece)
    return text


@given(PIECES, st.integers(1, 30))
def test_however_the_text_was_cut_the_rows_are_the_same(pieces: list[str], width: int):
    assert wrapped(pieces, width).rows == wrapped(["".join(pieces)], width).rows


@given(PIECES, st.integers(1, 30))
def test_nothing_is_lost_or_added(pieces: list[str], width: int):
    shown = visible("".join(pieces)).replace("\n", "")
    assert "".join(wrapped(pieces, width).rows) == shown


@given(PIECES, st.integers(8, 30))
def test_no_row_is_wider_than_the_pane(pieces: list[str], width: int):
    assert all(cell_len(row.rstrip(" ")) <= width for row in wrapped(pieces, width).rows)


@given(PIECES, ANY_TEXT, st.integers(1, 30))
def test_appending_never_changes_a_stable_row(pieces: list[str], more: str, width: int):
    text = wrapped(pieces, width)
    before = text.rows[: text.stable]
    text.append(more)
    assert text.rows[: len(before)] == before


@given(ANY_TEXT, st.integers(1, 30), st.data())
def test_a_raw_offset_is_found_where_its_character_is_shown(text: str, width: int, data):
    if not text:
        return
    at = data.draw(st.integers(0, len(text) - 1))
    if text[at] == "\n":
        return
    rows = wrapped([text], width)
    row, column = rows.locate(at)
    assert rows.rows[row][column:].startswith(visible(text[at])) or width < 8


def test_words_stay_whole_where_they_fit():
    assert wrapped(["the quick brown fox"], 10).rows == ["the quick ", "brown fox"]


def test_a_word_longer_than_the_pane_is_cut():
    assert wrapped(["abcdefghij"], 4).rows == ["abcd", "efgh", "ij"]


def test_a_span_over_a_row_edge_is_marked_in_both_rows():
    rows = wrapped(["abcdefgh"], 4)
    assert list(rows.spans(2, 6)) == [(0, 2, 4), (1, 0, 2)]


def test_a_decision_at_the_very_end_marks_the_last_character():
    rows = wrapped(["abc"], 10)
    assert list(rows.spans(3, 3)) == [(0, 2, 3)]
