"""The diff of JSON documents by structure."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.diffing.compare import apply, diff
from workbench.diffing.records import JsonChange, Options
from workbench.diffing.structure import compare_json
from workbench.errors import UsageError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(("", "a", "a/b~")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(("id", "a", "x/y", "~")), inner, max_size=3)
    ),
    max_leaves=12,
)


def changes(a: str, b: str) -> list[tuple[str, str | None, str | None]]:
    return [(c.kind, c.path, c.to) for c in compare_json(a, b)]


def at(document: object, pointer: str) -> object:
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document


@given(JSON, JSON)
def test_nothing_changed_exactly_when_the_values_are_equal(a: object, b: object) -> None:
    same = json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)
    assert (not compare_json(json.dumps(a), json.dumps(b, indent=1))) == same


@given(JSON, JSON)
def test_every_change_names_the_place_and_the_value_it_has_there(a: object, b: object) -> None:
    for change in compare_json(json.dumps(a), json.dumps(b)):
        if change.path is not None and change.a is not None:
            assert at(a, change.path) == json.loads(change.a)
        if change.to is not None and change.b is not None:
            assert at(b, change.to) == json.loads(change.b)


@given(JSON, JSON)
def test_the_text_of_a_structural_diff_is_applied_exactly(a: object, b: object) -> None:
    first, second = json.dumps(a), json.dumps(b, indent=2)
    assert apply(diff(first, second, Options(by="json")), first) == second


def test_order_of_members_and_layout_mean_nothing() -> None:
    made = diff('{"a":1,"b":[1,2]}', '{ "b": [1.0, 2], "a": 1e0 }', Options(by="json"))
    assert made.changes == ()
    assert not made.changed


def test_one_inserted_item_is_one_change() -> None:
    assert changes("[1,2,3,4]", "[0,1,2,3,4]") == [("added", None, "/0")]


def test_items_are_known_again_by_their_id() -> None:
    a = '[{"id":1,"v":"x"},{"id":2,"v":"y"}]'
    b = '[{"id":2,"v":"z"}]'
    assert changes(a, b) == [("removed", "/0", None), ("changed", "/1/v", "/0/v")]


def test_a_value_under_another_name_is_moved() -> None:
    made = compare_json('{"old":{"name":"a long enough"}}', '{"new":{"name":"a long enough"}}')
    value = '{"name": "a long enough"}'
    assert made == (JsonChange("moved", "/old", "/new", value, value),)


def test_numbers_keep_their_wording() -> None:
    long = "1" * 5000
    (change,) = compare_json(f"[{long}]", "[1.50]")
    assert (change.a, change.b) == (long, "1.50")
    assert changes("[1e400]", "[2e400]") == [("changed", "/0", "/0")]
    assert changes("[0.0]", "[-0]") == []


def test_what_is_not_json_is_refused_with_a_reason() -> None:
    for a, which in (("{", "first"), ("NaN", "first"), ("[" * 100_000, "first"), ("", "first")):
        with pytest.raises(UsageError, match=which):
            compare_json(a, "1")
    with pytest.raises(UsageError, match="second"):
        compare_json("1", "nope")


def test_a_fenced_document_is_compared_too() -> None:
    assert changes('```json\n{"a":1}\n```', '{"a":2}') == [("changed", "/a", "/a")]
