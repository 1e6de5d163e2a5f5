"""Installs the tools that prove exports: ``python -m workbench.api.tools [NAME...]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.config.paths import cache_dir
from workbench.errors import WorkbenchError
from workbench.suites.tools import RECIPES, set_up


def tools_folder() -> Path:
    """Return the folder that holds the tools' environments; it may not exist yet."""
    return cache_dir() / "tools"


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up the tools named on the command line, or all; return 1 if one failed, else 0."""
    parser = argparse.ArgumentParser(prog="python -m workbench.api.tools", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RECIPES))
    parser.add_argument("--into", type=Path, default=tools_folder(), metavar="FOLDER")
    options = parser.parse_args(arguments)
    failed = False
    for name in options.names or RECIPES:
        try:
            made = set_up(name, options.into)
        except WorkbenchError as error:
            failed = True
            sys.stderr.write(f"{name}: {error} {error.hint}\n")
        else:
            sys.stderr.write(f"{name}: {'installed' if made else 'ready'}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
