"""What ``make`` installs is what ``pyproject.toml`` asks for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)

ASKED = {
    "run.txt": [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["build"]],
    "local.txt": PROJECT["project"]["optional-dependencies"]["local"],
    "dev.txt": PROJECT["dependency-groups"]["dev"],
}


@pytest.mark.parametrize("name", ASKED)
def test_every_dependency_is_pinned_within_its_range(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text("utf-8")
    pins = {canonicalize_name(found): Version(version) for found, version in PIN.findall(text)}
    asked = [Requirement(each) for each in ASKED[name]]
    wrong = [
        str(each)
        for each in asked
        if (pin := pins.get(canonicalize_name(each.name))) is None or pin not in each.specifier
    ]
    assert wrong == [], "run: make lock"


@pytest.mark.parametrize("name", ASKED)
def test_a_lock_file_has_a_hash_for_every_pin_and_names_no_index(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text("utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)
    bare = [each.split()[0] for each in entries if PIN.match(each) and "--hash=sha256:" not in each]
    assert bare == []
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
