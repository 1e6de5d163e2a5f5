"""``workbench sessions import``: conversations from other tools as a session."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.api.journals import APP
from workbench.api.setup import settings_for
from workbench.api.wiring import known_secrets
from workbench.cli import diagnostics, output
from workbench.store.imports.registry import IMPORTERS, import_file
from workbench.text import plural


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "kind", type=click.Choice(sorted(IMPORTERS)), help="The file's format.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def import_command(file: Path, kind: str | None, as_json: bool) -> None:
    """Save conversations of promptfoo, Inspect AI, llm or OpenAI-style files as a session.

    What has no place in a session is listed.
    """
    settings = settings_for()
    secrets = tuple(known_secrets(settings))
    made = import_file(file, kind, settings.sessions, app=APP, secrets=secrets)
    if as_json:
        output.document(
            {
                "v": 1,
                "session": made.session,
                "iterations": made.iterations,
                "attempts": made.attempts,
                "unmapped": list(made.unmapped),
            }
        )
    else:
        output.line(made.session)
    diagnostics.say(
        f"{plural(made.iterations, 'iteration')}, {plural(made.attempts, 'attempt')} saved."
    )
    for sentence in made.unmapped:
        diagnostics.say(f"not mapped: {sentence}")
