"""The line between screen and engine."""

from __future__ import annotations

import asyncio

from tests.tui.fake_engine import FakeEngine
from workbench.engine.plan import Cancel, OpenSession
from workbench.model.lane import Lane
from workbench.model.prompt import Prompt
from workbench.tui.bridge import Bridge
from workbench.tui.view.draft import Draft
from workbench.tui.view.state import ViewModel


async def test_what_is_asked_before_the_engine_is_there_comes_after_the_session_is_open() -> None:
    engine = FakeEngine(script=lambda *_: ())
    model = ViewModel((Lane("a", "scripted", "s"),), Draft(Prompt("hi"), (), {}))
    bridge = Bridge(engine, model, lambda _: None)
    bridge.send(Cancel())
    bridge.start(OpenSession())
    for _ in range(20):
        await asyncio.sleep(0)
    await bridge.close()
    assert [type(command) for command in engine.sent][:2] == [OpenSession, Cancel]
