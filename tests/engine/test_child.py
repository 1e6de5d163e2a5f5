"""The engine in a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from tests.engine.helpers import lane, plan
from workbench.api.engine_main import MODULE
from workbench.api.setup import settings_for
from workbench.engine.child import ChildEngine, launch
from workbench.engine.plan import OpenSession, StartRace
from workbench.errors import EngineDied
from workbench.model.events import Chunks, Event, IterationEnded
from workbench.model.fold import SessionFold
from workbench.store.sessions import load


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    (tmp_path / "workbench.toml").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    return tmp_path


async def until(events: AsyncIterator[Sequence[Event]], kind: type[Event]) -> list[Event]:
    """Return the events up to the batch that has one of *kind*."""
    seen: list[Event] = []
    async for batch in events:
        seen.extend(batch)
        if any(isinstance(e, kind) for e in batch):
            return seen
    return seen


async def test_a_race_in_the_engines_process_is_folded_here_and_saved_there(project: Path) -> None:
    launched = launch(MODULE, str(project))
    client = ChildEngine(launched)
    await client.send(OpenSession(title="child"))
    await client.send(StartRace(plan(lane(text="hello"), checks=("json",))))
    fold = SessionFold().apply_all(await until(client.events(), IterationEnded))
    await client.close()
    assert fold.head is not None
    assert fold.attempts[1].record().verdict == "fail"
    saved = load(settings_for(project).sessions / f"{fold.head.id}.jsonl")
    assert saved.session.attempts()[0].text == "hello"
    assert launched.process.returncode == 0


async def test_when_the_screen_is_gone_the_race_goes_on_and_is_saved(project: Path) -> None:
    launched = launch(MODULE, str(project))
    client = ChildEngine(launched)
    await client.send(OpenSession(title="gone"))
    await client.send(StartRace(plan(lane(text="x" * 120, tokens_per_s=60))))
    seen = SessionFold().apply_all(await until(client.events(), Chunks))
    assert seen.head is not None
    launched.sock.shutdown(2)
    assert await asyncio.to_thread(launched.process.wait, 20) == 0
    await client.close()
    saved = load(settings_for(project).sessions / f"{seen.head.id}.jsonl")
    assert saved.session.attempts()[0].state == "complete"
    assert saved.session.attempts()[0].text == "x" * 120


async def test_the_death_of_the_engine_is_told_and_what_arrived_is_saved(project: Path) -> None:
    launched = launch(MODULE, str(project))
    client = ChildEngine(launched)
    await client.send(OpenSession(title="killed"))
    await client.send(StartRace(plan(lane(text="x" * 4000, tokens_per_s=50))))
    events = client.events()
    seen = SessionFold().apply_all(await until(events, Chunks))
    assert seen.head is not None
    os.kill(launched.process.pid, signal.SIGKILL)
    with pytest.raises(EngineDied, match="exit code -9"):
        await until(events, IterationEnded)
    await client.close()
    saved = load(settings_for(project).sessions / f"{seen.head.id}.jsonl")
    assert saved.session.iterations[0].number == 1


async def test_sigterm_ends_the_engine_in_order(project: Path) -> None:
    launched = launch(MODULE, str(project))
    client = ChildEngine(launched)
    await client.send(OpenSession(title="term"))
    await client.send(StartRace(plan(lane(text="x" * 4000, tokens_per_s=50))))
    seen = SessionFold().apply_all(await until(client.events(), Chunks))
    assert seen.head is not None
    launched.process.terminate()
    assert await asyncio.to_thread(launched.process.wait, 5) == 143
    await client.close()
    saved = load(settings_for(project).sessions / f"{seen.head.id}.jsonl")
    assert saved.session.attempts()[0].state == "cancelled"
