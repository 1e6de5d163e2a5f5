"""``ifeval``: the published definitions, and failing early never says otherwise than the end."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.checks.oracle import judge_text
from workbench.checks.ifeval_rules import RULES, Arguments
from workbench.checks.syntax import parse_check
from workbench.errors import CheckSyntaxError

EXAMPLES: list[tuple[str, dict[str, object], str, str]] = [
    # instruction | arguments | an answer that follows | one that does not
    ("keywords:existence", {"keywords": ["sun", "Sea"]}, "The SEA and the sun", "The sun"),
    (
        "keywords:frequency",
        {"keyword": "sun", "frequency": 2, "relation": "less than"},
        "Sunday",
        "Sunday sun",
    ),
    (
        "keywords:frequency",
        {"keyword": "sun", "frequency": 2, "relation": "at least"},
        "sun Sun",
        "sun",
    ),
    ("keywords:forbidden_words", {"forbidden_words": ["bad", "b"]}, "badly ab", "Not BAD."),
    (
        "keywords:letter_frequency",
        {"letter": "A", "let_frequency": 3, "let_relation": "less than"},
        "abAc",
        "banana",
    ),
    ("language:response_language", {"language": "de"}, "Das ist ein Satz.", "This is a line."),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "at least"},
        "One. Two.",
        "One",
    ),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "less than"},
        "One.",
        "One. Two.",
    ),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n***\nb", "a\n\nb"),
    (
        "length_constraints:number_words",
        {"num_words": 3, "relation": "less than"},
        "one-two",
        "one-two three",
    ),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Then"},
        "First.\n\n'then, it",
        "First.\n\nNow then",
    ),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[a] [b]", "[a]"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Bye\np. s. Hi", "Bye PS"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* a\n - b", "* a"),
    ("detectable_format:constrained_response", {}, "Well, My answer is no.", "No."),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*a* *b*", "*a*"),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "Section", "num_sections": 2},
        "Section 1 a\nSection 2 b",
        "Section 1 a",
    ),
    ("detectable_format:json_format", {}, "```json\n[1]\n```", "Sure: [1]"),
    ("detectable_format:title", {}, "<<Joy>> text", "<< >> <Joy>"),
    ("combination:two_responses", {}, "a ****** b", "a ****** a"),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say Hi"}, " say hi. Hi", "Hi"),
    ("startend:end_checker", {"end_phrase": "Bye."}, 'So "bye." ', "Bye. So"),
    ("startend:quotation", {}, ' "a" ', '"a'),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "at least"},
        "A NASA rocket",
        "A rocket",
    ),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "less than"},
        "A rocket",
        "A NASA rocket",
    ),
    ("change_case:english_capital", {}, "THIS IS A PLAIN ENGLISH SENTENCE", "THIS IS a"),
    ("change_case:english_lowercase", {}, "this is a plain english sentence", "this Is"),
    ("punctuation:no_comma", {}, "a b", "a, b"),
]


def test_every_published_instruction_has_an_example() -> None:
    assert {name for name, *_ in EXAMPLES} == set(RULES)
    assert len(RULES) == 25


@pytest.mark.parametrize(("name", "arguments", "good", "bad"), EXAMPLES)
def test_the_examples_are_told_apart(
    name: str, arguments: dict[str, object], good: str, bad: str
) -> None:
    check = f"ifeval:{name} {json.dumps(arguments)}"
    for size in (1, 3, 1000):
        assert judge_text(check, good, size).verdict == "pass"
        assert judge_text(check, bad, size).verdict == "fail"
    assert judge_text(check, " \n").verdict == "fail"


TEXTS = st.one_of(
    st.text(st.sampled_from(' aAbBdD.,"*\n\u212a\u0130\u01c5é_1sSaY'), max_size=14),
    st.lists(
        st.sampled_from(("******", "***", "*", "-", "\n", "\n\n", " ", "sun", "A", "'", "a.")),
        max_size=9,
    ).map("".join),
)


@pytest.mark.parametrize(("name", "arguments", "good", "bad"), EXAMPLES)
@given(text=TEXTS, more=TEXTS, size=st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_an_early_fail_is_the_verdict_of_the_definition(
    name: str, arguments: dict[str, object], good: str, bad: str, text: str, more: str, size: int
) -> None:
    del good, bad
    whole = text + more
    follows = RULES[name](Arguments(arguments, 1))
    wanted = bool(whole.strip()) and follows(whole)
    check = f"ifeval:{name} {json.dumps(arguments)}"
    decision = judge_text(check, whole, size)
    assert (decision.verdict == "pass") == wanted
    assert decision == judge_text(check, whole, 1000)


def test_it_fails_at_the_character_that_breaks_it() -> None:
    for check, text, at in [
        ("no_comma", "one, two", 3),
        ('number_sentences {"num_sentences": 2, "relation": "less than"}', "One. Two. Three.", 5),
        ('frequency {"keyword": "sun", "frequency": 2, "relation": "less than"}', "sun SUN sun", 6),
        (
            'capital_word_frequency {"capital_frequency": 2, "capital_relation": "less than"}',
            "A NASA-X rocket",
            8,
        ),
        ('number_bullet_lists {"num_bullets": 1}', "- a\n *b\n- c", 6),
        ('number_paragraphs {"num_paragraphs": 2}', "a *** b\n***\nc d", 12),
        (
            'nth_paragraph_first_word {"num_paragraphs": 1, "nth_paragraph": 1, "first_word": "a"}',
            "a\n\n\n b c",
            5,
        ),
        ("two_responses", "a ****** b ****** c d", 18),
        ('number_words {"num_words": 3, "relation": "less than"}', "one two three four", 8),
        ('forbidden_words {"forbidden_words": ["bad"]}', "badly bad. x", 9),
        ('repeat_prompt {"prompt_to_repeat": "Say"}', " sax", 3),
        ("quotation", "Hi", 0),
        ("english_lowercase", "so So", 3),
    ]:
        decision = judge_text(f"ifeval:{check}", text, 2)
        assert (decision.verdict, decision.at_char) == ("fail", at)


def test_loose_forgives_asterisks_and_an_outer_line() -> None:
    check = 'number_words {"num_words": 3, "relation": "less than"}'
    assert judge_text(f"ifeval/loose:{check}", "Sure, here it is:\none two").verdict == "pass"
    assert judge_text(f"ifeval:{check}", "Sure, here it is:\none two").verdict == "fail"
    assert judge_text("ifeval/loose:quotation", '*"a"*').verdict == "pass"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "nope",
        "number_words",
        "number_words {",
        "number_words []",
        'number_words {"num_words": "many", "relation": "at least"}',
        'number_words {"num_words": 3, "relation": "about"}',
        'no_comma {"extra": 1}',
        'letter_frequency {"letter": "ab", "let_frequency": 1, "let_relation": "at least"}',
        'existence {"keywords": []}',
    ],
)
def test_a_mistake_is_shown_when_it_is_written(written: str) -> None:
    with pytest.raises(CheckSyntaxError):
        parse_check(f"ifeval:{written}")
