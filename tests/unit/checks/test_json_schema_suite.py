"""``json_schema`` on the public JSON Schema test suite: drafts 7 and 2020-12, optional tests too.

What is left out: schemas that refer to another document, because nothing is ever fetched, and the
tests that want ``format`` to be an annotation only, because the check asserts it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest
from jsonschema import Draft202012Validator

from tests.unit.checks.oracle import judge
from workbench.checks.syntax import CheckSpec, parse_check
from workbench.errors import CheckSyntaxError

ARCHIVE = Path(__file__).parents[2] / "fixtures/suites/JSON-Schema-Test-Suite.zip"
DRAFTS = {"draft2020-12": None, "draft7": "http://json-schema.org/draft-07/schema#"}
ELSEWHERE = "http://localhost:1234/"
"""Where the suite would have a server with the documents that it refers to."""


@dataclass(frozen=True)
class Group:
    schema: object
    tests: list[dict[str, object]]


@cache
def groups(draft: str) -> dict[str, list[Group]]:
    """Return the groups of a draft's tests by the name of their file."""
    found: dict[str, list[Group]] = {}
    with ZipFile(ARCHIVE) as archive:
        for path in archive.namelist():
            if not path.startswith(f"tests/{draft}/"):
                continue
            name = path.removeprefix(f"tests/{draft}/")
            for group in json.loads(archive.read(path)):
                schema = group["schema"]
                if DRAFTS[draft] and isinstance(schema, dict):
                    schema = {"$schema": DRAFTS[draft], **schema}
                found.setdefault(name, []).append(Group(schema, group["tests"]))
    return found


def _read(schema: object) -> CheckSpec | None:
    """Return the check; None, when it is refused because the schema refers to another document."""
    try:
        return parse_check("json_schema:" + json.dumps(schema))
    except CheckSyntaxError as error:
        if ELSEWHERE not in error.message:
            raise
        return None


@pytest.mark.parametrize(("draft", "name"), [(d, name) for d in DRAFTS for name in groups(d)])
def test_the_verdict_is_the_suites_whole_and_by_the_character(draft: str, name: str) -> None:
    annotation = name == "format.json" and draft == "draft2020-12"
    for group in groups(draft)[name]:
        spec = _read(group.schema)
        if spec is None:
            continue
        for test in group.tests:
            text = json.dumps(test["data"], ensure_ascii=False)
            valid = test["valid"]
            if annotation:
                checker = Draft202012Validator.FORMAT_CHECKER
                valid = Draft202012Validator(group.schema, format_checker=checker).is_valid(
                    test["data"]
                )
            whole = judge(spec, [text])
            assert whole.verdict == ("pass" if valid else "fail"), (group, test, whole)
            assert judge(spec, list(text)) == whole, (group, test)


def test_only_schemas_that_refer_to_another_document_are_left_out() -> None:
    every = [
        (name, group) for d in DRAFTS for name, listed in groups(d).items() for group in listed
    ]
    left = [(name, len(group.tests)) for name, group in every if _read(group.schema) is None]
    assert len({name for name, _ in left}) == 5
    assert sum(count for _, count in left) == 79
    assert sum(len(group.tests) for _, group in every) == 3371
