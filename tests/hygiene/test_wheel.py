"""What people install: the wheel carries its data and works away from the checkout."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]


def run(words: Sequence[str], **variables: str) -> str:
    """Run a command away from the checkout and return its output."""
    done = subprocess.run(
        words,
        cwd="/",
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    pip = (sys.executable, "-m", "pip", "-q", "--disable-pip-version-check")
    run((*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT)))
    return next(folder.glob("workbench-*.whl"))


def test_the_wheel_carries_themes_and_example_sessions_and_no_tests(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    for folder in ("themes", "sessions"):
        here = {path.name for path in (ROOT / folder).iterdir() if path.is_file()}
        there = {Path(name).name for name in names if name.startswith(f"workbench/_data/{folder}/")}
        assert here == there
    assert {name.partition("/")[0] for name in names} == {
        "workbench",
        next(name for name in names if ".dist-info/" in name).partition("/")[0],
    }


def test_the_installed_wheel_finds_its_data_and_answers(wheel: Path, tmp_path: Path) -> None:
    pip = (sys.executable, "-m", "pip", "-q", "--disable-pip-version-check")
    run((*pip, "install", "--no-deps", "--target", str(tmp_path), str(wheel)))
    code = "from workbench.config.paths import data_folder as d; print(d('themes'), d('sessions'))"
    places = run((sys.executable, "-P", "-c", code), PYTHONPATH=str(tmp_path)).split()
    assert places == [str(tmp_path / "workbench/_data" / name) for name in ("themes", "sessions")]
    shown = run((str(tmp_path / "bin" / "workbench"), "--help"), PYTHONPATH=str(tmp_path))
    assert "Usage: workbench" in shown
