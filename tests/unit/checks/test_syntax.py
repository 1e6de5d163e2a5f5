"""How checks are written, and how mistakes in them are shown."""

from pathlib import Path

import pytest

from workbench.checks import registry
from workbench.checks.syntax import completions, for_lane, parse_check, parse_checks
from workbench.errors import CheckSyntaxError, UnknownName, UsageError


def test_every_example_in_the_registry_can_be_read_back() -> None:
    for definition in registry.definitions():
        spec = parse_check(definition.example)
        assert spec.name == definition.name
        assert parse_check(spec.text).label == spec.label


def test_modifiers_come_first_in_any_order() -> None:
    spec = parse_check('not  lanes=fast,"my lane" warn label="no slop" contains:As an AI')
    assert (spec.name, spec.argument.text) == ("contains", "As an AI")
    assert (spec.negated, spec.severity, spec.label) == (True, "warn", "no slop")
    assert spec.lanes == ("fast", "my lane")
    assert spec.applies_to("my lane")
    assert not spec.applies_to("slow")


def test_everything_after_the_colon_is_the_argument_as_it_stands() -> None:
    assert parse_check("contains: a: b/c ").argument.text == " a: b/c "
    assert parse_check('contains:"tab\\tand \\"quotes\\""').make().feed('tab\tand "quotes"')
    assert parse_check("not not contains:x").negated is False


def test_a_check_without_a_label_is_called_what_was_written() -> None:
    assert parse_check("json").label == "json"
    assert parse_check("warn not regex/i:a\n b").label == "not regex/i:a b"
    assert len(parse_check("contains:" + "x" * 99).label) == 48


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 1, "empty"),
        ("   ", 1, "empty"),
        (":x", 1, "name"),
        ("max_words", 10, "whole number"),
        ("max_words:", 11, "whole number"),
        ("max_words:ten", 11, "whole number"),
        ("warn max_chars:-1", 16, "whole number"),
        ("max_words 10", 10, "colon"),
        ("contains:", 10, "missing"),
        ('contains:"abc', 10, "no end"),
        ('contains:"a\\q"', 10, "escape"),
        ('contains:"a" b', 13, "follows"),
        ("one_of:a,,b", 10, "empty"),
        ('one_of:"a" b', 12, "comma"),
        ("json/nope", 6, "Unknown option"),
        ("json/fence=1", 5, "otherwise"),
        ("json:x", 6, "nothing"),
        ("deadline:ttft", 10, "comparison"),
        ("deadline:soon<1s", 10, "measures"),
        ("deadline:ttft<5", 15, "unit"),
        ("deadline:ttft<xs", 15, "number"),
        ("label=a,b json", 1, "one label"),
        ("label= json", 7, "value"),
        ("json/", 6, "option"),
    ],
)
def test_a_mistake_is_shown_with_its_column(text: str, column: int, says: str) -> None:
    with pytest.raises(CheckSyntaxError) as caught:
        parse_check(text)
    assert caught.value.column == column
    assert says in caught.value.message


def test_an_unknown_check_gets_the_nearest_names() -> None:
    with pytest.raises(UnknownName) as caught:
        parse_check("contain:x")
    assert "contains" in caught.value.hint
    assert "(column 1 of 'contain:x')" in caught.value.message
    with pytest.raises(CheckSyntaxError) as within:
        parse_check("warn all:(json) (not contain:x)")
    assert within.value.column == 22
    assert caught.value.exit_code == 2


def test_a_file_is_read_where_the_check_is_written_and_never_where_it_is_run(
    tmp_path: Path,
) -> None:
    (tmp_path / "want.txt").write_text('"quoted"\nsecond\n')
    spec = parse_check("not equals:@want.txt", tmp_path)
    assert spec.label == "not equals:@want.txt"
    again = parse_check(spec.text)
    assert (again.label, again.negated) == (spec.label, True)
    assert again.make().feed('"quoted"\nsecond') is None
    with pytest.raises(CheckSyntaxError, match="cannot be read here"):
        parse_check("equals:@want.txt")
    with pytest.raises(CheckSyntaxError, match="No such file"):
        parse_check("equals:@nope", tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(CheckSyntaxError, match="UTF-8"):
        parse_check("equals:@binary", tmp_path)


def test_an_at_sign_is_a_file_only_where_the_check_says_so() -> None:
    assert parse_check("contains:@home").argument.text == "@home"
    assert parse_check('equals:"@home"').make().feed("@ho") is None


def test_a_long_argument_does_not_make_a_long_message() -> None:
    with pytest.raises(UsageError) as caught:
        parse_check("regex:" + "a" * 5000 + "(")
    assert len(str(caught.value)) < 6000


def test_checks_are_chosen_by_lane() -> None:
    specs = parse_checks(["json", "lanes=fast max_words:3"])
    assert [s.name for s in for_lane(specs, "fast")] == ["json", "max_words"]
    assert [s.name for s in for_lane(specs, "slow")] == ["json"]


def test_completion_offers_names_modifiers_and_options() -> None:
    assert "max_words" in completions("warn max")
    assert "not_contains" in completions("no")
    assert completions("json/f") == ("json/fence",)
    assert completions("contains:as an ") == ()
    assert completions("nope/f") == ()


def test_completion_goes_on_within_a_group() -> None:
    assert completions("all:(jso") == ("all:(json", "all:(json_schema")
    assert completions("warn any:(json) (not json/f") == ("json/fence",)
    assert "(max_words" in completions("at_least:2 (json) (max_w")
    assert completions("all:(contains:as an ") == ()
    assert completions("contains:(jso") == ()


def test_members_of_a_group_read_files_where_the_group_is_written(tmp_path: Path) -> None:
    (tmp_path / "want.txt").write_text("a (b\n")
    spec = parse_check("not any:(equals:@want.txt) (json)", tmp_path)
    assert spec.label == "not any:(equals:@want.txt) (json)"
    again = parse_check(spec.text)
    assert (again.label, again.negated) == (spec.label, True)
    assert [member.name for member in again.members] == ["equals", "json"]
    check = again.make()
    assert check.feed("a (b") is None
    assert check.finish().verdict == "pass"
    with pytest.raises(CheckSyntaxError, match="cannot be read here"):
        parse_check("any:(equals:@want.txt) (json)")
    with pytest.raises(CheckSyntaxError, match="No such file") as caught:
        parse_check("any:(json) (equals:@nope)", tmp_path)
    assert caught.value.column == 20
