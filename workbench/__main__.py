"""The ``workbench`` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    from workbench.cli.main import run

    sys.exit(run(open_screen))


def open_screen(session: str | None = None) -> int:
    """Open the screen and return its exit code."""
    from workbench.tui.launch import open_screen as launch

    return launch(session)


if __name__ == "__main__":
    main()
