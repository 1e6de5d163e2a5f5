"""``workbench serve``: the screen in a browser, on this machine only."""

from __future__ import annotations

import sys

import click

from workbench.cli.screens import Screens


@click.command()
@click.option("--session", help="Open this session; examples/NAME opens a recorded one.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: any free port.")
@click.option("--open", "browser", is_flag=True, help="Open the default browser at once.")
@click.pass_obj
def serve(screens: Screens, *, session: str | None, port: int, browser: bool) -> int:
    """Show the screen in a browser, on this machine only.

    Prints an address with a token that is good for one browser; a new one is printed whenever it
    was used. The workbench goes on when the page is closed or loaded again. Ctrl+C ends it.
    """
    stream = sys.stdout  # while the screen is up, printing goes to its log

    def announce(text: str) -> None:
        click.echo(text, file=stream)
        stream.flush()

    return screens.serve(session, port, browser, announce)
