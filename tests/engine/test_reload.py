"""A changed configuration holds without a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.api.setup import settings_for
from workbench.api.wiring import make_tools
from workbench.engine.inprocess import InProcessEngine
from workbench.engine.plan import OpenSession, RacePlan, Reload, StartRace
from workbench.model.events import IterationEnded, Notice
from workbench.model.prompt import Prompt

LANE = '[lanes.{}]\nprovider = "compatible"\nmodel = "m"\nbase_url = "http://127.0.0.1:9/v1"\n'


async def test_a_lane_declared_later_may_send_and_its_key_is_masked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(tmp_path / name.lower()))
    monkeypatch.setenv("LATER_KEY", "secret-of-the-later-lane")
    project = tmp_path / "project"
    project.mkdir()
    config = project / "workbench.toml"
    config.write_text('[lanes.first]\nprovider = "scripted"\nmodel = "s"\n')
    client = InProcessEngine(make_tools(settings_for(project)))
    await client.send(OpenSession(title="t"))
    config.write_text(config.read_text() + LANE.format("later") + 'key_env = "LATER_KEY"\n')
    later = settings_for(project).lane("later")
    plan = RacePlan(Prompt("Is it secret-of-the-later-lane?"), (later,))
    await client.send(StartRace(plan))
    await client.send(Reload())
    await client.send(StartRace(plan))
    said, ended = [], False
    async for batch in client.events():
        said += [e for e in batch if isinstance(e, Notice)]
        ended = any(isinstance(e, IterationEnded) for e in batch)
        if ended:
            break
    await client.close()
    assert ended
    assert "no lane of your own configuration" in said[0].message  # before the reload
    assert len([n for n in said if n.level == "error"]) == 1
    (file,) = (project / "sessions").glob("*.jsonl")
    assert "secret-of-the-later-lane" not in file.read_text()
    assert "*" * len("secret-of-the-later-lane") in file.read_text()
