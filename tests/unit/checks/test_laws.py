"""The three laws, for every check in the registry."""

import json
import re
from collections.abc import Callable

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.unit.checks.oracle import (
    ANY_TEXT,
    assert_chunking_is_irrelevant,
    assert_earliest,
    assert_early_is_never_wrong,
)
from workbench.checks import registry

SAMPLES: dict[str, tuple[str, ...]] = {
    "contains": ("contains:ab", "contains/i:Straße", "contains:aab"),
    "not_contains": ("not_contains:ab", "not_contains/i:ΑΣ", 'not_contains:"\\u0000"'),
    "regex": (
        "regex:a+b$",
        r"regex:\bab\b",
        r"regex/full:[ab]{2,}\d?",
        "regex/i:^kelvin",
        r"regex/full:(a|b\b)*",
    ),
    "not_regex": (r"not_regex:a.b", r"not_regex:\w\b\s", r"not_regex:(?m)^b$"),
    "equals": ("equals:ab a", "equals/trim/i:AB\u00e9"),
    "one_of": ("one_of:ab, abab, ba", "one_of/trim/i:A B, a, aé"),
    "max_chars": ("max_chars:0", "max_chars:7"),
    "max_words": ("max_words:0", "max_words:2"),
    "json": ("json", "json/fence", "json/unique", "json/unique/fence"),
    "json_schema": (
        'json_schema:{"type":["array","string"],"maxLength":2,"items":{"enum":["a",1,{"e":[]}]}}',
        'json_schema/fence:{"additionalProperties":false,"properties":{"a":{"minimum":1}}}',
    ),
    "rule": ("rule:a < b.c", "rule/fence:len(answer) == 2"),
    "contains_all": ("contains_all:ab, b1, a", "contains_all/i:SS, É"),
    "contains_any": ("contains_any:ab, 1.",),
    "starts_with": ("starts_with:ab", "starts_with/i/trim:A b"),
    "ends_with": ("ends_with:ab", "ends_with/i/trim:a B", 'ends_with/trim:" a "'),
    "min_chars": ("min_chars:0", "min_chars:5"),
    "min_words": ("min_words:0", "min_words:3"),
    "min_lines": ("min_lines:2",),
    "max_lines": ("max_lines:0", "max_lines:2"),
    "min_sentences": ("min_sentences:2",),
    "max_sentences": ("max_sentences:1",),
    "count": ("count:bullets<=1", "count:paragraphs==2", 'count:"aB">=2', "count:headings<1"),
    "no_repetition": ("no_repetition/span=2/times=2", "no_repetition/span=3"),
    "no_refusal": ("no_refusal",),
    "language": ("language:en",),
    "ifeval": (
        'ifeval:forbidden_words {"forbidden_words": ["a", "ab"]}',
        'ifeval/loose:number_words {"num_words": 2, "relation": "less than"}',
    ),
    "markdown": ("markdown",),
    "no_markdown": ("no_markdown",),
    "code": ("code", "code:a"),
    "python_syntax": ("python_syntax", "python_syntax/fence"),
    "sql": ("sql", "sql/fence"),
    "judge": ("judge/lane=a:b",),
    "agree": ("agree:a",),
    "confidence": ("confidence/field=a:0.5",),
    "all": ("all:(contains:a) (max_chars:9) (not json)", "all:(any:(regex:a$) (json)) (json)"),
    "any": ("any:(equals:ab) (not_contains:a)",),
    "at_least": ("at_least:2 (contains:a) (not contains:b) (max_words:2)",),
    "min_tokens": ("min_tokens:3",),
    "max_tokens": ("max_tokens:3",),
    "min_tokens_per_s": ("min_tokens_per_s/after=5:20",),
    "max_cost": ("max_cost:0.1",),
    "deadline": ("deadline:total<3s",),
}
ALL_SAMPLES = [sample for samples in SAMPLES.values() for sample in samples]

HOSTILE = st.text(st.sampled_from('ab AB1.é\u017f\u0130\ud800\0\n"`{}[],:\\-0ejsonul'), max_size=24)
TEXTS = st.one_of(ANY_TEXT, HOSTILE)


WITHOUT = {"python"}
"""User code keeps the laws only if the user does."""


def test_every_check_has_samples_here() -> None:
    assert set(SAMPLES) == set(registry.names()) - WITHOUT


@pytest.mark.parametrize("check", ALL_SAMPLES)
@given(text=TEXTS, cuts=st.lists(st.integers(0, 60), max_size=5))
@settings(max_examples=60, deadline=None)
def test_chunking_does_not_matter(check: str, text: str, cuts: list[int]) -> None:
    assert_chunking_is_irrelevant(check, text, cuts)


@pytest.mark.parametrize("check", ALL_SAMPLES)
@given(text=TEXTS, more=TEXTS)
@settings(max_examples=60, deadline=None)
def test_early_is_never_wrong(check: str, text: str, more: str) -> None:
    assert_early_is_never_wrong(check, text, more)


@pytest.mark.long
@pytest.mark.parametrize("check", ALL_SAMPLES)
@given(text=TEXTS, more=TEXTS, cuts=st.lists(st.integers(0, 60), max_size=8))
@settings(max_examples=5000, deadline=None)
def test_the_first_two_laws_at_length(check: str, text: str, more: str, cuts: list[int]) -> None:
    assert_chunking_is_irrelevant(check, text, cuts)
    assert_early_is_never_wrong(check, text, more)


def _is_json(text: str) -> bool:
    def refuse(_: str) -> None:
        raise ValueError

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


EARLIEST = [
    ("starts_with:aba", lambda t: t.startswith("aba"), "ab", 5, 3),
    ("starts_with/trim:ab", lambda t: t.lstrip().startswith("ab"), "ab ", 5, 3),
    ("ends_with:aba", lambda t: t.endswith("aba"), "ab", 6, 3),
    ("ends_with/trim:ab", lambda t: t.rstrip().endswith("ab"), "ab ", 6, 3),
    ("contains_all:ab, ba", lambda t: "ab" in t and "ba" in t, "ab", 6, 4),
    ("contains_any:aa, bb", lambda t: "aa" in t or "bb" in t, "ab", 5, 3),
    ("min_chars:3", lambda t: len(t) >= 3, "a", 5, 3),
    ("max_lines:2", lambda t: len(t.split("\n")) - t.endswith("\n") <= 2 or not t, "a\n", 6, 1),
    ("min_words:2", lambda t: len(t.split()) >= 2, "a ", 5, 4),
    ("count:words==2", lambda t: len(t.split()) == 2, "a ", 6, 4),
    ('count:"ab"<2', lambda t: t.count("ab") < 2, "ab", 6, 1),
    ("count:commas<=1", lambda t: t.count(",") <= 1, "a,", 5, 1),
    ("all:(not_contains:aa) (max_chars:3)", lambda t: "aa" not in t and len(t) <= 3, "ab", 5, 1),
    ("any:(equals:ab) (equals:ba)", lambda t: t in ("ab", "ba"), "ab", 4, 2),
    (
        "at_least:2 (not_contains:a) (not_contains:b) (max_chars:2)",
        lambda t: ("a" not in t) + ("b" not in t) + (len(t) <= 2) >= 2,
        "ab",
        5,
        2,
    ),
    ("not_contains:aab", lambda t: "aab" not in t, "ab", 6, 1),
    ("not_contains/i:aB", lambda t: "ab" not in t.lower(), "aAbB", 4, 1),
    ("contains:aba", lambda t: "aba" in t, "ab", 6, 3),
    ("equals:aba", lambda t: t == "aba", "ab", 5, 3),
    ("equals/trim:ab", lambda t: t.strip() == "ab", "ab ", 5, 3),
    ("one_of:ab, a, bb", lambda t: t in ("ab", "a", "bb"), "ab", 4, 2),
    ("one_of/trim:a b, a", lambda t: t.strip() in ("a b", "a"), "ab ", 5, 3),
    ("max_chars:3", lambda t: len(t) <= 3, "ab", 5, 1),
    ("max_words:1", lambda t: len(t.split()) <= 1, "a \n", 5, 1),
    ("regex:ab$", lambda t: t.endswith("ab"), "ab", 5, 3),
    ("regex:^ab", lambda t: t.startswith("ab"), "ab", 5, 3),
    (r"regex:\bb\b", lambda t: bool(re2.search(r"\bb\b", t)), "ab ", 4, 4),
    (r"regex/full:a\bb|ba?", lambda t: t in ("b", "ba"), "ab", 4, 3),
    (r"regex/full:(a|b )*b\b ?", lambda t: bool(re2.fullmatch(r"(a|b )*b\b ?", t)), "ab ", 5, 3),
    (r"not_regex:a\b", lambda t: not re2.search(r"a\b", t), "ab ", 5, 2),
    (r"not_regex:(?m)^b$", lambda t: not re2.search(r"(?m)^b$", t), "ab\n", 5, 2),
    (r"not_regex:a(b|$)", lambda t: not re2.search(r"a(b|$)", t), "abc", 4, 2),
    ("json", _is_json, '{}":1', 4, 4),
    ("json", _is_json, "[]-0.", 4, 4),
    ("json", _is_json, "-01e+", 5, 2),
    ("json", _is_json, '"\\u0', 4, 5),
    ("json", _is_json, "null ", 5, 4),
    ("max_sentences:1", lambda t: _sentences(t) <= 1, "a. ", 6, 2),
    ("count:bullets<=1", lambda t: len(_BULLET.findall(t)) <= 1, "- a\n", 7, 1),
    ("code", lambda t: bool(_CODE.fullmatch(t)), "`a\n", 5, 7),
    (
        "no_markdown",
        lambda t: not re.search(r"\*\*[^*\s][^*\n]*\*\*|(?m:^ *\* +[^ ])", t),
        "*a ",
        7,
        1,
    ),
    (
        "all:(not contains:ab) (not contains:ba)",
        lambda t: "ab" not in t and "ba" not in t,
        "ab",
        6,
        1,
    ),
    ("any:(not max_chars:2) (equals:a)", lambda t: len(t) > 2 or t == "a", "ab", 4, 3),
    (
        "all:(not any:(contains:aa) (contains:bb)) (max_chars:4)",
        lambda t: "aa" not in t and "bb" not in t and len(t) <= 4,
        "ab",
        6,
        1,
    ),
    (
        "at_least:1 (all:(equals:ab) (max_chars:5)) (starts_with:ba)",
        lambda t: t == "ab" or t.startswith("ba"),
        "ab",
        4,
        2,
    ),
]

_BULLET = re.compile(r"(?m)^ *- +[^ \n]")
_CODE = re.compile(r"\s*```[^`\n]*\n(?:(?!```)[^\n]*\n)*```\s*")


def _sentences(text: str) -> int:
    """Count words that begin the text or follow one that ends in a full stop (``a.`` counts)."""
    words = text.split()
    ends = [w.endswith(".") for w in words]
    return sum(1 for i in range(len(words)) if i == 0 or ends[i - 1])


NOT_TRIED = {"no_refusal"}
"""Its shortest phrase is too long for brute force; it is ``not_regex`` on a list of patterns."""


def test_every_check_that_says_earliest_is_tried() -> None:
    tried = {check.partition(":")[0].partition("/")[0] for check, *_ in EARLIEST}
    said = {d.name for d in registry.definitions() if d.when == "earliest"}
    assert said - tried == NOT_TRIED


def _keys_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _fits(schema: object) -> Callable[[str], bool]:
    oracle = Draft202012Validator(schema)

    def fits(text: str) -> bool:
        try:
            return oracle.is_valid(json.loads(text, object_pairs_hook=_keys_once))
        except ValueError:
            return False

    return fits


OF_JSON = [
    ("json/unique", {}, '{"a":1,"', 'ab":1}', 3, 4),
    ("json_schema", {"maxItems": 2, "items": {"enum": ["a", True]}}, "[", '[],"a', 4, 4),
    ("json_schema", {"type": "string", "pattern": "^ab?$"}, "", '"ab', 5, 3),
    ("json_schema", {"type": "string", "maxLength": 2, "enum": ["ab", "abb"]}, '"', '"ab', 4, 3),
    (
        "json_schema",
        {"properties": {"a": {"const": "b"}}, "maxProperties": 1},
        '{"a":',
        'b,}"',
        4,
        3,
    ),
    (
        "json_schema",
        {"anyOf": [{"const": "b"}, {"maxItems": 1, "type": "array"}]},
        "",
        '"b[]',
        3,
        4,
    ),
    (
        "json_schema",
        {"additionalProperties": False, "properties": {"ab": {}}},
        '{"',
        'ab":1}',
        3,
        4,
    ),
    ("json_schema", {"uniqueItems": True, "type": "array"}, "[", '1,"a]', 4, 3),
    ("json_schema", {"prefixItems": [{"type": "null"}], "items": False}, "[", "nul],", 3, 4),
]


@pytest.mark.parametrize(("check", "schema", "start", "alphabet", "depth", "reach"), OF_JSON)
def test_json_fails_at_the_first_hopeless_character(
    check: str, schema: object, start: str, alphabet: str, depth: int, reach: int
) -> None:
    written = check if check == "json/unique" else f"{check}:{json.dumps(schema)}"
    assert_earliest(written, _fits(schema), alphabet, depth, reach, start)


@pytest.mark.parametrize(("check", "passes", "alphabet", "depth", "reach"), EARLIEST)
def test_a_fail_comes_at_the_first_hopeless_character(
    check: str, passes: object, alphabet: str, depth: int, reach: int
) -> None:
    assert callable(passes)
    assert_earliest(check, passes, alphabet, depth, reach)
