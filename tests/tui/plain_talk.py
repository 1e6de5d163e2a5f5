"""The plain mode without a terminal: a real engine and configuration, lines in and lines out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from workbench.api.setup import settings_for
from workbench.api.wiring import make_tools
from workbench.engine.inprocess import InProcessEngine
from workbench.errors import WorkbenchError
from workbench.model.events import LaneReady
from workbench.tui.launch import make_setup, with_drafts
from workbench.tui.plain.commands.registry import carry_out
from workbench.tui.plain.talk import Talk
from workbench.tui.plain.voice import Voice
from workbench.tui.view.setup import Setup

T = TypeVar("T")


LANES = """
[defaults]
lanes = ["small", "large"]
checks = ["json", "max_words:100"]

[lanes.small]
provider = "scripted"
model = "script"
options = { text = "Sure! Here it is: 3", ttft_ms = 5, tokens_per_s = 2000 }

[lanes.large]
provider = "scripted"
model = "script"
options = { text = '{"umbrellas": 3}', ttft_ms = 8, tokens_per_s = 2000 }

[lanes.spare]
provider = "scripted"
model = "script"
options = { text = "one\\ntwo\\nthree\\nfour\\nfive\\nsix\\nseven\\neight\\nnine", tokens_per_s = 5000 }
"""  # noqa: E501 - TOML keeps inline tables on one line

CITIES = """
[defaults]
lanes = ["sure", "talks"]
checks = []

[lanes.sure]
provider = "scripted"
model = "script"
options = { text = "France Germany Norway", ttft_ms = 1, tokens_per_s = 5000 }

[lanes.talks]
provider = "scripted"
model = "script"
options = { text = "France", ttft_ms = 1, tokens_per_s = 5000 }
"""
CSV = """id,city,checks
fr,Paris,contains:France
de,Berlin,contains:Germany
no,Oslo,contains:Norway
"""


class Person:
    """Types lines and hears lines. ``typed`` are answers to what is asked in between."""

    def __init__(self, folder: Path, *, page: int | None = None, **changes: object) -> None:
        settings = settings_for(folder)
        setup: Setup = replace(with_drafts(make_setup(settings), settings), **changes)
        self.heard: list[str] = []
        self.typed: deque[str | None] = deque()
        self.engine = InProcessEngine(make_tools(settings))
        voice = Voice(self.heard.append, page)
        self.talk = Talk(setup, self.engine, voice, self.typed.popleft, self._aside)
        self.setup = setup

    async def _aside(self, job: Callable[[], T]) -> T:
        return job()

    async def start(self) -> list[str]:
        """Open the session, wait until the lanes are ready."""
        await self.talk.open(self.setup.session)
        ready = self.talk.model.fold.lanes
        while any(not found.ready and not found.failed for found in ready.values()):
            await self.talk._hear()
        assert all(isinstance(found, LaneReady) for found in ready.values())
        return self.heard

    async def do(self, line: str, *typed: str | None) -> list[str]:
        """Type a line, and answers to what it asks; return what was said."""
        before = len(self.heard)
        self.typed.extend(typed)
        try:
            await carry_out(self.talk, line)
        except WorkbenchError as error:
            self.talk.say(f"{error.message} {error.hint}".strip())
        assert not self.typed, "not asked"
        return self.heard[before:]

    async def leave(self) -> None:
        """Leave, as the terminal does."""
        self.talk.close()
        await self.engine.close()


def at_home(folder: Path, monkeypatch: pytest.MonkeyPatch, configuration: str) -> None:
    """Make *folder* the project, with nothing outside it known or written."""
    (folder / "workbench.toml").write_text(configuration)
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(folder / name.lower()))
    monkeypatch.chdir(folder)
