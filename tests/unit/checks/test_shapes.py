"""Repetition, refusal, shapes, languages and sources."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.checks.oracle import judge_text
from workbench.checks.syntax import parse_check
from workbench.errors import CheckSyntaxError

LOOP = "It is a good day to be here. "
CODE = "```python\nprint('`')\n\n``x\n```\n"


@pytest.mark.parametrize(
    ("check", "text", "verdict", "at"),
    [
        ("no_repetition", "Well. " + LOOP * 5, "fail", 4 + 3 * len(LOOP) - 1),
        ("no_repetition/times=2", LOOP * 2, "fail", 2 * len(LOOP) - 1),
        ("no_repetition", "ha " * 40, "fail", 62),
        ("no_repetition", "-" * 300 + "\n" * 300, "pass", 600),
        ("no_repetition", LOOP + "Not again. " + LOOP + "Never. " + LOOP, "pass", 105),
        ("no_repetition/span=3", "abcabcabc", "fail", 8),
        ("no_refusal", "I'm sorry, but I can't help with that.", "fail", 22),
        ("no_refusal", "I cannot assist you.", "fail", 15),
        ("no_refusal", "As an AI language model, I don\u2019t have feelings", "fail", 32),
        ("no_refusal", "You cannot write to a closed file; I can show why.", "pass", 50),
        ("code", CODE, "pass", len(CODE)),
        ("code:python, py", CODE, "pass", len(CODE)),
        ("code:js", CODE, "fail", 3),
        ("code", "Sure!\n```\nx\n```", "fail", 0),
        ("code", "```\nx\n```\nThis prints x.", "fail", 10),
        ("code", "```\nx", "fail", 5),
        ("no_markdown", "Plain - text, 2 * 3 * 4, a_b_c.\n", "pass", 32),
        ("no_markdown", "a **b** c", "fail", 6),
        ("no_markdown", "a\n- b", "fail", 4),
        ("no_markdown", "# a", "fail", 1),
        ("no_markdown", "|a|b|\n|-|-|\n|1|2|\n", "fail", 8),
        ("no_markdown", "From -5|6 to a-|-b: no table.", "pass", 29),
        ("markdown", "|a|b|\n|-|-|\n|1|2|\n|1|\n", "fail", 21),
        ("markdown", "a | b\n--|--\n1 | 2\n\n1|2|3\n", "pass", 25),
        ("markdown", "```\n|a|\n```\n~~~\nx", "fail", 17),
        ("markdown", "````\n```\n````", "pass", 13),
        ("python_syntax", "x = (1,\n  2]\n", "fail", 11),
        ("python_syntax", "x = '''(\n''' # (\ny = '\\''\nz = \"\" \"(\"\n", "pass", 37),
        ("python_syntax", "print(f'{a}')\n", "pass", 14),
        ("python_syntax", "x = 'a\nb'", "fail", 6),
        ("python_syntax", "x = = 1", "fail", 7),
        ("python_syntax/fence", "```python\nx = 1\n```\n", "pass", 20),
        ("sql", "SELECT a FROM t WHERE b = 1;", "pass", 28),
        ("sql", "SELECT FROM WHERE", "fail", 17),
        ("sql", "Sure! Here is the query", "fail", 2),
        ("sql", "SELECT 1; x = 1", "fail", 10),
        ("sql", "SELECT a)", "fail", 8),
        ("sql", "SELECT (1; 2)", "fail", 9),
        ("sql", "SELECT FROM WHERE; SELECT 1;", "fail", 17),
        ("sql", "-- (\n/* x ( */ (SELECT ')', 'it''s' FROM \"a(b\");\n", "pass", 49),
        ("sql", "", "fail", 0),
        ("sql/fence", "```sql\nHere\n```", "fail", 9),
        ("sql/fence", "Here:\n```sql\nSELECT 1\n```", "fail", 2),
        ("sql/dialect=mysql", "SHOW(", "fail", 5),
        ("python_syntax/fence", "```python\nx = (]\n```", "fail", 15),
        ("python_syntax/fence", "x = )", "fail", 4),
        ("python_syntax/fence", "```python\nx = 1\n", "fail", 16),
        ("sql/dialect=postgres/fence", "```sql\nSELECT 1::int\n```", "pass", 24),
        ("language:en", "This is a plain sentence in English.", "pass", 36),
        ("language:en", "Das ist ein ganz gew\u00f6hnlicher deutscher Satz.", "fail", 45),
        ("language:de", "12345", "fail", 5),
    ],
)
def test_it_decides_where_the_text_allows(check: str, text: str, verdict: str, at: int) -> None:
    for size in (1, 3, 1000):
        decision = judge_text(check, text, size)
        assert (decision.verdict, decision.at_char) == (verdict, at), decision


@pytest.mark.parametrize("text", ["-" * 90_000 + "1", "lambda:" * 12_000 + "1", "\0", "(" * 9000])
def test_python_that_its_parser_cannot_take_is_a_verdict(text: str) -> None:
    assert judge_text("python_syntax", text, 10_000).verdict == "fail"


def test_a_source_too_long_to_parse_is_an_error() -> None:
    assert judge_text("python_syntax", "x = 1\n" * 40_000, 10_000).verdict == "error"
    assert judge_text("sql", "SELECT 1;\n" * 40_000, 10_000).verdict == "error"


@pytest.mark.parametrize("start", ["x = )\n", "x = 1\n"])
def test_a_mistake_before_the_limit_is_told_in_any_chunking(start: str) -> None:
    text = start + "x = 1\n" * 40_000
    wanted = "fail" if ")" in start else "error"
    for size in (7, 100_000, 10**9):
        assert judge_text("python_syntax", text, size).verdict == wanted


@pytest.mark.parametrize(
    "check",
    [
        "no_repetition:x",
        "no_repetition/span=x",
        "no_repetition/times=1",
        "language:klingon",
        "language:",
        "code:a b",
        "code:",
        "sql/dialect=../x",
        "markdown:x",
    ],
)
def test_a_mistake_is_shown_when_it_is_written(check: str) -> None:
    with pytest.raises(CheckSyntaxError):
        parse_check(check)


def _third_loop(text: str, span: int, times: int) -> int | None:
    """Return, by brute force, where a span has stood so many times in a row."""
    for end in range(1, len(text) + 1):
        for period in range(1, end):
            unit = period * -(-span // period)
            last = text[max(end - unit * times, 0) : end]
            loops = len(last) == unit * times and last[period:] == last[:-period]
            if loops and any(map(str.isalnum, last[-unit:])):
                return end - 1
    return None


@given(
    lead=st.text("ab -", max_size=12),
    span=st.text("abc -", min_size=4, max_size=9),
    times=st.integers(2, 3),
)
def test_a_loop_is_found_at_its_last_character_and_never_before(
    lead: str, span: str, times: int
) -> None:
    text = lead + span * times + "!"
    wanted = _third_loop(text, 4, times)
    decision = judge_text(f"no_repetition/span=4/times={times}", text)
    if decision.verdict == "fail":
        assert wanted is not None
        assert decision.at_char >= wanted
    elif len(set(span)) == len(span) and not set(span) & set(lead):
        assert wanted is None


GERMAN = (
    "Der Zug kommt heute leider eine halbe Stunde sp\u00e4ter an. Das liegt an Bauarbeiten, die "
    "l\u00e4nger dauern als geplant. "
)
ENGLISH = (
    "The train arrives half an hour late today, I am afraid. That is because the works on the "
    "line take longer than was planned. "
)
PYTHON = "```python\nfor zug in zuege:\n    drucke(zug.ankunft, zug.verspaetung)\n```\n"


@pytest.mark.parametrize(
    ("check", "text", "verdict", "at"),
    [
        ("language:en", GERMAN + ENGLISH * 9, "fail", len(GERMAN) - 1),
        ("language:en", ENGLISH + GERMAN + ENGLISH, "pass", None),
        ("language:en", ENGLISH + GERMAN + GERMAN + ENGLISH, "fail", len(ENGLISH + GERMAN * 2) - 1),
        ("language:de", GERMAN + PYTHON * 9 + GERMAN, "pass", None),
        ("language:zh", "\u4f60\u597d\uff0c\u4e16\u754c\u3002" * 30, "pass", None),
        ("language:en", ENGLISH * 200, "pass", 19_999),
        ("language:de", "Sure! " + GERMAN, "pass", None),
    ],
)
def test_a_language_is_decided_by_the_sentence_that_tells(
    check: str, text: str, verdict: str, at: int | None
) -> None:
    decision = judge_text(check, text, 7)
    assert (decision.verdict, decision.at_char) == (verdict, len(text) if at is None else at)
    assert judge_text(check, text, len(text)) == decision
