"""The pipeline: every check decides once, and a crash is that check's own."""

from dataclasses import replace

from workbench.checks.base import Check, Progress
from workbench.checks.pipeline import Pipeline
from workbench.checks.syntax import CheckSpec, parse_check, parse_checks
from workbench.model.verdict import Decision

NOW = Progress(0.0, None, 0)


def at(ms: float, ttft: float | None = None, *, ended: bool = False) -> Progress:
    return Progress(ms, ttft, 0, ended=ended)


class _Crashing:
    def __init__(self, where: str) -> None:
        self.where = where

    def feed(self, text: str) -> Decision | None:
        if self.where == "feed":
            raise RecursionError("too deep")
        return None

    def finish(self) -> Decision:
        raise ValueError("no verdict")


def _crashing(where: str) -> CheckSpec:
    def make() -> Check:
        if where == "make":
            raise MemoryError
        return _Crashing(where)

    return replace(parse_check("json"), make=make, label=where)


def test_each_check_decides_once_and_is_then_left_alone() -> None:
    pipeline = Pipeline(parse_checks(["contains:b", "max_chars:2", "json"]))
    assert pipeline.undecided == (0, 1, 2)
    assert [(i, d.verdict) for i, d in pipeline.feed("ab", NOW)] == [(0, "pass"), (2, "fail")]
    assert pipeline.undecided == (1,)
    assert [(i, d.verdict, d.at_char) for i, d in pipeline.feed("cd", NOW)] == [(1, "fail", 2)]
    assert pipeline.feed("ef", NOW) == []
    assert pipeline.finish(NOW) == []


def test_names_are_unique_and_severities_stand_in_the_same_order() -> None:
    pipeline = Pipeline(parse_checks(["json", "warn json", "label=json max_chars:2"]))
    assert pipeline.names == ("json", "json #2", "json #3")
    assert pipeline.severities == ("fail", "warn", "fail")


def test_a_crash_is_an_error_of_that_check_alone() -> None:
    specs = [_crashing("make"), _crashing("feed"), _crashing("finish"), parse_check("max_chars:9")]
    pipeline = Pipeline(specs)
    first = pipeline.feed("abc", NOW)
    assert [(i, d.verdict) for i, d in first] == [(0, "error"), (1, "error")]
    assert "RecursionError: too deep" in first[1][1].reason
    last = pipeline.finish(at(1, ended=True))
    assert [(i, d.verdict) for i, d in last] == [(2, "error"), (3, "pass")]


def test_a_check_that_cannot_be_made_is_told_even_when_nothing_ever_came() -> None:
    assert [d.verdict for _, d in Pipeline([_crashing("make")]).finish(NOW)] == ["error"]


def test_negation_turns_pass_and_fail_around_but_not_an_error() -> None:
    specs = [parse_check("not contains:a"), parse_check("not json"), _crashing("feed")]
    pipeline = Pipeline([*specs[:2], replace(specs[2], negated=True)])
    verdicts = {i: d.verdict for i, d in pipeline.feed("xa", NOW)}
    assert verdicts == {0: "fail", 1: "pass", 2: "error"}


def test_a_deadline_needs_no_token() -> None:
    pipeline = Pipeline(parse_checks(["deadline:ttft<0.5s", "deadline:total<3s", "json"]))
    assert pipeline.next_due_ms() == 500.0
    assert pipeline.tick(at(499.9)) == []
    ((index, decision),) = pipeline.tick(at(500.0))
    assert (index, decision.verdict, decision.at_char) == (0, "fail", 0)
    assert pipeline.next_due_ms() == 3000.0
    assert [i for i, _ in pipeline.tick(at(3000.0))] == [1]
    assert pipeline.next_due_ms() is None


def test_a_first_token_in_time_passes_at_once() -> None:
    pipeline = Pipeline(parse_checks(["deadline:ttft<0.5s", "deadline:total<3s"]))
    assert [(i, d.verdict) for i, d in pipeline.feed("a", at(520.0, 499.0))] == [(0, "pass")]
    assert [(i, d.verdict) for i, d in pipeline.finish(at(2999.0, 499.0, ended=True))] == [
        (1, "pass")
    ]


def test_an_answer_that_ends_too_late_fails_even_if_no_timer_fired() -> None:
    pipeline = Pipeline(parse_checks(["deadline:total<3s"]))
    assert [d.verdict for _, d in pipeline.finish(at(3000.0, 1.0, ended=True))] == ["fail"]


def test_without_checks_nothing_happens() -> None:
    pipeline = Pipeline(())
    assert (pipeline.feed("a", NOW), pipeline.finish(NOW), pipeline.next_due_ms()) == ([], [], None)
