"""Side by side and inline: rows as plain data."""

from hypothesis import given
from hypothesis import strategies as st

from workbench.diffing.compare import diff
from workbench.diffing.records import Options
from workbench.diffing.views import Piece, Row, Skipped, inline, side_by_side, with_context

TEXT = st.lists(st.sampled_from(("a ", "b", "c\n", "\n", " ", "d e f ")), max_size=25).map("".join)
OPTIONS = st.builds(
    Options,
    by=st.sampled_from(("word", "line")),
    ignore_space=st.booleans(),
    moves=st.booleans(),
    move_words=st.just(1),
)


def text(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


def lines(whole: str) -> list[str]:
    return whole.removesuffix("\n").split("\n") if whole else []


@given(TEXT, TEXT, OPTIONS)
def test_each_column_is_its_text_line_by_line(a: str, b: str, options: Options) -> None:
    rows = side_by_side(diff(a, b, options), a)
    left = [(row.a_line, text(row.a)) for row in rows if row.a_line is not None]
    right = [(row.b_line, text(row.b)) for row in rows if row.b_line is not None]
    assert left == list(enumerate(lines(a), start=1))
    assert right == list(enumerate(lines(b), start=1))


@given(TEXT, TEXT, OPTIONS)
def test_every_change_can_be_stepped_to_in_the_rows(a: str, b: str, options: Options) -> None:
    made = diff(a, b, options)
    rows = side_by_side(made, a)
    marked = {p.hunk for row in rows for p in (*row.a, *row.b) if p.hunk is not None}
    assert marked == set(range(1, made.summary.hunks + 1))


def test_a_changed_line_stands_beside_its_new_wording() -> None:
    a = "first line\nthe quick brown fox\nlast line\n"
    b = "a new line\nfirst line\nthe quick red fox\nlast line\n"
    rows = side_by_side(diff(a, b), a)
    assert [(row.a_line, row.b_line) for row in rows] == [(None, 1), (1, 2), (2, 3), (3, 4)]
    assert [(p.text, p.kind) for p in rows[2].b] == [
        ("the quick ", "equal"),
        ("red", "insert"),
        (" fox", "equal"),
    ]


def test_inline_shows_what_went_before_what_came() -> None:
    a = "one two three"
    (line,) = inline(diff(a, "one 2 three"), a)
    assert [(p.text, p.kind) for p in line.pieces] == [
        ("one ", "equal"),
        ("two", "delete"),
        ("2", "insert"),
        (" three", "equal"),
    ]


def test_far_equal_rows_are_left_out_with_their_number() -> None:
    a = "".join(f"line {n}\n" for n in range(20))
    shown = with_context(side_by_side(diff(a, a.replace("line 10", "LINE 10")), a), context=2)
    assert [row.count for row in shown if isinstance(row, Skipped)] == [8, 7]
    assert [row.a_line for row in shown if isinstance(row, Row)] == [9, 10, 11, 12, 13]
