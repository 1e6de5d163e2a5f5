"""What holds for every test: what a machine lacks is left out in the open, never in silence."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from importlib.util import find_spec

import pytest

from workbench.config.paths import models_dir
from workbench.providers.models.catalogue import CATALOGUE
from workbench.providers.models.files import state

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
    if item.get_closest_marker("models"):
        if find_spec("xllamacpp") is None:
            yield "xllamacpp"
        elif any(state(models_dir(), model) != "ready" for model in CATALOGUE):
            yield "weights"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = config.stash.setdefault(LEFT_OUT, Counter())
    for item in items:
        for what in missing_for(item):
            left_out[what] += 1
            how = HOW_TO_GET.get(what, "install it")
            item.add_marker(pytest.mark.skip(reason=f"needs {what} ({how})"))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for what, count in sorted(config.stash.get(LEFT_OUT, Counter()).items()):
        how = HOW_TO_GET.get(what, "install it")
        terminalreporter.write_line(
            f"left out: {count} tests need {what}, which is not here ({how})"
        )
