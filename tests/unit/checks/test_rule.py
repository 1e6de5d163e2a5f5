"""``rule``: decided the moment its fields are complete, and safe whatever the answer is."""

import pytest

from tests.unit.checks.oracle import judge_text
from workbench.checks.syntax import parse_check
from workbench.errors import CheckSyntaxError

BILL = '{"items":[{"price":2,"n":1},{"price":3.5,"n":2}],"count":2,"tax":1.9,"total":9,"to":"Ann"}'


@pytest.mark.parametrize(
    ("rule", "verdict", "upto"),
    [
        ("tax <= total", "pass", '"total":9,'),
        ("tax > total", "fail", '"total":9,'),
        ("len(items) == count", "pass", '"count":2,'),
        ("len(items) == 3", "fail", '"n":2}]'),
        ("sum(i.price * i.n for i in items) == total", "pass", '"total":9,'),
        ("all(i['price'] > 2 for i in items)", "fail", '"n":2}]'),
        ("items[1].price == 3.5", "pass", '"price":3.5,'),
        ("items[0].price == 2 and tax < 2", "pass", '"tax":1.9,'),
        ("to in ['Ann', 'Bob']", "pass", '"to":"Ann"'),
        ("matches(lower(to), '^a')", "pass", '"to":"Ann"'),
        ("unique([i.price for i in items])", "pass", '"n":2}]'),
        ("close(tax, 1.9000000001)", "pass", '"tax":1.9,'),
        ("'x' if exists(items[9]) else not exists(total.sum)", "pass", '"total":9,'),
        ("len(answer) == 5", "pass", BILL),
        ("nothing < 3", "fail", BILL),
        ("not exists(nothing) or nothing < 3", "pass", BILL),
        ("to < 3", "fail", '"to":"Ann"'),
        ("tax / 0 > 1", "fail", '"tax":1.9,'),
        ("to % 3 == 1", "fail", '"to":"Ann"'),
        ("'%9999999999d' % tax == ''", "fail", '"tax":1.9,'),
        ("10 ** (total * 10 ** 9) > 1", "error", '"total":9,'),
        ("round(total, -10 ** 6) == 0", "pass", '"total":9,'),
        ("'ab' * 10 ** 9 == to", "error", '"to":"Ann"'),
    ],
)
def test_it_decides_when_its_fields_are_complete(rule: str, verdict: str, upto: str) -> None:
    for size in (1, 4, 1000):
        decision = judge_text(f"rule:{rule}", BILL, size)
        assert (decision.verdict, decision.at_char) == (verdict, BILL.index(upto) + len(upto) - 1)


def test_a_field_called_like_a_method_is_a_field() -> None:
    assert (
        judge_text("rule:order.items.keys == 3", '{"order":{"items":{"keys":3}}}').verdict == "pass"
    )


def test_what_follows_the_fields_may_still_be_streaming_or_broken() -> None:
    decision = judge_text("rule:a < b", '{"b":1,"a":2,"rest": oops')
    assert (decision.verdict, decision.at_char) == ("fail", 12)
    assert decision.reason == "a < b does not hold: a is 2, b is 1"


def test_a_failed_rule_writes_its_fields_as_rules_do() -> None:
    reason = judge_text("rule:o.a[1].b == 4", '{"o":{"a":[1,{"b":5}]}}').reason
    assert reason == "o.a[1].b == 4 does not hold: o.a[1].b is 5"


def test_numbers_too_long_to_be_read_are_an_error_of_the_rule() -> None:
    for text in ("{" + f'"a":1{"0" * 5000},"b":2{"0" * 5000}' + "}", "[" + "1" * 5000 + "]"):
        for size in (1, 20_000):
            decision = judge_text("rule:a == b", text, size)
            assert decision.verdict == "error"
            assert "4,300 digits" in decision.reason
    assert judge_text("rule:answer > 0", "9" * 5000).verdict == "error"


def test_an_answer_that_is_not_json_fails_where_it_stops_being_json() -> None:
    decision = judge_text("rule:a < b", '{"a":1, b:2}')
    assert (decision.verdict, decision.at_char) == ("fail", 8)
    assert judge_text("rule/fence:a < 2", '```json\n{"a":1}\n```').verdict == "pass"
    assert judge_text("rule:a < b", '{"a":1').reason.startswith("not JSON")


@pytest.mark.parametrize(
    ("rule", "column", "says"),
    [
        ("", 1, "missing"),
        ("tax ? total", 5, "Not a rule"),
        ("  tax = 1", 7, "Not a rule"),
        ("tax <=", 7, "Not a rule"),
        ("1 < 2", 1, "names no field"),
        ("tax.__class__()", 1, "not a function"),
        ("items.append(1)", 1, "not a function"),
        ("open('/etc/hostname') == tax", 1, "not a function"),
        ("(lambda: tax)()", 1, "not a function"),
        ("f'{tax}' == 'x'", 1, "cannot contain"),
        ("{tax}", 1, "cannot contain"),
        ("items[0:2] == tax", 1, "slices"),
        ("tax == b'x'", 8, "not a JSON value"),
        ("all(a + b for a, b in items)", 4, "plain variable"),
        ("i == 1 and all(i > 1 for i in items)", 1, "variable of a loop"),
        ("len(tax, key=tax)", 1, "plain arguments"),
        ("(x := tax)", 2, "cannot contain"),
        ("é + ) ", 5, "Not a rule"),
        ("(" * 300 + "tax" + ")" * 300, 1, ""),
    ],
)
def test_a_mistake_is_shown_when_the_rule_is_written(rule: str, column: int, says: str) -> None:
    with pytest.raises(CheckSyntaxError) as caught:
        parse_check(f"rule:{rule}")
    assert says in caught.value.message
    if says:
        assert caught.value.column == len("rule:") + column


def test_dunder_names_are_keys_of_the_answer_and_nothing_else() -> None:
    assert judge_text("rule:tax.__class__ == 1", '{"tax":{"__class__":1}}').verdict == "pass"
    assert judge_text("rule:tax.__class__ == 1", '{"tax":1}').verdict == "fail"


def test_a_rule_over_a_long_list_is_an_error_not_a_freeze() -> None:
    text = '{"a":[' + ",".join(["1"] * 3000) + "]}"
    decision = judge_text("rule:all(any(x + y > 9 for x in a) == false for y in a)", text, 1000)
    assert decision.verdict == "error"
