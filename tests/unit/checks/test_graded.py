"""Judges, agreement, confidence, and code in a process of its own."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from tests.unit.checks.oracle import judge_text
from workbench.checks.base import Progress, Reply
from workbench.checks.pipeline import Pipeline
from workbench.checks.syntax import parse_check, parse_checks
from workbench.errors import CheckSyntaxError, ProviderError, UnknownName
from workbench.model.verdict import Decision

NOW = Progress(0.0, None, 0)


@dataclass
class _Engine:
    """Answers as lanes would, from a script."""

    replies: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str | None] = field(default_factory=dict)
    logprobs: Sequence[float] | None = None
    question: str = "Which city?"
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    async def ask(self, lane: str, system: str, user: str) -> Reply:
        self.asked.append((lane, system, user))
        if lane not in self.replies:
            raise ProviderError("connection refused")
        return Reply(self.replies[lane], 12.0, 7, 0.001)

    async def answer_of(self, lane: str) -> str | None:
        if lane not in self.answers:
            raise UnknownName("lane", lane, self.answers)
        return self.answers[lane]


def grade(check: str, text: str, engine: _Engine) -> Decision:
    pipeline = Pipeline(parse_checks([check]), grading=True)
    assert pipeline.feed(text, NOW) == []
    assert pipeline.finish(NOW) == []
    ((_, decision),) = asyncio.run(pipeline.grade(text, engine))
    assert pipeline.undecided == ()
    return decision


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ('{"pass": true, "reason": "fine"}', "pass"),
        ('Let me see. {"pass": false, "reason": "a \\"rude\\" word"}', "fail"),
        ('```json\n{"pass":TRUE}\n```', "pass"),
        ("I think it is good.", "error"),
        ("", "error"),
    ],
)
def test_a_judge_says_pass_or_fail_and_anything_else_is_an_error(reply: str, verdict: str) -> None:
    engine = _Engine(replies={"big": reply})
    decision = grade("judge/lane=big:Is it polite?", "Paris.", engine)
    assert (decision.verdict, decision.at_char) == (verdict, 6)
    assert "Is it polite?" in engine.asked[0][2]
    assert "Which city?" in engine.asked[0][2]


def test_what_a_judge_took_is_kept_apart() -> None:
    pipeline = Pipeline(parse_checks(["not judge/lane=big:x", "json"]), grading=True)
    pipeline.feed("[1]", NOW)
    assert [i for i, _ in pipeline.finish(NOW)] == [1]
    engine = _Engine(replies={"big": '{"pass": true}'})
    ((index, decision),) = asyncio.run(pipeline.grade("[1]", engine))
    assert (index, decision.verdict) == (0, "fail")
    assert pipeline.replies[0] == (Reply('{"pass": true}', 12.0, 7, 0.001),)


JUDGES = {"yes": '{"pass": true}', "no": '{"pass": false}', "dumb": "?"}


@pytest.mark.parametrize(
    ("check", "verdict", "asked"),
    [
        ("all:(json) (judge/lane=yes:x)", "pass", ["yes"]),
        ("all:(judge/lane=yes:x) (judge/lane=no:x)", "fail", ["yes", "no"]),
        ("any:(judge/lane=no:x) (agree:b)", "pass", ["no"]),
        ("not any:(judge/lane=no:x) (contains:zebra)", "pass", ["no"]),
        ("all:(not judge/lane=no:x) (any:(agree:b) (judge/lane=yes:x))", "pass", ["no", "yes"]),
        ("at_least:2 (judge/lane=yes:x) (judge/lane=dumb:x) (agree:b)", "pass", ["yes", "dumb"]),
        ("all:(judge/lane=dumb:x) (agree:b)", "error", ["dumb"]),
        ("all:(judge/lane=gone:x) (judge/lane=no:x)", "fail", ["gone", "no"]),
    ],
)
def test_members_of_a_group_are_graded(check: str, verdict: str, asked: list[str]) -> None:
    engine = _Engine(replies=JUDGES, answers={"b": "[1]"})
    assert grade(check, "[1]", engine).verdict == verdict
    assert [lane for lane, _, _ in engine.asked] == asked


@pytest.mark.parametrize(
    ("check", "text", "verdict", "at"),
    [
        ("all:(json) (judge/lane=yes:x)", "no", "fail", 1),
        ("any:(contains:n) (judge/lane=yes:x)", "no", "pass", 0),
        ("not all:(max_chars:1) (judge/lane=yes:x)", "no", "pass", 1),
        ("all:(min_chars:9) (judge/lane=yes:x)", "no", "fail", 2),
    ],
)
def test_nobody_is_asked_when_the_other_members_decide(
    check: str, text: str, verdict: str, at: int
) -> None:
    pipeline = Pipeline(parse_checks([check]), grading=True)
    decided = [*pipeline.feed(text, NOW), *pipeline.finish(NOW)]
    assert [(d.verdict, d.at_char) for _, d in decided] == [(verdict, at)]
    assert pipeline.undecided == ()


def test_what_the_judges_of_a_group_took_is_kept_apart() -> None:
    check = "warn all:(judge/lane=yes:x) (judge/lane=no:x)"
    pipeline = Pipeline(parse_checks([check]), grading=True)
    pipeline.feed("a", NOW)
    pipeline.finish(NOW)
    ((_, decision),) = asyncio.run(pipeline.grade("a", _Engine(replies=JUDGES)))
    assert (decision.verdict, pipeline.severities) == ("fail", ("warn",))
    assert [reply.text for reply in pipeline.replies[0]] == [JUDGES["yes"], JUDGES["no"]]


def test_code_in_a_group_runs_only_when_it_is_trusted() -> None:
    check = 'any:(contains:stop) "python:def feed(text): return None"'
    for trusted, verdict in ((True, "pass"), (False, "error")):
        pipeline = Pipeline(parse_checks([check]), trusted=trusted)
        decided = [*pipeline.feed("go ", NOW), *pipeline.feed("stop" * trusted, NOW)]
        decided += pipeline.finish(NOW)
        assert [d.verdict for _, d in decided] == [verdict]


def test_an_answer_cannot_close_the_mark_around_it() -> None:
    marks = set()
    for _ in range(2):
        engine = _Engine(replies={"big": '{"pass": true}'})
        grade("judge/lane=big:x", "=== end ===", engine)
        marks.add(engine.asked[0][2].splitlines()[-1])
    assert len(marks) == 2


def test_a_judge_that_fails_is_an_error_of_the_check() -> None:
    assert grade("judge/lane=gone:x", "a", _Engine()).verdict == "error"
    assert judge_text("judge/lane=big:x", "a").verdict == "error"


@pytest.mark.parametrize(
    ("check", "text", "other", "verdict"),
    [
        ("agree:b", "Paris is  nice", "paris IS\nnice", "pass"),
        ("agree:b", "Paris", "London", "fail"),
        ("agree/like=0.6:b", "one two three four", "one two three five", "pass"),
        ("agree/like=0.8:b", "one two three four", "one two three five", "fail"),
        ("agree/json:b", '{"a":1,"b":2}', '{"b":2.0, "a":1}', "pass"),
        ("agree/json:b", '{"a":1}', '{"a":true}', "fail"),
        ("agree/json:b", "not json", "not json", "fail"),
        ("agree/json:b", "9" * 5000, "9" * 5000, "error"),
        ("agree/json:b", "[" * 100_000, "[" * 100_000, "error"),
        ("agree:b", "x", None, "error"),
        ("agree:c", "x", "x", "error"),
    ],
)
def test_lanes_agree_on_words_or_on_json(
    check: str, text: str, other: str | None, verdict: str
) -> None:
    assert grade(check, text, _Engine(answers={"b": other})).verdict == verdict


@pytest.mark.parametrize(
    ("check", "text", "verdict"),
    [
        ("confidence:>=0.8", '{"label":"x","confidence": 0.91}', "pass"),
        ("confidence:0.8", "Confidence: 79%", "fail"),
        ("confidence:0.8", "**confidence** is 85 %", "pass"),
        ("confidence:0.8", "confidence 0.1 ... confidence: 90", "pass"),
        ("confidence:0.8", "sure", "fail"),
        ("confidence/field=p:0.5", '{"p":0.4}', "fail"),
    ],
)
def test_a_stated_confidence_is_read(check: str, text: str, verdict: str) -> None:
    assert judge_text(check, text, 3).verdict == verdict
    assert grade(check, text, _Engine()).verdict == verdict


def test_log_probabilities_are_averaged_or_an_error_when_missing() -> None:
    engine = _Engine(logprobs=[math.log(0.9), math.log(0.9)])
    assert grade("confidence/logprobs:0.89", "a", engine).verdict == "pass"
    assert grade("confidence/logprobs:0.91", "a", engine).verdict == "fail"
    assert grade("confidence/logprobs:0.5", "a", _Engine()).verdict == "error"


def code(source: str, *texts: str, timeout: float = 5) -> list[Decision]:
    """Run user code over chunks as the pipeline does, trusted."""
    specs = parse_checks([f"python/timeout={timeout}:{source}"])
    pipeline = Pipeline(specs, trusted=True)
    decided = [d for text in texts for _, d in pipeline.feed(text, NOW)]
    decided += [d for _, d in pipeline.finish(NOW)]
    pipeline.close()
    return decided


def test_user_code_says_pass_fail_and_where() -> None:
    assert code("def check(text): return 'a' in text", "ba")[0].verdict == "pass"
    (failed,) = code("def check(text): return 'no a here'", "b", "c")
    assert (failed.verdict, failed.at_char, failed.reason) == ("fail", 2, "no a here")
    (placed,) = code("def feed(text): return (False, 1)", "b\ud800\0")
    assert (placed.verdict, placed.at_char) == ("fail", 1)
    assert (
        code(
            "n = 0\ndef feed(t):\n  global n; n += len(t)\ndef finish(): return n == 3", "ab", "c"
        )[0].verdict
        == "pass"
    )


@pytest.mark.parametrize(
    "source",
    [
        "def check(text): raise ValueError('no')",
        "def check(text):\n  while True: pass",
        "def check(text): return len('x' * 10**10) > 1",
        "def check(text):\n  import os; os._exit(3)",
        "import nothing_of_that_name\ndef check(text): return True",
    ],
)
def test_user_code_that_misbehaves_is_an_error_of_the_check(source: str) -> None:
    (decision,) = code(source, "text", timeout=1)
    assert decision.verdict == "error"


def test_user_code_sees_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "x")
    source = "import os\ndef check(text): return 'SECRET_KEY' not in os.environ"
    assert code(source, "a")[0].verdict == "pass"


def test_user_code_never_runs_where_it_is_not_trusted() -> None:
    spec = parse_check("python:def check(text): return True")
    ((_, decision),) = Pipeline([spec]).feed("a", NOW)
    assert (decision.verdict, "not trusted" in decision.reason) == ("error", True)
    ((_, decision),) = Pipeline([spec]).finish(NOW)
    assert decision.verdict == "error"


def test_user_code_is_waited_for_beside_other_lanes() -> None:
    pipeline = Pipeline(
        parse_checks(["python:def check(t): return t == 'ab'"]), trusted=True, grading=True
    )
    pipeline.feed("ab", NOW)
    assert pipeline.finish(NOW) == []
    ((_, decision),) = asyncio.run(pipeline.grade("ab", _Engine()))
    assert decision.verdict == "pass"


def test_pythons_own_patterns_run_where_they_can_be_killed() -> None:
    assert judge_text(r"regex/python:(a)\1(?!b)", "caa", 2).verdict == "pass"
    assert judge_text("regex/python/full/i:A+", "aab").verdict == "fail"
    exploding = judge_text("regex/python/timeout=1:^(a+)+$", "a" * 60 + "b", 1000)
    assert exploding.verdict == "error"
    with pytest.raises(CheckSyntaxError):
        parse_check("regex/python:(a")


@pytest.mark.parametrize(
    "check",
    [
        "judge:x",
        "judge/lane=a:",
        "agree:",
        "agree/like=2:a",
        "agree/json/like=0.5:a",
        "confidence:2",
        "confidence:high",
        "python:",
        "python:def f(: pass",
        "python:x = 1",
        "python/timeout=999:def check(t): return True",
    ],
)
def test_a_mistake_is_shown_when_it_is_written(check: str) -> None:
    with pytest.raises(CheckSyntaxError):
        parse_check(check)
