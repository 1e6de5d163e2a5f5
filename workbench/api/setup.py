"""Finds and reads the settings of a project folder."""

from __future__ import annotations

from pathlib import Path

from workbench.config.paths import config_dir, state_dir
from workbench.config.settings import Settings, load_settings


def settings_for(folder: Path | None = None) -> Settings:
    """Return the settings that hold in *folder* (the current one by default).

    Raises:
        ConfigError: a file cannot be read or a value is wrong.
    """
    return load_settings(config_dir() / "config.toml", folder or Path.cwd(), state_dir())
