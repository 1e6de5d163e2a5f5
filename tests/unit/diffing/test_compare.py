"""The diff of two texts: exact, small, readable."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.diffing.compare import apply, diff
from workbench.diffing.records import Diff, Options
from workbench.diffing.tokens import CUTTERS
from workbench.errors import UsageError

PIECES = ("the ", "cat", " sat. ", "Sat\n", "\n\n", "  ", "{", '"a":', "1.0,", "é", "日本", "\x00")
TEXT = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.text(st.characters(), max_size=60),
)
OPTIONS = st.builds(
    Options,
    by=st.sampled_from(("word", "line", "sentence")),
    ignore_space=st.booleans(),
    ignore_case=st.booleans(),
    fold=st.sampled_from((None, 0, 2)),
    move_words=st.sampled_from((1, 6)),
)


def opcodes(made: Diff) -> list[tuple[str, str]]:
    return [(op.kind, op.removed or op.added) for op in made.ops if op.kind != "equal"]


@given(TEXT, TEXT, OPTIONS)
@example("a b", "a  b", Options(ignore_space=True))
@example("\ud800", "\ud800 \ud801", Options())
def test_a_diff_applied_to_the_first_text_gives_the_second_exactly(
    a: str, b: str, options: Options
) -> None:
    assert apply(diff(a, b, options), a) == b


@given(TEXT, TEXT, OPTIONS)
def test_the_ops_cover_both_texts_without_a_gap(a: str, b: str, options: Options) -> None:
    i = j = 0
    for op in diff(a, b, options).ops:
        assert (op.a[0], op.b[0]) == (i, j)
        assert op.kind != "delete" or a[slice(*op.a)] == op.removed
        assert op.kind != "insert" or b[slice(*op.b)] == op.added
        i, j = op.a[1], op.b[1]
    assert (i, j) == (len(a), len(b))


@given(TEXT, st.sampled_from(tuple(CUTTERS)))
def test_the_units_of_a_text_joined_are_the_text(text: str, by: str) -> None:
    assert "".join(CUTTERS[by](text)) == text


@given(TEXT, TEXT)
@settings(max_examples=60)
def test_no_alignment_has_fewer_edits(a: str, b: str) -> None:
    made = diff(a, b)
    left, right = ([w.rstrip() for w in CUTTERS["word"](text)] for text in (a, b))
    row = [0] * (len(right) + 1)
    for unit in left:
        last = row[:]
        for j, other in enumerate(right):
            row[j + 1] = last[j] + 1 if unit == other else max(last[j + 1], row[j])
    assert made.summary.equal == row[-1]


@given(TEXT, TEXT, OPTIONS)
def test_every_move_is_the_same_text_gone_here_and_come_there(
    a: str, b: str, options: Options
) -> None:
    made = diff(a, b, options)
    gone = {op.move: op for op in made.ops if op.kind == "delete" and op.move}
    come = {op.move: op for op in made.ops if op.kind == "insert" and op.move}
    for move in made.moves:
        assert gone[move.number].a == move.a
        assert come[move.number].b == move.b
        old, new = a[slice(*move.a)], b[slice(*move.b)]
        if options.ignore_case:
            old, new = old.casefold(), new.casefold()
        assert old.split() == new.split()


def test_a_changed_word_is_one_deletion_and_one_insertion() -> None:
    made = diff("the cat sat on the mat today", "the cat lay on the mat today")
    assert opcodes(made) == [("delete", "sat"), ("insert", "lay")]
    assert (made.summary.deleted, made.summary.inserted, made.summary.hunks) == (1, 1, 1)


def test_short_equal_runs_between_changes_are_folded_and_the_numbers_stay_exact() -> None:
    made = diff("one two three four five", "uno two tres four five")
    assert opcodes(made) == [("delete", "one two three"), ("insert", "uno two tres")]
    assert (made.summary.deleted, made.summary.inserted, made.summary.hunks) == (2, 2, 1)
    unfolded = diff("one two three four five", "uno two tres four five", Options(fold=0))
    assert unfolded.summary.hunks == 2


def test_a_moved_paragraph_is_recognised() -> None:
    first = "Alpha starts here with its own seven words.\n"
    second = "Beta is another paragraph that is somewhat longer than the first one is.\n"
    made = diff(first + second, second + first)
    assert [(m.a, m.units >= 8) for m in made.moves] == [((0, len(first)), True)]
    assert made.summary.moved == made.moves[0].units


def test_an_inserted_line_stands_as_a_whole_line() -> None:
    a = "x = [\n  1,\n]\ny = [\n  2,\n]\n"
    b = "x = [\n  1,\n]\nz = [\n  3,\n]\ny = [\n  2,\n]\n"
    made = diff(a, b, Options(fold=0, moves=False))
    added = [op.added for op in made.ops if op.kind == "insert"]
    assert added == ["z = [\n  3,\n]\n"]


def test_white_space_and_case_can_be_ignored_and_are_still_applied() -> None:
    a, b = "The  cat\nsat. ", "the cat sat."
    made = diff(a, b, Options(ignore_space=True, ignore_case=True))
    assert not made.changed
    assert not made.summary.identical
    assert apply(made, a) == b
    assert diff(a, b).changed


def test_a_text_wrapped_anew_has_no_changed_word() -> None:
    a, b = "one two three four", "one two\nthree four"
    made = diff(a, b)
    assert opcodes(made) == [("delete", " "), ("insert", "\n")]
    assert (made.summary.deleted, made.summary.inserted, made.summary.spaces) == (0, 0, 1)
    assert made.changed
    assert apply(made, a) == b


def test_blank_lines_do_not_count_when_white_space_is_ignored() -> None:
    assert not diff("a\nb\n", "a\n\n\n  b\n", Options(by="line", ignore_space=True)).changed
    assert not diff("", " \n ", Options(ignore_space=True)).changed


def test_scripts_without_spaces_are_compared_by_character() -> None:
    made = diff("今日は良い天気です", "今日は悪い天気です", Options(fold=0))
    assert opcodes(made) == [("delete", "良"), ("insert", "悪")]


def test_a_diff_refuses_a_text_it_was_not_made_from() -> None:
    made = diff("one two three", "one 2 three")
    for other in ("one three", "one too three", "one two three four", ""):
        with pytest.raises(UsageError, match="another text"):
            apply(made, other)


def test_equal_texts_have_one_equal_op_and_similarity_one() -> None:
    made = diff("same text", "same text")
    assert [op.kind for op in made.ops] == ["equal"]
    assert (made.summary.similarity, made.summary.identical) == (1.0, True)
    assert diff("", "").ops == ()
    assert diff("", "").summary.similarity == 1.0


@pytest.mark.parametrize("by", ["word", "sentence", "line", "json"])
def test_cutting_is_linear_in_hostile_texts(by: str) -> None:
    for unit in ("." * 9, "\\", '"', " ", "\n", "a'", "1.", "\u0300", "。"):
        text = unit * 40_000
        assert "".join(CUTTERS[by](text)) == text
