"""``json``: RFC 8259 exactly, at the exact character."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.checks.oracle import judge_text

ACCEPTED = [
    *("0", "-0", "-0.0e-0", "1E+2", "123.456e789", "true", "false", "null", '""', "[]", "{}"),
    *(" \t\r\n[ ] ", '{"a":{"b":[1,2,{"c":null}]},"a":1}', '"\\u0041\\ud834\\udd1e\\n\\/"'),
    *('"\x7f\u2028\u2029\ufeff"', '"\ud800"', '"\\ud800"', "1" * 5000, "-" + "9" * 5000 + "e9999"),
]

REFUSED = [
    ("", 0, "expected a value"),
    ("  ", 2, "expected a value"),
    ("NaN", 0, "came"),
    ("Infinity", 0, "came"),
    ("-Infinity", 1, "a digit"),
    ("01", 1, "nothing more"),
    ("[-01]", 3, "a comma or ]"),
    ("+1", 0, "came"),
    (".5", 0, "came"),
    ("1.", 2, "a digit after the point"),
    ("[1.]", 3, "a digit after the point"),
    ("1e", 2, "exponent"),
    ("[1e+]", 4, "exponent"),
    ("0x1", 1, "nothing more"),
    ("[1,]", 3, "a value"),
    ("[,1]", 1, "a value or ]"),
    ("[1 2]", 3, "a comma or ]"),
    ("[1}", 2, "a comma or ]"),
    ('{"a":1]', 6, "a comma or }"),
    ('{"a":1,}', 7, "a key"),
    ("{a:1}", 1, "a key"),
    ("{'a':1}", 1, "a key"),
    ('{"a" 1}', 5, "a colon"),
    ('{"a":}', 5, "a value"),
    ('{"a"}', 4, "a colon"),
    ('"a', 2, "the closing quote"),
    ('"\t"', 1, "control character"),
    ('"\0"', 1, "control character"),
    ('"\\x"', 2, "after a backslash"),
    ('"\\u12G4"', 5, "hexadecimal"),
    ('"\\ud83d\\"', 9, "the closing quote"),
    ("nul", 3, "of null"),
    ("nulL", 3, "of null"),
    ("True", 0, "a value"),
    ("[1] x", 4, "nothing more"),
    ("{}{}", 2, "nothing more"),
    ("\ufeff{}", 0, "a value"),
    ("\u00a0{}", 0, "a value"),
    ("\x0c1", 0, "a value"),
    ("// c\n1", 0, "a value"),
    ("\0", 0, "a value"),
    ("[1,\ud800]", 3, "a value"),
    ("Sure! {}", 0, "a value"),
    ("```json\n{}\n```", 0, "a value"),
    ("[" * 20, 20, "a value or ]"),
]


@pytest.mark.parametrize("text", ACCEPTED)
@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_every_json_text_passes(text: str, size: int) -> None:
    assert judge_text("json", text, size).verdict == "pass"


@pytest.mark.parametrize(("text", "at", "reason"), REFUSED)
@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_what_is_not_json_fails_where_it_stands(text: str, at: int, reason: str, size: int) -> None:
    decision = judge_text("json", text, size)
    assert (decision.verdict, decision.at_char) == ("fail", at)
    assert reason in decision.reason


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_hundred_thousand_levels_are_an_answer_like_any_other(opening: str) -> None:
    depth = 100_000
    closing = "]" if opening == "[" else "}"
    assert judge_text("json", opening * depth + "1" + closing * depth, 5000).verdict == "pass"
    broken = judge_text("json", opening * depth + "1" + closing * depth + closing, 5000)
    assert (broken.verdict, broken.at_char) == ("fail", (len(opening) + 1) * depth + 1)


FENCED = [
    ("{}", "pass", 2),
    ("```json\n{}\n```", "pass", 14),
    ("\n ```\n[1]```\n", "pass", 13),
    ("```JSON \r\n12\n``` ", "pass", 17),
    ('```json\n"a```b"\n```', "pass", 19),
    ("```json\n12```", "pass", 13),
    ("```json\n{}\n``` Hope this helps!", "fail", 15),
    ("```json\n{}\n", "fail", 11),
    ("```python\n{}", "fail", 3),
    ("``x", "fail", 2),
    ("```json{}", "fail", 7),
    ("```json\n[1,```", "fail", 11),
    ("Sure", "fail", 0),
    ("{} ```", "fail", 3),
    ("```json\n```", "fail", 8),
]


@pytest.mark.parametrize(("text", "verdict", "at"), FENCED)
@pytest.mark.parametrize("size", [1, 4, 100])
def test_a_fence_around_json_is_an_option(text: str, verdict: str, at: int, size: int) -> None:
    decision = judge_text("json/fence", text, size)
    assert (decision.verdict, decision.at_char) == (verdict, at)


def test_a_key_that_stands_twice_fails_at_its_closing_quote_when_asked_for() -> None:
    text = '{"a":1,"b":{"a":2},"\\u0061":3}'
    decision = judge_text("json/unique", text, 4)
    assert (decision.verdict, decision.at_char, decision.span) == ("fail", 26, (19, 27))
    assert judge_text("json", text).verdict == "pass"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=12,
    ),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_whatever_the_standard_library_writes_passes(value: object, ascii_only: bool) -> None:
    import json

    text = json.dumps(value, ensure_ascii=ascii_only, indent=1)
    assert judge_text("json", text, 4).verdict == "pass"
    assert judge_text("json/unique", text, 3).verdict == "pass"
