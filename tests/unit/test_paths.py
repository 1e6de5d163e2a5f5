"""Where the application looks for its own and the user's files."""

from pathlib import Path

import pytest

from workbench.config import paths
from workbench.errors import ConfigError


def test_every_user_folder_can_be_moved_by_a_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for variable, folder in (
        ("WORKBENCH_CACHE", paths.cache_dir),
        ("WORKBENCH_CONFIG", paths.config_dir),
        ("WORKBENCH_STATE", paths.state_dir),
    ):
        monkeypatch.delenv(variable, raising=False)
        assert folder().name == "workbench"
        monkeypatch.setenv(variable, str(tmp_path / variable))
        assert folder() == tmp_path / variable
    assert paths.models_dir() == tmp_path / "WORKBENCH_CACHE" / "models"


def test_a_blank_variable_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_CACHE", " ")
    assert paths.cache_dir().name == "workbench"


def test_shipped_folders_are_found_and_an_unknown_one_is_an_error_with_a_hint() -> None:
    assert paths.data_folder("sessions").is_dir()
    with pytest.raises(ConfigError) as caught:
        paths.data_folder("nothing")
    assert caught.value.hint
