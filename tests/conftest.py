"""What holds for every test: what a machine lacks is left out in the open, never in silence."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from importlib.util import find_spec

import pytest
from hypothesis import settings

from workbench.api.tools import tools_folder
from workbench.config.paths import models_dir
from workbench.providers.models.catalogue import CATALOGUE
from workbench.providers.models.files import state
from workbench.text import plural

# No test depends on how fast this machine is.
settings.register_profile("workbench", deadline=None)
settings.load_profile("workbench")

HOW_TO_GET = {
    "tmux": "apt-get install tmux, or brew install tmux",
    "node": "https://nodejs.org",
    "chromium": "apt-get install chromium",
    "xllamacpp": "pip install xllamacpp",
    "weights": "make models",
}
LEFT_OUT = pytest.StashKey[Counter[str]]()


def missing_for(item: pytest.Item) -> Iterable[str]:
    """Return what the machine lacks of what a test needs."""
    for mark in item.iter_markers("needs"):
        for program in mark.args:
            if shutil.which(program) is None:
                yield str(program)
    for mark in item.iter_markers("tool"):
        for name in mark.args:
            if not (tools_folder() / name / ".complete").exists():
                yield f"the tool {name}"
    if item.get_closest_marker("models"):
        if find_spec("xllamacpp") is None:
            yield "xllamacpp"
        elif any(state(models_dir(), model) != "ready" for model in CATALOGUE):
            yield "weights"


def how_to_get(what: str) -> str:
    """Return what to do about something the machine lacks."""
    if what.startswith("the tool "):
        return f"python -m workbench.api.tools {what.removeprefix('the tool ')}"
    return HOW_TO_GET.get(what, "install it")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = config.stash.setdefault(LEFT_OUT, Counter())
    for item in items:
        for what in missing_for(item):
            left_out[what] += 1
            how = how_to_get(what)
            item.add_marker(pytest.mark.skip(reason=f"needs {what} ({how})"))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for what, count in sorted(config.stash.get(LEFT_OUT, Counter()).items()):
        how = how_to_get(what)
        terminalreporter.write_line(f"left out: {plural(count, 'test')} for want of {what} ({how})")
