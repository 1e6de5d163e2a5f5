"""Counts, phrases, budgets and groups."""

import pytest

from tests.unit.checks.oracle import judge_text
from workbench.checks.base import Progress
from workbench.checks.pipeline import Pipeline
from workbench.checks.syntax import parse_check, parse_checks
from workbench.errors import CheckSyntaxError

PROSE = 'Dr. Ann met J. Doe at 3.5 km. "Really?" she said! It was fun... I. Then: end'
LIST = "# Title\n\n- one\n* two [x]\n  3. three\n-none\n**bold**\n\n> quote, [l](u)\n"


@pytest.mark.parametrize(
    ("check", "text", "verdict", "at"),
    [
        ("max_sentences:3", PROSE, "fail", PROSE.index("It was")),
        ("min_sentences:4", PROSE, "pass", PROSE.index("It was")),
        ("count:sentences==6", PROSE, "pass", len(PROSE)),
        ("count:bullets==3", LIST, "pass", len(LIST)),
        ("count:bullets<=2", LIST, "fail", LIST.index("three")),
        ("count:headings>=1", LIST, "pass", 2),
        ("count:quotes==1", LIST, "pass", len(LIST)),
        ("count:placeholders==2", LIST, "pass", len(LIST)),
        ("count:links==1", LIST, "pass", len(LIST)),
        ("count:commas<1", LIST, "fail", LIST.index(",")),
        ("count:paragraphs==3", "a\nb\n\nc\n \n d\n\n", "pass", 13),
        ("count:paragraphs<=1", "\n\na\n\n\nb", "fail", 6),
        ('count:"na">=2', "BaNana", "pass", 5),
        ("max_lines:2", "a\n\nb", "fail", 3),
        ("min_lines:3", "a\nb\n", "fail", 4),
        ("min_chars:3", "ab", "fail", 2),
        ("contains_all:b, a", "xxabxx", "pass", 3),
        ("ends_with/trim/i:BYE", "bye \n", "pass", 5),
    ],
)
def test_it_decides_where_the_text_allows(check: str, text: str, verdict: str, at: int) -> None:
    for size in (1, 3, 1000):
        decision = judge_text(check, text, size)
        assert (decision.verdict, decision.at_char) == (verdict, at), decision


@pytest.mark.parametrize(
    ("check", "column"),
    [
        ("count:bullets", 7),
        ("count:bulets==3", 7),
        ("count:bullets==x", 16),
        ('count:"a', 7),
        ('count:"a"==x', 12),
        ("count:words<0", 13),
        ("min_tokens_per_s:fast", 18),
        ("max_cost:-1", 10),
        ("all:", 5),
        ("all:json", 5),
        ("all:(json", 5),
        ("all:(json) (max_words:x)", 23),
        ("all:(nope)", 6),
        ("all:(warn json)", 6),
        ("at_least:(json)", 10),
        ("at_least:3 (json)", 10),
        ("at_least:0 (json)", 10),
        ('all:"json', 5),
        ("all:" + "(all:" * 60 + "(json)" + ")" * 60, 5),
    ],
)
def test_a_mistake_is_shown_with_its_column(check: str, column: int) -> None:
    with pytest.raises(CheckSyntaxError) as caught:
        parse_check(check)
    assert caught.value.column == column


def test_a_member_with_single_parentheses_is_written_as_a_json_string() -> None:
    assert judge_text('any:(equals:b) "contains:a)"', "xa)").verdict == "pass"


def test_a_group_says_which_member_settled_it() -> None:
    decision = judge_text("at_least:2 (json) (max_chars:3) (contains:a)", "hello a", 2)
    assert (decision.verdict, decision.at_char) == ("fail", 3)
    assert decision.reason == "2 of 3 fail, the last one max_chars:3: longer than 3 characters"


def test_a_group_holds_a_deadline() -> None:
    pipeline = Pipeline(parse_checks(["all:(deadline:ttft<1s) (json)"]))
    assert pipeline.next_due_ms() == 1000.0
    ((_, decision),) = pipeline.tick(Progress(1000.0, None, 0))
    assert decision.verdict == "fail"


def test_token_budgets_look_at_tokens() -> None:
    pipeline = Pipeline(parse_checks(["max_tokens:2", "min_tokens:2", "min_tokens:9"]))
    assert [(i, d.verdict) for i, d in pipeline.feed("a", Progress(1, 1, 2))] == [(1, "pass")]
    assert [(i, d.verdict) for i, d in pipeline.feed("b", Progress(2, 1, 3))] == [(0, "fail")]
    end = pipeline.finish(Progress(3, 1, 3, ended=True))
    assert [(i, d.verdict) for i, d in end] == [(2, "fail")]


def test_a_stall_breaks_the_rate_by_a_timer() -> None:
    pipeline = Pipeline(parse_checks(["min_tokens_per_s/after=2:10"]))
    assert pipeline.feed("a", Progress(100, 100, 1)) == []
    assert pipeline.next_due_ms() is None
    assert pipeline.feed("b", Progress(150, 100, 2)) == []
    due = pipeline.next_due_ms()
    assert due == 301.0
    assert [d.verdict for _, d in pipeline.tick(Progress(due, 100, 2))] == ["fail"]


def test_a_cost_limit_fails_by_the_estimate_and_an_unknown_price_is_an_error() -> None:
    pipeline = Pipeline(parse_checks(["max_cost:$0.001"]))
    assert [d.verdict for _, d in pipeline.feed("a", Progress(1, 1, 1, 0.002))] == ["fail"]
    unknown = Pipeline(parse_checks(["max_cost:0.001"])).finish(Progress(1, 1, 1, ended=True))
    assert [d.verdict for _, d in unknown] == ["error"]
