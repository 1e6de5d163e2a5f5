"""Lanes are written into a file without touching what else the person wrote."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.config import edit
from workbench.config.lane_fields import FIELD_OF, LANE_FIELDS, flat, nested, shown, typed
from workbench.config.lanes import LaneTable
from workbench.errors import ConfigError
from workbench.model.lane import Deadlines, Limits, Params, Prices

FILE = """\
# what this project asks
cores = 2

[lanes]
quick = "groq/llama"   # the quick one

[lanes.main]  # the one that counts
provider = "compatible"
model = "m1"  # until the new one is out
base_url = "http://127.0.0.1:1/v1"

[lanes.main.params]
temperature = 0.2  # low
# the seed of the paper
seed = 7

[defaults]
lanes = ["main", "quick"]  # both
"""


def test_comments_order_and_everything_else_stay(tmp_path: Path):
    path = tmp_path / "workbench.toml"
    path.write_text(FILE)
    edit.put_lane(path, "main", {"model": "m2", "params.temperature": 0.5, "checks": ["json"]})
    wanted = FILE.replace('model = "m1"  #', 'model = "m2"  #').replace("= 0.2  #", "= 0.5  #")
    assert [line for line in path.read_text().splitlines() if line not in wanted.splitlines()] == [
        'checks = ["json"]'
    ]
    assert tomllib.loads(path.read_text())["lanes"]["main"]["params"]["temperature"] == 0.5


def test_a_lane_of_one_line_becomes_a_table_and_keeps_its_comment(tmp_path: Path):
    path = tmp_path / "workbench.toml"
    path.write_text(FILE)
    edit.put_lane(path, "quick", {"provider": "groq", "model": "llama", "limits.retries": 0})
    assert "# the quick one" in path.read_text()
    lanes = tomllib.loads(path.read_text())["lanes"]
    assert lanes["quick"] == {"provider": "groq", "model": "llama", "limits": {"retries": 0}}
    assert lanes["main"]["model"] == "m1"


def test_a_removed_lane_leaves_the_defaults_too_and_the_rest_as_it_was(tmp_path: Path):
    path = tmp_path / "workbench.toml"
    path.write_text(FILE)
    edit.remove_lane(path, "main")
    data = tomllib.loads(path.read_text())
    assert list(data["lanes"]) == ["quick"]
    assert data["defaults"]["lanes"] == ["quick"]
    assert "# both" in path.read_text()
    edit.remove_lane(path, "quick")
    assert "lanes" not in tomllib.loads(path.read_text())["defaults"]


def test_a_broken_file_is_left_alone(tmp_path: Path):
    path = tmp_path / "workbench.toml"
    path.write_text("[lanes\n")
    with pytest.raises(ConfigError, match="cannot be read"):
        edit.put_lane(path, "a", {"provider": "local"})
    assert path.read_text() == "[lanes\n"


def test_nothing_is_written_when_the_result_is_not_approved(tmp_path: Path):
    path = tmp_path / "workbench.toml"
    path.write_text(FILE)

    def refuse(_text: str) -> None:
        raise ConfigError("no")

    with pytest.raises(ConfigError, match="no"):
        edit.put_lane(path, "main", {"model": "m2"}, refuse)
    assert path.read_text() == FILE
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link_and_the_mode_stays(tmp_path: Path):
    real = tmp_path / "dotfiles.toml"
    real.write_text(FILE)
    real.chmod(0o644)
    link = tmp_path / "workbench.toml"
    link.symlink_to(real)
    edit.put_lane(link, "main", {"model": "m2"})
    assert link.is_symlink()
    assert "m2" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o644


def test_the_form_has_a_field_for_every_setting_of_a_lane():
    names = set(LaneTable.__struct_fields__)
    for table, record in (
        ("params", Params),
        ("deadlines", Deadlines),
        ("prices", Prices),
        ("limits", Limits),
    ):
        names.discard(table)
        names |= {f"{table}.{field.name}" for field in fields(record)}
    assert names - set(FIELD_OF) == {"deadlines.total"}  # deadline is the same limit
    assert set(FIELD_OF) <= names


TEXTS = {
    "text": st.from_regex(r"[a-z0-9./:_\-]{1,20}", fullmatch=True),
    "number": st.floats(0, 1, allow_nan=False).map(lambda x: round(x, 6)),
    "whole": st.integers(1, 10**9),
    "list": st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=3),
    "table": st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
        st.integers(0, 9) | st.booleans() | st.sampled_from(["x", 'a"b', "c d"]),
        min_size=1,
        max_size=3,
    ),
}


@given(data=st.data(), field=st.sampled_from(LANE_FIELDS))
def test_what_is_shown_is_read_again(data, field):
    value = data.draw(TEXTS[field.kind])
    if field.choices:
        value = data.draw(st.sampled_from(field.choices))
    if field.key == "key_env":
        value = "MY_KEY"
    if field.kind == "list":
        value = [item for item in value if "\r" not in item and item.splitlines() == [item]] or [
            "\n\n"
        ]
    assert typed(field, shown(value)) == value
    assert flat(nested({field.key: value})) == {field.key: value}


@pytest.mark.parametrize(
    "text", ["sk-proj-1234", "gsk_abc", "hf_" + "a" * 30, "a b", "x" * 80, "AIzaSyA"]
)
def test_a_key_is_refused_where_its_name_belongs(text: str):
    with pytest.raises(ConfigError, match="never the key itself"):
        typed(FIELD_OF["key_env"], text)
