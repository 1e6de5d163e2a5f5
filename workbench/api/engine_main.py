"""The engine's own process: ``python -m workbench.api.engine_main FD PROJECT_FOLDER``."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

from workbench.api.crash import crash_text, mask_logs
from workbench.api.setup import settings_for
from workbench.api.wiring import local_models, make_tools
from workbench.engine.clock import metered_loop
from workbench.engine.serve import serve

MODULE = "workbench.api.engine_main"


def main(arguments: list[str]) -> int:
    """Serve the screen on the inherited socket until it is gone."""
    sock, folder = socket.socket(fileno=int(arguments[0])), Path(arguments[1])
    try:
        return _serve(sock, folder)
    except Exception as error:  # noqa: BLE001 - the boundary: the screen shows what is written here
        sys.stderr.write(crash_text(error, folder))
        return 1


def _serve(sock: socket.socket, folder: Path) -> int:
    mask_logs(folder)
    settings = settings_for(folder)
    racing = map(settings.lane, settings.defaults.lanes)
    local = local_models(racing, sequential=settings.defaults.sequential)
    with asyncio.Runner(loop_factory=metered_loop) as runner:
        return runner.run(serve(sock, lambda: make_tools(settings, local)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
