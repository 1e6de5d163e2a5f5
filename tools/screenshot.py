"""Takes the pictures of the README: the real screen, the real engine, the embedded models.

    python -m tools.screenshot docs/images

Sends the sample prompt twice, the second time with abort on failure, and writes an SVG.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from workbench.api.setup import settings_for
from workbench.engine.child import ChildEngine, launch
from workbench.engine.plan import EngineClient
from workbench.tui.app import WorkbenchApp
from workbench.tui.launch import ENGINE, make_setup

SIZE = (112, 34)


async def take(folder: Path) -> None:
    """Drive the screen as a person would and save what it shows."""
    with tempfile.TemporaryDirectory() as project:
        os.environ["WORKBENCH_STATE"] = project
        launched = launch(ENGINE, project)

        async def client() -> EngineClient:
            return ChildEngine(launched)

        app = WorkbenchApp(client, make_setup(settings_for()))
        async with app.run_test(size=SIZE) as pilot:
            await _until(
                lambda: all(r.ready for r in app.model.fold.lanes.values()) and app.model.fold.lanes
            )
            await pilot.press("ctrl+j")
            await _until(lambda: _done(app, 1))
            await pilot.press("ctrl+t")
            await pilot.press("ctrl+j")
            await _until(lambda: _done(app, 2))
            await pilot.pause(0.3)
            app.save_screenshot(str(folder / "workbench.svg"))


def _ready(app: WorkbenchApp) -> bool:
    lanes = app.model.fold.lanes.values()
    return bool(lanes) and all(lane.ready for lane in lanes)


def _done(app: WorkbenchApp, number: int) -> bool:
    iteration = app.model.fold.iterations.get(number)
    return iteration is not None and not iteration.running


async def _until(true: Callable[[], object]) -> None:
    for _ in range(600):
        if true():
            return
        await asyncio.sleep(0.1)
    raise TimeoutError


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(target))
