"""The ``json`` check on the JSON_checker suite of json.org, as CPython's own tests carry it.

Two of its rejects are valid by RFC 8259: a text that is no object or array, and deep nesting.
"""

from __future__ import annotations

import pytest

from workbench.checks.syntax import parse_check
from workbench.model.verdict import Decision

cpython = pytest.importorskip(
    "test.test_json.test_fail", reason="this Python ships without CPython's own tests"
)
passing = [
    pytest.importorskip(f"test.test_json.test_pass{n}", reason="as above").JSON for n in (1, 2, 3)
]
ACCEPTED_SINCE = (1, 18)


def judge(text: str, chunk: int) -> Decision:
    check = parse_check("json").make()
    for start in range(0, len(text), chunk):
        decision = check.feed(text[start : start + chunk])
        if decision is not None:
            return decision
    return check.finish()


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
@pytest.mark.parametrize("text", passing)
def test_what_the_suite_accepts_passes(text: str, chunk: int) -> None:
    assert judge(text, chunk).verdict == "pass"


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
@pytest.mark.parametrize(("number", "text"), list(enumerate(cpython.JSONDOCS, 1)))
def test_what_the_suite_rejects_fails_where_it_stands(number: int, text: str, chunk: int) -> None:
    decision = judge(text, chunk)
    if number in ACCEPTED_SINCE:
        assert decision.verdict == "pass"
    else:
        assert decision.verdict == "fail"
        assert judge(text[: decision.at_char], chunk).at_char == decision.at_char
