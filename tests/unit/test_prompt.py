"""Prompts: strict templates in which JSON can stand as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import PromptError
from workbench.model.prompt import Message, Prompt


def test_variables_are_replaced_in_both_messages() -> None:
    prompt = Prompt("Hi {{name}}, {{ city }}!", "Speak {{language}}.")
    assert prompt.variables() == ("language", "name", "city")
    assert prompt.render({"name": "Ada", "city": "Paris", "language": "French"}) == (
        Message("system", "Speak French."),
        Message("user", "Hi Ada, Paris!"),
    )


def test_json_in_a_prompt_is_plain_text() -> None:
    text = 'Answer like {"a": {"b": 1}} or {{1}} or {{ }}.'
    assert Prompt(text).render() == (Message("user", text),)


def test_a_backslash_keeps_the_braces() -> None:
    assert Prompt(r"Write \{{name}} literally.").render() == (
        Message("user", "Write {{name}} literally."),
    )


def test_values_are_never_expanded_again() -> None:
    assert Prompt("{{a}}").render({"a": "{{b}}", "b": "x"})[0].content == "{{b}}"


def test_a_missing_variable_is_named_with_what_to_do() -> None:
    with pytest.raises(PromptError, match="'city'") as caught:
        Prompt("Hi {{city}}").render({})
    assert "--var city=" in caught.value.hint


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_an_empty_prompt_is_refused(text: str) -> None:
    with pytest.raises(PromptError, match="empty"):
        Prompt(text).render()


@given(st.text(min_size=1).filter(lambda t: t.strip() and "{{" not in t))
def test_text_without_variables_is_sent_to_the_character(text: str) -> None:
    assert Prompt(text).render()[0].content == text
