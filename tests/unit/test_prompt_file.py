"""Prompt files keep what was written, and say what is wrong with others."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from workbench.config.prompt_file import PromptFile, load_prompt, save_prompt
from workbench.errors import PromptError
from workbench.model.prompt import Prompt

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
NAME = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    user=TEXT,
    system=TEXT,
    checks=st.lists(TEXT, max_size=3),
    variables=st.dictionaries(NAME, TEXT, max_size=3),
)
@example(user="a\r\nb", system="\r\n", checks=["\r\n"], variables={"a": "\r\n"})
def test_what_is_saved_is_loaded_again(tmp_path: Path, user, system, checks, variables):
    held = PromptFile(Prompt(user, system or None), tuple(checks), variables)
    save_prompt(tmp_path / "p.toml", held)
    assert load_prompt(tmp_path / "p.toml") == held


def test_any_other_file_is_the_user_message(tmp_path: Path):
    (tmp_path / "p.md").write_text("Say {{ this }}.\n")
    assert load_prompt(tmp_path / "p.md") == PromptFile(Prompt("Say {{ this }}."))
    save_prompt(tmp_path / "q.md", PromptFile(Prompt("hello")))
    assert (tmp_path / "q.md").read_text() == "hello\n"


def test_nothing_is_dropped_in_silence(tmp_path: Path):
    with pytest.raises(PromptError, match=r"Only a \.toml file"):
        save_prompt(tmp_path / "p.md", PromptFile(Prompt("hello", "be kind")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("user = ", "not valid TOML"),
        ("system = 'x'", "user must be a text"),
        ("user = 'x'\nusr = 'y'", "usr means nothing here"),
        ("user = 'x'\nchecks = 'json'", "list of texts"),
        ("user = 'x'\n[variables]\na = 1", "must be a text"),
    ],
)
def test_a_malformed_file_says_what_is_wrong(tmp_path: Path, text: str, message: str):
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(PromptError, match=message):
        load_prompt(tmp_path / "p.toml")


def test_a_file_that_is_not_there_says_so(tmp_path: Path):
    with pytest.raises(PromptError, match="No such file"):
        load_prompt(tmp_path / "none.toml")


def test_a_name_that_leads_in_a_circle_is_told(tmp_path: Path):
    (tmp_path / "p.toml").symlink_to("p.toml")
    with pytest.raises(PromptError, match=r"p\.toml cannot be written"):
        save_prompt(tmp_path / "p.toml", PromptFile(Prompt("hello")))


def test_what_a_link_points_to_is_written_and_the_link_stays(tmp_path: Path):
    (tmp_path / "real.toml").write_text("user = 'old'")
    (tmp_path / "p.toml").symlink_to("real.toml")
    save_prompt(tmp_path / "p.toml", PromptFile(Prompt("new")))
    assert (tmp_path / "p.toml").is_symlink()
    assert load_prompt(tmp_path / "real.toml").prompt.user == "new"
