"""The command line, run in this process from a project folder of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from workbench.cli.main import run

PROJECT = """
[lanes.good]
provider = "scripted"
model = "script"
options = { text = "{\\"a\\": 1}", chunk_chars = 1 }

[lanes.prose]
provider = "scripted"
model = "script"
options = { text = "Sure! Here is the JSON you asked for.", tokens_per_s = 400 }

[lanes.down]
provider = "scripted"
model = "script"
options = { text = "x", fail_after = 0 }
limits = { retries = 0 }
"""


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, object]:
        data = json.loads(self.out)
        assert isinstance(data, dict)
        return data


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with scripted lanes; the user's own folders are elsewhere and empty."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "workbench.toml").write_text(PROJECT)
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(tmp_path / name.lower()))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def workbench(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Result]:
    """Run a command and return its exit code, stdout and stderr."""
    del project

    def call(*arguments: str) -> Result:
        monkeypatch.setattr("sys.argv", ["workbench", *arguments])
        code = run(lambda _session: 0)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return call
