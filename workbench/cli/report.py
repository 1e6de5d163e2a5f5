"""``workbench report``: a session as one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.api.report import render, write_report
from workbench.api.sessions import Sessions
from workbench.api.setup import settings_for
from workbench.api.wiring import known_secrets
from workbench.cli import diagnostics


@click.command()
@click.argument("name")
@click.option(
    "-o", "--output", "into", type=click.Path(path_type=Path), required=True, help="The HTML file."
)
def report(name: str, into: Path) -> None:
    """Write a session's story, prompts, diffs and answers as one HTML file.

    The file needs no network and runs no script.
    """
    settings = settings_for()
    loaded = Sessions.of(settings).load(name)
    diagnostics.damage(loaded.report())
    secrets = tuple(known_secrets(settings))
    write_report(into, render(loaded.session, secrets=secrets, damage=loaded.report()))
    diagnostics.say(f"written: {into}")
