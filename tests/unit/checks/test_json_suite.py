"""The ``json`` check on every text of Nicolas Seriot's JSONTestSuite.

Names of files tell what a parser must do: ``y_`` accept, ``n_`` reject, ``i_`` as it likes. A text
is read as a stream is: wrong UTF-8 becomes U+FFFD.
"""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.unit.checks.oracle import judge
from workbench.checks.syntax import parse_check

ARCHIVE = Path(__file__).parents[2] / "fixtures/suites/JSONTestSuite.zip"

REJECTED = {
    "string_UTF-16LE_with_BOM",
    "string_utf16BE_no_BOM",
    "string_utf16LE_no_BOM",
    "structure_UTF-8_BOM_empty_object",
}
"""What RFC 8259 leaves open and is refused: text that is not UTF-8, and a byte order mark."""


def texts(kind: str) -> list[object]:
    with ZipFile(ARCHIVE) as archive:
        return [
            pytest.param(archive.read(name).decode("utf-8", "replace"), id=Path(name).stem[2:])
            for name in archive.namelist()
            if Path(name).name.startswith(kind)
        ]


def is_json(text: str) -> bool:
    """Return what CPython's parser says, without its NaN and Infinity."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        json.loads(text, parse_constant=refuse, parse_int=str)
    except ValueError:
        return False
    return True


def closers(text: str) -> str:
    """Return the brackets that close what *text* has opened."""
    open_, inside, escaped = [], False, False
    for char in text:
        if inside:
            inside = escaped or char != '"'
            escaped = not escaped and char == "\\"
        elif char == '"':
            inside = True
        elif char in "[{":
            open_.append("]" if char == "[" else "}")
        elif char in "]}" and open_:
            open_.pop()
    return "".join(reversed(open_))


_ENDS = (
    *("", "0", '"', '""', "null", 'n"', '0"', '00"', '000"', '0000"'),
    *("rue", "ue", "e", "alse", "lse", "se", "ull", "ll", "l"),
)


def can_become_json(text: str) -> bool:
    """Try every way a token can end, with and without a value behind it, and close brackets."""
    behind = closers(text)
    ends = [*_ENDS, *(end + ":0" for end in _ENDS), '"":0']
    return any(is_json(text + end + behind) for end in ends)


def test_the_suite_is_whole() -> None:
    assert [len(texts(kind)) for kind in ("y_", "n_", "i_")] == [95, 188, 35]


@pytest.mark.parametrize("text", texts("y_"))
def test_what_a_parser_must_accept_passes(text: str) -> None:
    spec = parse_check("json")
    assert judge(spec, [text]).verdict == "pass"
    assert judge(spec, list(text)).verdict == "pass"


@pytest.mark.parametrize("text", texts("n_"))
def test_what_a_parser_must_reject_fails_at_the_first_hopeless_character(text: str) -> None:
    spec = parse_check("json")
    failed = judge(spec, [text])
    assert failed.verdict == "fail"
    assert judge(spec, list(text)) == failed
    if len(text) > 50_000:  # nested deeper than CPython's parser goes, and never closed
        assert failed.at_char == len(text)
        text = text[:300]
        failed = judge(spec, [text])
    assert can_become_json(text[: failed.at_char])
    assert failed.at_char == len(text) or not can_become_json(text[: failed.at_char + 1])


@pytest.mark.parametrize("text", texts("i_"))
def test_what_the_standard_leaves_open_is_decided_as_documented(
    text: str, request: pytest.FixtureRequest
) -> None:
    refused = request.node.callspec.id in REJECTED
    assert judge(parse_check("json"), [text]).verdict == ("fail" if refused else "pass")
