"""The rules that leave with an export judge as the checks do."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.suite_cases import case, plain_cases
from workbench.checks.base import Progress
from workbench.checks.pipeline import Pipeline
from workbench.checks.syntax import parse_check
from workbench.model.prompt import Message
from workbench.suites.case import Case
from workbench.suites.exporters import finetune
from workbench.suites.exporters.runtime.workbench_checks import failures
from workbench.suites.patterns import NotPortable, translate
from workbench.suites.portable import rules_of

CHECKS = (
    "json",
    "not json",
    "contains:ab",
    "contains/i:Ab",
    "not_contains:b",
    "equals:ab",
    "equals/trim:ab",
    "equals/i/trim:Ab",
    "one_of:a, b, ab",
    "one_of/i/trim:A, b",
    "max_chars:3",
    "max_words:1",
    "not max_words:1",
    r"regex:^a.*b$",
    r"regex:\d\s\w",
    r"regex/full:(?:a|b)+",
    r"not_regex:a{2,3}|[^ab]",
)
TEXT = st.text(st.sampled_from('aAbB \n1{}[]",:\u00e9\u2028\u212a'), max_size=8)


def ours(check: str, answer: str) -> bool:
    pipeline = Pipeline([parse_check(check)])
    progress = Progress(0.0, 0.0, 1, None)
    decided = [*pipeline.feed(answer, progress), *pipeline.finish(progress)]
    return decided[0][1].verdict == "pass"


@given(TEXT, st.sampled_from(CHECKS))
def test_an_exported_rule_gives_the_verdict_of_the_check(answer: str, check: str) -> None:
    rules, lost = rules_of(case("c", "u", answer, check))
    assert not lost
    assert (not failures([rule.record() for rule in rules], answer)) == ours(check, answer)


def test_every_check_without_a_counterpart_is_listed_with_the_reason() -> None:
    lost = [item for c in plain_cases() for item in rules_of(c)[1]]
    assert [(item.case, item.what) for item in lost] == [
        ("warned", "warn max_chars:3"),
        ("deadline", "deadline:ttft<0.5s"),
    ]
    assert all(item.why for item in lost)


def test_a_case_without_checks_is_judged_by_its_expected_values() -> None:
    (rule,) = rules_of(case("c", "u", None, expected=("4", "four")))[0]
    assert not failures([rule.record()], " four\n")
    assert failures([rule.record()], "5")


@pytest.mark.parametrize(
    "pattern", [r"(?s)a.b", r"\pL", r"a++", r"(?P<n>a)", r"[[:alpha:]]", r"\Aa", "\U0001f600", "[a"]
)
def test_a_pattern_that_may_mean_something_else_is_refused(pattern: str) -> None:
    with pytest.raises(NotPortable):
        translate(pattern)


@given(
    st.lists(
        st.sampled_from(
            ("a", "b", ".", "$", "^", r"\s", r"\S", "[^a]", r"[\s1]", "{2}", "{,2}", "?")
        ),
        max_size=5,
    ).map("".join),
    TEXT,
)
def test_a_translated_pattern_matches_what_the_check_matches(pattern: str, answer: str) -> None:
    try:
        spec = parse_check(f"regex:{pattern}")
        python = re.compile(translate(pattern), re.ASCII)
    except Exception:  # noqa: BLE001 -- not every drawn pattern is one
        return
    del spec
    assert (python.search(answer) is not None) == ours(f"regex:{pattern}", answer)


def test_reviewed_cases_that_are_all_held_out_are_said() -> None:
    made = (
        Case(f"c{n}", (Message("user", "q" * (n + 1)),), expected=("yes",), review="reviewed")
        for n in range(100)
    )
    alone = next(one for one in made if finetune.held_out(one))
    export = finetune.export("s", [alone])
    assert export.files["train.jsonl"] == ""
    assert [(u.case, u.what) for u in export.unmapped] == [(alone.id, "training data")]
