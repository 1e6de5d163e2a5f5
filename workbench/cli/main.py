"""The command group. Each command's module is imported when that command is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple

import click

from workbench import __version__
from workbench.cli import diagnostics
from workbench.cli.boundary import guarded, interrupted, need_folder
from workbench.cli.screens import Screens
from workbench.errors import UnknownName


class Entry(NamedTuple):
    """Where a command lives and the line ``--help`` shows for it."""

    place: str
    summary: str


COMMANDS: Mapping[str, Entry] = {
    "send": Entry("workbench.cli.send:send", "Send one prompt to several lanes and check it live."),
    "diff": Entry(
        "workbench.cli.diff:diff", "Show what changed between iterations, attempts or files."
    ),
    "cases": Entry("workbench.cli.cases:cases", "Make cases of failed attempts and review them."),
    "run": Entry("workbench.cli.run:run", "Send a suite through lanes, with exit codes for CI."),
    "compare": Entry("workbench.cli.compare:compare", "Compare two runs of a suite."),
    "export": Entry("workbench.cli.exchange:export_command", "Write a suite for another tool."),
    "import": Entry("workbench.cli.exchange:import_command", "Read another tool's cases."),
    "sessions": Entry(
        "workbench.cli.sessions:sessions",
        "List, show, search, annotate and import sessions.",
    ),
    "replay": Entry("workbench.cli.replay:replay", "Stream a recorded iteration again as it came."),
    "bisect": Entry("workbench.cli.bisect:bisect_", "Find the iteration that broke a check."),
    "report": Entry("workbench.cli.report:report", "Write a session's story as one HTML file."),
    "checks": Entry(
        "workbench.cli.checks:checks", "List and explain the checks; judge any text with them."
    ),
    "doctor": Entry("workbench.cli.doctor:doctor", "Show every setting and what is missing."),
    "lanes": Entry("workbench.cli.lanes:lanes", "List the declared lanes, check one, store a key."),
    "serve": Entry("workbench.cli.serve:serve", "Show the screen in a browser, on this machine."),
    "models": Entry(
        "workbench.cli.models:models", "List, fetch, remove and serve the embedded models."
    ),
}


class Lazy(click.Group):
    """A group that knows its commands' names and summaries without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order they are listed."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.place.partition(":")
        command = getattr(import_module(module), attribute)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the registry."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; an unknown one is answered with the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            raise UnknownName("command", args[0], COMMANDS) from None


def build(screens: Screens) -> click.Group:
    """Return the command line; without a command *screens* opens the screen."""

    @click.group(
        cls=Lazy,
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    @click.version_option(__version__, prog_name="workbench")
    @click.option("--session", help="Open the screen on this session.")
    @click.option("--plain", is_flag=True, help="Line by line, for screen readers.")
    @click.pass_context
    def workbench(ctx: click.Context, *, session: str | None, plain: bool) -> None:
        """Race models on one prompt, check answers while they stream, see how soon each failed.

        Without a command, opens the screen; `--session examples/NAME` opens a recorded one.
        """
        ctx.obj = screens
        need_folder()
        if ctx.invoked_subcommand is None:
            ctx.exit(screens.open(session, plain))

    return workbench


def run(screens: Screens) -> int:
    """Run the command line and return the exit code; every error becomes one line and a hint."""
    return guarded(lambda: _run(screens))


def _run(screens: Screens) -> int:
    try:
        code = build(screens).main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as problem:
        diagnostics.say(problem.format_message())
        return 2
    except click.ClickException as problem:
        diagnostics.say(f"workbench: {problem.format_message()}")
        return problem.exit_code
    except click.Abort:
        return interrupted()
    return code if isinstance(code, int) else 0
