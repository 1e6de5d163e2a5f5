"""A group of commands whose help says each command's first sentence whole."""

from __future__ import annotations

import click

WHOLE = 10_000


class Group(click.Group):
    """A command group; click itself cuts the summaries off at the terminal's edge."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their first sentences, wrapped instead of cut."""
        rows = [
            (name, command.get_short_help_str(WHOLE))
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
