"""Structured answers, field by field."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.measure.fields import Wanted, match, score_fields, wanted

RIGHT = wanted(['{"name": "Ann", "age": 41, "home": {"city": "Oslo", "zip": "0150"}}'])
FLAT = {"name": True, "age": True, "home.city": True, "home.zip": True}


def test_an_equal_object_is_exact_whatever_its_order_and_its_way_to_write_a_number() -> None:
    same = match(' {"home": {"zip": "0150", "city": "Oslo"}, "age": 41.0, "name": "Ann"}\n', RIGHT)
    assert (same.valid, same.exact, dict(same.fields)) == (True, True, FLAT)


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ('{"name": "ann", "age": 41, "home": {"city": "Oslo", "zip": "0150"}}', {"name"}),
        ('{"name": "Ann", "age": "41", "home": {"city": "Oslo", "zip": "0150"}}', {"age"}),
        ('{"name": "Ann", "age": 41, "home": "Oslo"}', {"home.city", "home.zip"}),
        ('{"name": "Ann", "age": 41, "home": {"city": "Oslo", "zip": "0150"}, "x": 1}', set()),
        ("[]", set(FLAT)),
    ],
)
def test_each_field_is_told_and_an_inexact_object_is_not_exact(answer, wrong) -> None:
    found = match(answer, RIGHT)
    assert (found.valid, found.exact) == (True, False)
    assert {name for name, same in found.fields if not same} == wrong


@pytest.mark.parametrize(
    "answer",
    ["", "Sure: {}", "```json\n{}\n```", '{"a": NaN}', '{"a": 1', "[" * 100_000, "{} {}"],
)
def test_what_is_no_json_as_a_whole_is_invalid_and_no_field_of_it_is_right(answer) -> None:
    found = match(answer, RIGHT)
    assert (found.valid, found.exact, any(same for _, same in found.fields)) == (
        False,
        False,
        False,
    )


def test_true_is_not_one_and_null_is_not_a_missing_field() -> None:
    right = wanted(['{"a": 1, "b": null}'])
    assert dict(match('{"a": true}', right).fields) == {"a": False, "b": False}


def test_of_several_right_answers_the_one_that_fits_best_counts() -> None:
    right = wanted(["Paris", '{"a": 1, "b": 2}', '{"a": 3, "b": 4}'])
    assert dict(match('{"a": 3, "b": 2, "c": 0}', right).fields) == {"a": False, "b": True}
    assert match('{"a": 3, "b": 4}', right).exact is True


def test_shares_are_counted_over_the_cases_that_expect_something() -> None:
    right = wanted(['{"a": 1}'])
    answers = [match(text, right) for text in ('{"a": 1}', '{"a": 2}', "no")]
    score = score_fields([*answers, match("{}", Wanted())])
    assert (score.valid.count, score.valid.total) == (3, 4)
    assert (score.exact.count, score.exact.total) == (1, 3)
    assert [(name, rate.count, rate.total) for name, rate in score.fields] == [("a", 1, 3)]
    assert score_fields([]) is None
    assert score_fields([match("{}", Wanted())]).exact is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.text(), JSON, min_size=1, max_size=4))
def test_an_object_written_in_any_way_is_exactly_itself(value: dict[str, object]) -> None:
    found = match(json.dumps(value, indent=2, ensure_ascii=False), wanted([json.dumps(value)]))
    assert found.exact
    assert all(same for _, same in found.fields)
