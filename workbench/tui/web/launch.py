"""Opens the screen in a browser: the same application, on a line instead of a terminal."""

from __future__ import annotations

import asyncio
import gc
import os
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from workbench.api.crash import mask_logs
from workbench.api.setup import settings_for
from workbench.engine.child import ChildEngine, launch
from workbench.engine.plan import EngineClient
from workbench.records import dataclass
from workbench.tui.launch import ENGINE, make_setup, need_session, with_drafts
from workbench.tui.view.setup import ClientFactory, Setup

BROWSER_KEYS = {"newer": "alt+n,ctrl+n", "abort": "alt+t,ctrl+t", "narrower": "alt+q"}
"""Keys that a browser keeps for itself get another one first; what had that one makes room."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve: ``port`` 0 is any that is free; ``browser`` opens the default one."""

    session: str | None = None
    port: int = 0
    browser: bool = False


def serve_screen(options: ServeOptions, announce: Callable[[str], None]) -> int:
    """Serve the screen until it is left or a signal comes; return the exit code.

    Raises:
        UsageError: the port cannot be used.
        ConfigError: the configuration cannot be read.
        UnknownName: there is no such session.
    """
    gc.disable()  # until the first frame, as for a terminal
    settings = settings_for()
    need_session(settings, options.session)
    launched = launch(ENGINE, str(Path.cwd()))
    mask_logs()
    # what the terminal in the page can do, whatever the one of this process can
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")

    async def client() -> EngineClient:
        return ChildEngine(launched)

    setup = with_drafts(make_setup(settings, options.session), settings)
    setup = replace(setup, keymap={**BROWSER_KEYS, **setup.keymap})
    try:
        return asyncio.run(serve_setup(client, setup, options, announce))
    finally:
        launched.process.terminate()  # only where the screen never came to close it


async def serve_setup(
    factory: ClientFactory,
    setup: Setup,
    options: ServeOptions,
    announce: Callable[[str], None],
) -> int:
    """Serve a screen over any engine; return the exit code.

    Raises:
        UsageError: the port cannot be used.
    """
    from workbench.tui.app import WorkbenchApp
    from workbench.tui.web.driver import driver_for
    from workbench.tui.web.line import Line
    from workbench.tui.web.server import PageServer, Show

    line = Line()
    app = WorkbenchApp(factory, setup, driver_for(line))

    def ground() -> str:
        color = app.painter.theme.colors["background"]
        return color if color.startswith("#") else "#000"

    server = PageServer(Show(line, ground), announce)
    await server.start(options.port)
    address = server.guard.address
    announce(f"Workbench is at {address}")
    if options.browser:
        await asyncio.to_thread(webbrowser.open, address)
    try:
        await app.run_async()
    finally:
        await server.close()
        await app.bridge.close()
    return app.return_code or 0
