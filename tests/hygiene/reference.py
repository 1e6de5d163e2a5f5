"""Writes ``docs/reference.md`` from the program itself: ``make docs``. A test compares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from workbench.checks.registry import definitions
from workbench.cli.main import build

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"
WIDTH = 96

HEAD = """# Reference

Every command with its options, and every check. Written by `make docs` from the program itself.

Exit codes of every command: 0 all passed, 1 a check failed, 2 wrong usage or bad input, 3 a
provider failed, 130 interrupted. Standard output is data, standard error is narration.

## Commands
"""

WHEN = {
    "early": "as soon as the text decides it",
    "earliest": "at the first character that decides it",
    "end": "at the end",
    "timer": "by its timer or counter",
}


def page() -> str:
    """Return the whole page."""
    return "\n".join((HEAD, *commands(), *checks())) + "\n"


def commands() -> Iterator[str]:
    """Yield a section for every command, subcommands after their group."""
    root = build(lambda *_: 0)
    names = list(root.context_settings["help_option_names"])
    with click.Context(
        root, info_name="workbench", terminal_width=WIDTH, help_option_names=names
    ) as context:
        yield from _section(root, context)


def _section(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"### `{context.command_path}`\n"
    yield f"```text\n{command.get_help(context).rstrip()}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                with click.Context(inner, parent=context, info_name=name) as below:
                    yield from _section(inner, below)


def checks() -> Iterator[str]:
    """Yield a section for every check."""
    yield "## Checks\n"
    yield "A check is written `name:argument`, on the command line and in `workbench.toml`.\n"
    for each in definitions():
        yield f"### `{each.name}`\n"
        yield f"{_sentence(each.summary)} Fails {WHEN[each.when]}.\n"
        yield f"- written `{each.syntax}`"
        yield f"- for example `{each.example}`"
        yield f"- cost: {each.cost[:1].lower()}{each.cost[1:].rstrip('.')}\n"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
