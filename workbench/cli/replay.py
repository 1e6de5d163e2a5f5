"""``workbench replay``: a recorded iteration streamed again with its original timing."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import click

from workbench.api.document import iteration_document
from workbench.api.replay import Playback, play, tape
from workbench.api.sessions import Sessions
from workbench.api.setup import settings_for
from workbench.cli import diagnostics, output
from workbench.cli.race_table import lines
from workbench.errors import SessionError
from workbench.model.fold import SessionFold


@click.command()
@click.argument("name")
@click.option("--speed", default="1", help="0.1 to 100 times as fast, or 'instant'.")
@click.option("--iteration", "-i", type=int, help="Which iteration; the last one by default.")
@click.option("--lane", "-l", "lanes", multiple=True, help="Only this lane; repeat for several.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def replay(
    name: str, speed: str, iteration: int | None, lanes: tuple[str, ...], as_json: bool
) -> None:
    """Stream a recorded iteration again, with its original timing. Nothing is sent.

    NAME is a session's id or its beginning, a path, or examples/NAME.
    """
    loaded = Sessions.of(settings_for()).load(name)
    diagnostics.damage(loaded.report())
    if not loaded.session.iterations:
        raise SessionError(f"{name} holds no iteration to replay.", "Send a prompt first.")
    number = loaded.session.iterations[-1].number if iteration is None else iteration
    playback = Playback(tape(loaded.events, number, lanes), _speed(speed))
    fold = SessionFold()
    live = diagnostics.Live()
    try:
        asyncio.run(_watch(playback, fold, number, live))
    finally:
        live.clear()
    record = fold.iterations[number].record()
    if as_json:
        output.document(iteration_document(loaded.session.id, record))
    else:
        for text in lines(record.attempts):
            output.line(text)


def _speed(text: str) -> float | None:
    """The speed as a number; None for 'instant'."""
    if text == "instant":
        return None
    with suppress(ValueError):
        return float(text)
    raise SessionError(f"{text!r} is no speed.", "Use 0.1 to 100, or 'instant'.")


async def _watch(
    playback: Playback, fold: SessionFold, number: int, live: diagnostics.Live
) -> None:
    async for events in play(playback):
        fold.apply_all(events)
        if live.active:
            attempts = fold.iterations[number].attempts.values()
            live.draw(lines([a.record() for a in attempts], live_status=True))
