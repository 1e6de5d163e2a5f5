"""``json_schema``: the verdict of the jsonschema package, at the earliest character."""

import json
import random
from pathlib import Path

import jsonschema
import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from tests.unit.checks.oracle import judge, judge_text
from tests.unit.checks.schemas import draw_schema, draw_value
from workbench.checks.syntax import parse_check
from workbench.errors import CheckSyntaxError

TICKET = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "maxLength": 8},
        "kind": {"enum": ["bug", "idea", "question"]},
        "price": {"type": "number", "minimum": 0, "maximum": 100},
        "count": {"type": "integer"},
        "code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2, "uniqueItems": True},
        "pair": {"prefixItems": [{"const": 1}, {"type": "null"}], "items": False},
        "id": {"anyOf": [{"type": "integer"}, {"type": "string", "minLength": 3}]},
        "one": {"oneOf": [{"minimum": 2}, {"maximum": 5}]},
        "tree": {"$ref": "#/$defs/tree"},
        "when": {"type": "string", "format": "date"},
    },
    "required": ["title"],
    "additionalProperties": False,
    "$defs": {
        "tree": {"type": "object", "properties": {"kids": {"items": {"$ref": "#/$defs/tree"}}}}
    },
}

LABELLED = [
    # text up to and including the first hopeless character | what the reason says
    ("[", "$: expected an object, got an array"),
    ("S", "not JSON: expected a value"),
    ('{"tite', "expected a key out of"),
    ('{"x', "$: expected a key out of"),
    ('{"title":1', "$.title: expected a string, got a number"),
    ('{"title":"123456789', "$.title: expected at most 8 characters, got more"),
    ('{"title":"\\u0031\\u0032345678\\u0039', "$.title: expected at most 8 characters"),
    ('{"title":"a","ti', None),
    ('{"kind":"x', '$.kind: expected one of "bug", "idea", "question", got "x"'),
    ('{"kind":"bux', 'got "bux"'),
    ('{"kind":"bu"', 'got "bu"'),
    ('{"kind":t', "$.kind: expected one of"),
    ('{"price":"', "$.price: expected a number, got a string"),
    ('{"price":-1,', "$.price: expected at least 0, got"),
    ('{"price":100.5}', "$.price: expected at most 100"),
    ('{"count":1.5 ', "$.count: expected an integer"),
    ('{"code":"a', "$.code: expected a match for"),
    ('{"code":"AB-1x', "$.code: expected a match for"),
    ('{"code":"AB-"', "$.code: expected a match for"),
    ('{"tags":["a",1', "$.tags[1]: expected a string, got a number"),
    ('{"tags":["a","b",', "$.tags: expected at most 2 items, got another one"),
    ('{"tags":["a","a"', "$.tags[1]: expected an item that is not there yet"),
    ('{"pair":[2,', "$.pair[0]: expected 1, got 2"),
    ('{"pair":[1,f', "$.pair[1]: expected null, got a boolean"),
    ('{"pair":[1,null,', "$.pair: expected at most 2 items"),
    ('{"id":n', "$.id: none of 2 alternatives fits"),
    ('{"id":"ab"', "$.id: none of 2 alternatives fits"),
    ('{"id":1.5,', "$.id: none of 2 alternatives fits"),
    ('{"one":3,', "$.one:"),
    ('{"tree":{"kids":[{},{"kids":[[', "$.tree.kids[1].kids[0]: expected an object, got an array"),
    ('{"when":"2020-02-30"', "$.when:"),
    ('{"price":1}', '$: expected the key "title", got the end of the object'),
    ('{"title":"a"}x', "not JSON"),
]


@pytest.mark.parametrize(("dead", "reason"), LABELLED)
def test_it_fails_at_the_first_hopeless_character_and_says_why(dead: str, reason: str) -> None:
    check = "json_schema:" + json.dumps(TICKET)
    for size in (1, 3, 1000):
        decision = judge_text(check, dead + "}]...", size)
        assert (decision.verdict, decision.at_char) == ("fail", len(dead) - 1), decision
        assert reason is None or reason in decision.reason
    assert judge(parse_check(check), [dead[:-1]]).at_char == len(dead) - 1


def test_a_text_that_fits_passes_at_its_end() -> None:
    text = json.dumps({"title": "a", "tags": ["x", "y"], "id": "abc", "price": 3, "pair": [1]})
    for size in (1, 4, 1000):
        decision = judge_text("json_schema:" + json.dumps(TICKET), text, size)
        assert (decision.verdict, decision.at_char) == ("pass", len(text))


def _agree(rng: random.Random, rounds: int) -> int:
    """Compare with the jsonschema package on random schemas and values; return how many."""
    compared = 0
    for _ in range(rounds):
        schema = draw_schema(rng)
        kind = Draft7Validator if "$schema" in schema else Draft202012Validator
        try:
            kind.check_schema(schema)
        except jsonschema.SchemaError:
            continue
        spec = parse_check("json_schema:" + json.dumps(schema))
        oracle = kind(schema, format_checker=kind.FORMAT_CHECKER)
        for _ in range(6):
            value = draw_value(rng)
            wanted = oracle.is_valid(value)
            text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
            whole = judge(spec, [text])
            assert (whole.verdict == "pass") == wanted, (schema, text, whole)
            assert whole.verdict != "error"
            assert judge(spec, list(text)) == whole, (schema, text)
            compared += 1
    return compared


def test_verdicts_are_those_of_the_jsonschema_package() -> None:
    assert _agree(random.Random(20), 300) > 900


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
def test_verdicts_are_those_of_the_jsonschema_package_at_length(seed: int) -> None:
    assert _agree(random.Random(seed), 6000) > 15_000


DIFFERENT = {"email": "@", "duration": "PT1.5S", "hostname": "a.", "regex": "\\Z"}


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("email", "a@b.example", "a"),
        ("date", "2020-02-29", "2020-02-30"),
        ("time", "12:00:00Z", "12:00"),
        ("date-time", "2020-01-01T00:00:00+01:00", "2020-01-01 00:00"),
        ("duration", "P1Y2M3DT4H5M6S", "1D"),
        ("hostname", "a.example", "-a"),
        ("ipv4", "1.2.3.4", "256.1.1.1"),
        ("ipv6", "::1", "1::2::3"),
        ("uri", "http://a.example/", "a b"),
        ("uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08"),
        ("json-pointer", "/a~0", "a"),
        ("regex", "(?=a)", "("),
    ],
)
def test_formats_agree_with_the_package(name: str, good: str, bad: str) -> None:
    oracle = Draft202012Validator(
        {"format": name}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    for text in (good, bad):
        verdict = judge_text(
            "json_schema:" + json.dumps({"format": name}), json.dumps(text)
        ).verdict
        assert (verdict == "pass") == oracle.is_valid(text)
        assert (verdict == "pass") == (text == good)


@pytest.mark.parametrize(("name", "text"), DIFFERENT.items())
def test_formats_the_package_is_lax_about_are_read_as_their_rfc_says(name: str, text: str) -> None:
    assert (
        judge_text("json_schema:" + json.dumps({"format": name}), json.dumps(text)).verdict
        == "fail"
    )


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ("", "missing"),
        ("{", "not JSON"),
        ("[]", "object, or true or false"),
        ('{"type":"nope"}', "Not a valid JSON schema at type"),
        ('{"pattern":"("}', "Not a valid JSON schema"),
        ('{"$ref":"#/nope"}', "Not a valid JSON schema"),
        ('{"$ref":"http://127.0.0.1:9/x"}', "Retrieval is disabled"),
        ('{"$ref":"file:///etc/hostname"}', "Retrieval is disabled"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "cannot be read"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_when_written(schema: str, says: str) -> None:
    with pytest.raises(CheckSyntaxError) as caught:
        parse_check(f"json_schema:{schema}")
    assert says in caught.value.message


def test_a_mistake_in_a_schema_is_told_with_its_column() -> None:
    with pytest.raises(CheckSyntaxError) as caught:
        parse_check('json_schema:{"type":"object","properties":{"type":{"type":"nope"}}}')
    assert caught.value.column == len('json_schema:{"type":"object","properties":{"type":{') + 1


HOSTILE = [
    "[" * 100_000 + "]" * 100_000,
    '{"a":' * 50_000 + "null" + "}" * 50_000,
    "9" * 5000,
    "-" + "9" * 5000 + "e99999",
    '"\ud800\x7f\u2028"',
    '"\\ud800\\u0000"',
    "\0",
    "[" + "1," * 50_000 + "1]",
]


@pytest.mark.parametrize(
    "schema",
    [
        "{}",
        "true",
        '{"$ref":"#"}',
        '{"items":{"$ref":"#"},"additionalProperties":{"$ref":"#"}}',
        '{"oneOf":[{"type":"array"},{"type":"object"}],"items":{"$ref":"#"}}',
        '{"anyOf":[{"anyOf":[{"$ref":"#"},{"maxLength":1}]},{"$ref":"#"}],"uniqueItems":true}',
        '{"not":{"pattern":"^(a+)+$"},"const":1e400}',
        '{"$dynamicRef":"#x","$dynamicAnchor":"x","items":{"$id":"y","type":"number"}}',
    ],
)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_answers_and_recursive_schemas_get_a_verdict(schema: str, text: str) -> None:
    assert judge(parse_check(f"json_schema:{schema}"), [text]).verdict in ("pass", "fail", "error")


@pytest.mark.parametrize(
    "schema",
    [
        '{"type":"integer","minimum":5}',
        '{"multipleOf":7}',
        '{"multipleOf":9}',
        '{"anyOf":[{"type":"string"},{"minimum":5}]}',
    ],
)
def test_a_number_too_long_to_be_read_exactly_is_an_error_and_never_a_wrong_verdict(
    schema: str,
) -> None:
    for sign in ("", "-"):
        text = sign + "9" * 4300
        valid = Draft202012Validator(json.loads(schema)).is_valid(json.loads(text))
        read = judge_text(f"json_schema:{schema}", text, 700)
        assert read.verdict == ("pass" if valid else "fail")
        for size in (1, 4096, 9000):
            decision = judge_text(f"json_schema:{schema}", text + "9", size)
            assert (decision.verdict, decision.at_char) == ("error", len(text) + 1)
            assert "4,300 digits" in decision.reason


def test_what_fails_before_a_number_too_long_fails_all_the_same() -> None:
    for size in (1, 9000):
        decision = judge_text('json_schema:{"items":{"type":"string"}}', f"[{'9' * 5000}]", size)
        assert (decision.verdict, decision.at_char) == ("fail", 1)


def test_a_pattern_that_explodes_is_an_error_or_a_verdict_in_bounded_time() -> None:
    check = 'json_schema:{"pattern":"^(a+)+(?=b)$"}'
    assert judge_text(check, '"' + "a" * 2000 + 'c"', 1000).verdict in ("fail", "error")


def test_many_nested_alternatives_do_not_multiply() -> None:
    schema: dict[str, object] = {"type": "string"}
    defs: dict[str, object] = {"0": schema}
    for level in range(1, 40):
        ref = {"$ref": f"#/$defs/{level - 1}"}
        defs[str(level)] = {"anyOf": [ref, {"allOf": [ref]}]}
    check = "json_schema:" + json.dumps({"$ref": "#/$defs/6", "$defs": defs})
    assert judge_text(check, "12").verdict == "fail"


def test_the_schema_may_stand_in_a_file_and_the_json_in_a_fence(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps(TICKET, indent=2))
    spec = parse_check("json_schema/fence:@t.json", tmp_path)
    assert spec.label == "json_schema/fence:@t.json"
    again = parse_check(spec.text)
    assert judge(again, ['```json\n{"title":"a"}\n```']).verdict == "pass"
    decision = judge(again, ['```json\n{"title":1}\n```'])
    assert (decision.at_char, decision.span) == (17, (17, 18))
