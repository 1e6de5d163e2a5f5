"""The ``workbench`` command."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable

COMPLETION = "_WORKBENCH_COMPLETE"
"""A shell that asks for completions sets it, and gives no arguments."""


class Screens:
    """Opens the screens; each is imported when it is asked for."""

    def open(self, session: str | None, plain: bool) -> int:
        """Open the screen in this terminal and return its exit code."""
        gc.disable()  # until the first frame: a tenth of the start is spent looking for garbage
        from workbench.tui.launch import open_screen

        return open_screen(session, plain=plain)

    def serve(
        self, session: str | None, port: int, browser: bool, announce: Callable[[str], None]
    ) -> int:
        """Show the screen in a browser and return its exit code."""
        from workbench.tui.web.launch import ServeOptions, serve_screen

        return serve_screen(ServeOptions(session, port, browser), announce)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        code = _bare() if len(sys.argv) == 1 and COMPLETION not in os.environ else _parsed()
    except KeyboardInterrupt:  # before the command line could hear it
        sys.stderr.write("workbench: interrupted.\n")
        code = 130
    sys.exit(code)


def _parsed() -> int:
    from workbench.cli.main import run

    return run(Screens())


def _bare() -> int:
    """Open the screen. There is nothing to parse: that is 5 ms less until its first frame."""
    from workbench.cli.boundary import guarded, need_folder

    def opened() -> int:
        need_folder()
        return Screens().open(None, plain=False)

    return guarded(opened)


if __name__ == "__main__":
    main()
