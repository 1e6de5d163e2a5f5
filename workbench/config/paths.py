"""Where things are: the user's folders, and the data that ships with Workbench.

Everything is computed on call from the environment; nothing is created and nothing remembered.
``WORKBENCH_CACHE``, ``WORKBENCH_CONFIG`` and ``WORKBENCH_STATE`` override the platform's folders.
"""

from __future__ import annotations

import os
from pathlib import Path

from workbench.errors import ConfigError
from workbench.files.home import from_home

_APP = "workbench"


def _folder(variable: str) -> Path | None:
    given = os.environ.get(variable, "").strip()
    return from_home(given).absolute() if given else None


def cache_dir() -> Path:
    """Return the folder of what can be fetched or computed again (models, response cache)."""
    from platformdirs import user_cache_path

    return _folder("WORKBENCH_CACHE") or user_cache_path(_APP, appauthor=False)


def models_dir() -> Path:
    """Return the folder of the embedded models' weights."""
    return cache_dir() / "models"


def config_dir() -> Path:
    """Return the folder of the user's ``config.toml`` and ``themes/``."""
    from platformdirs import user_config_path

    return _folder("WORKBENCH_CONFIG") or user_config_path(_APP, appauthor=False)


def state_dir() -> Path:
    """Return the folder of what the application remembers and of the user's sessions."""
    from platformdirs import user_state_path

    return _folder("WORKBENCH_STATE") or user_state_path(_APP, appauthor=False)


def data_folder(name: str) -> Path:
    """Return a folder that ships with Workbench: ``themes`` or ``sessions``.

    In an installed wheel it lies inside the package, in a checkout beside it.

    Raises:
        ConfigError: this installation lacks it.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_data" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise ConfigError(
        f"This installation lacks its {name} folder.", "Install Workbench again: pip install ."
    )
