"""``regex`` and ``not_regex`` against RE2 itself, and against hostile patterns."""

import json

import pytest
import re2
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.checks.oracle import judge_text
from workbench.checks import automaton
from workbench.checks.charsets import quiet
from workbench.checks.regex import REGEX
from workbench.checks.syntax import parse_check
from workbench.errors import CheckSyntaxError

ELEMENTS = st.sampled_from(
    [
        *("a", "b", "x", "é", " ", ".", "(?s:.)", "[^a]", "[ab]", "[]b]", "[^]b]", "[a\\]-]", ""),
        *(r"\b", "^", "$", "(?m:^)", "(?m:$)", r"\A", r"\z", r"\w", r"\W", r"\s", r"\d", r"\n"),
        *("(?i:k)", "(?i:[^s])", r"\pL", r"\PL", r"[\p{Greek}x]", "[[:alpha:]_]", "[[:^alpha:]]"),
        *(r"\Q.a\E", r"\x41", r"\x{212A}", r"\101", "(?i)É"),
    ]
)
SUFFIXES = st.sampled_from(["*", "+", "?", "*?", "{2}", "{1,2}", "{0,2}", "{2,}", "{,2}"])
PATTERNS = st.recursive(
    ELEMENTS,
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("(?P<n>{})".format, inner),
        st.builds("(?:{}){}".format, inner, SUFFIXES),
        st.builds("(?i-s:{})".format, inner),
    ),
    max_leaves=8,
)
TEXTS = st.text(st.sampled_from("abABxX sSkK\u212a\u017féÉ\n\u03b1.1_\ud800\0"), max_size=8)


def _refused(pattern: str) -> bool:
    try:
        re2.compile(pattern, quiet())
    except re2.error:
        return True
    return False


@given(PATTERNS, st.lists(TEXTS, min_size=1, max_size=4), st.integers(1, 9))
@settings(max_examples=300, deadline=None)
def test_verdicts_are_those_of_re2(pattern: str, texts: list[str], size: int) -> None:
    assume(pattern and not _refused(pattern) and pattern.count("(?P<n>") <= 1)
    compiled = re2.compile(pattern, quiet())
    quoted = json.dumps(pattern)
    for text in texts:
        known = text.replace("\ud800", "\ufffd")
        found = compiled.search(known) is not None
        assert (judge_text(f"regex:{quoted}", text, size).verdict == "pass") == found
        assert (judge_text(f"not_regex:{quoted}", text, size).verdict == "fail") == found
        whole = compiled.fullmatch(known) is not None
        assert (judge_text(f"regex/full:{quoted}", text, size).verdict == "pass") == whole


@pytest.mark.parametrize("text", ["x", "xx", "x x", "aB_1"])
def test_a_place_that_is_no_word_boundary_is_found_like_in_re2(text: str) -> None:
    found = re2.search(r"\B", text) is not None
    assert (judge_text(r"regex:\B", text).verdict == "pass") == found


@pytest.mark.parametrize(
    ("pattern", "column"),
    [
        ("a(b", 1),
        ("ab[c", 3),
        ("a**", 2),
        (r"a(?=b)", 2),
        (r"(a)\1", 4),
        (r"x\C", 2),
        ("x{1001}", 2),
    ],
)
def test_a_pattern_re2_refuses_is_refused_when_written(pattern: str, column: int) -> None:
    with pytest.raises(CheckSyntaxError) as caught:
        parse_check(f"regex:{pattern}")
    assert caught.value.column == column + len("regex:")
    assert caught.value.hint


def test_a_pattern_that_is_too_large_is_refused_when_written() -> None:
    for pattern in (
        "(?:[a-c]{1000}x){9}",
        "x" * 30_000,
        "(" * 200 + "a" + ")" * 200,
    ):
        with pytest.raises(CheckSyntaxError):
            parse_check(f"regex:{pattern}")


def test_a_pattern_that_explodes_stays_linear_and_in_bounded_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(automaton, "MAX_STATES", 50)
    spec = parse_check("regex/full:(?:a|b)*a(?:a|b){200}")
    text = "".join("ab"[(i * i // 7) % 2] for i in range(4000))
    check = spec.make()
    for char in text:
        assert check.feed(char) is None
    states = len(check._follower._automaton._states)
    assert states <= 51
    assert (check.finish().verdict == "pass") == (text[-201] == "a")


@pytest.mark.parametrize(
    ("check", "text", "verdict", "at"),
    [
        ("regex:foo", "a foo bar", "pass", 4),
        (r"regex:foo\b", "a foo bar", "pass", 5),
        (r"regex:foo\b", "a foo", "pass", 5),
        ("regex:foo$", "a foo bar", "fail", 9),
        (r"regex:^\{", "Sure! {", "fail", 0),
        (r"regex:\A\s*\{", "  x{", "fail", 2),
        ("regex/full:[0-9]+", "12a4", "fail", 2),
        ("regex/full:[0-9]+(?s:.*)", "12", "pass", 0),
        ("regex/i:STRASSE", "die strasse", "pass", 10),
        (r"not_regex:\bTODO\b", "a TODO: x", "fail", 6),
        ("not_regex:^a", "ba", "pass", 0),
        ("regex:", "", "error", 0),
    ],
)
def test_it_decides_where_the_text_allows(check: str, text: str, verdict: str, at: int) -> None:
    if verdict == "error":
        with pytest.raises(CheckSyntaxError):
            parse_check(check)
        return
    for size in (1, 2, 100):
        decision = judge_text(check, text, size)
        assert (decision.verdict, decision.at_char) == (verdict, at)


def test_what_matched_is_shown_with_its_place() -> None:
    decision = judge_text(r"not_regex:\d{3}-\d{4}", "call 555-1234 now", 5)
    assert decision.span == (5, 13)
    assert '"555-1234"' in decision.reason


def test_the_definition_does_not_share_state_between_attempts() -> None:
    make = REGEX.parse(parse_check("regex/full:ab").argument)
    first, second = make(), make()
    assert first.feed("a") is None
    assert second.feed("b") is not None
    assert first.feed("b") is None


def test_a_lone_surrogate_is_read_as_the_replacement_character() -> None:
    assert judge_text(r"regex/full:\x{FFFD}", "\udfff").verdict == "pass"
    assert judge_text(r"not_regex:.", "\udfff").verdict == "fail"
