"""New checks asked of old streams."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from workbench.api.checks import judge_text, rejudge
from workbench.checks.pipeline import Pipeline
from workbench.checks.syntax import parse_checks
from workbench.engine.judging import StreamJudge
from workbench.model.attempt import Attempt
from workbench.model.verdict import FirstFailure

CHUNKS = ((100.0, '{"a"'), (150.0, ": 1,"), (900.0, " ]"))
OLD = Attempt(1, 1, "fast", "m", state="complete", text='{"a": 1, ]', chunks=CHUNKS, total_ms=950.0)


def test_a_new_check_gives_the_verdict_and_time_it_would_have_had_live() -> None:
    specs = parse_checks(["json", "max_chars:5", "lanes=slow max_chars:1", "deadline:ttft<90ms"])
    judged = rejudge(OLD, specs)
    assert [(c.name, c.verdict, c.at_char, c.ms) for c in judged.checks] == [
        ("json", "fail", 9, 900.0),
        ("max_chars:5", "fail", 5, 150.0),
        ("deadline:ttft<90ms", "fail", 0, 90.0),
    ]
    assert (judged.verdict, judged.ttff_ms) == ("fail", 90.0)
    assert judged.first_failure is not None
    assert judged.first_failure.kind == "deadline"
    assert (judged.text, judged.chunks) == (OLD.text, OLD.chunks)


def test_an_answer_that_was_cut_off_is_judged_as_far_as_it_came() -> None:
    cut = replace(OLD, state="aborted", chunks=CHUNKS[:2])
    judged = rejudge(cut, parse_checks(["json", "contains:zzz", "max_chars:2"]))
    assert [c.verdict for c in judged.checks] == ["pending", "pending", "fail"]
    assert rejudge(cut, parse_checks(["json"])).verdict == "pending"


def test_a_provider_error_stays_the_first_failure_when_no_check_failed() -> None:
    failure = FirstFailure("provider", None, None, 2, 950.0, "gone")
    broken = replace(OLD, state="error", first_failure=failure)
    judged = rejudge(broken, parse_checks(["max_chars:99"]))
    assert (judged.first_failure, judged.verdict) == (failure, "error")


@given(st.lists(st.tuples(st.floats(0, 5000), st.text(max_size=6)), max_size=8))
def test_live_and_again_agree(pieces: list[tuple[float, str]]) -> None:
    chunks = tuple(sorted(pieces, key=lambda piece: piece[0]))
    texts = ["json", "not_contains:a", "deadline:total<2s", "regex/full:[a-z]*", "max_tokens:3"]
    live = StreamJudge(1, Pipeline(parse_checks(texts)))
    steps = [live.chunk(ms, text) for ms, text in chunks] + [live.end(5000.0)]
    verdicts = {v.index: (v.verdict, v.at_char, v.ms) for s in steps for v in s.verdicts}
    old = Attempt(1, 1, "x", "m", state="complete", chunks=chunks, total_ms=5000.0)
    again = rejudge(old, parse_checks(texts))
    assert {i: (c.verdict, c.at_char, c.ms) for i, c in enumerate(again.checks)} == verdicts


def test_a_warning_never_fails_a_text() -> None:
    judged = judge_text(parse_checks(["warn max_chars:1", "contains:a"]), "aaa")
    assert (judged.verdict, judged.first_failure) == ("pass", None)
