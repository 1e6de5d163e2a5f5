"""The terminal of the plain mode: reads lines, writes lines, and ends in order."""

from __future__ import annotations

import asyncio
import contextlib
import io
import signal
import sys
from collections.abc import Callable
from types import FrameType

from workbench.engine.plan import EngineClient
from workbench.errors import EngineDied, WorkbenchError
from workbench.text import visible_line
from workbench.tui.plain.commands import Commands
from workbench.tui.plain.nudge import Nudge
from workbench.tui.plain.talk import Talk, Voice
from workbench.tui.setup import ClientFactory, Setup

Ask = Callable[[str], str | None]
PROMPT = "workbench: "
ENDINGS = {signal.SIGTERM: 143, signal.SIGHUP: 129}


class Ended(BaseException):
    """A signal said to end; ``code`` is the exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def run(factory: ClientFactory, setup: Setup) -> int:
    """Talk until the person leaves; return the exit code: 0, or 130, 143, 129 by a signal."""
    for stream in (sys.stdout, sys.stdin):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - input() then edits lines and remembers them

    for number in ENDINGS:
        signal.signal(number, _end)
    nudge = Nudge()

    def ask(question: str) -> str | None:
        with nudge.awake():
            return _ask(question)

    try:
        with contextlib.closing(nudge), asyncio.Runner() as runner:
            return _talk(runner, factory, setup, ask)
    except Ended as ended:
        return ended.code
    except KeyboardInterrupt:  # a second one before the first was answered
        return 130


def _end(number: int, _frame: FrameType | None) -> None:
    raise Ended(ENDINGS[signal.Signals(number)])


def _talk(runner: asyncio.Runner, factory: ClientFactory, setup: Setup, ask: Ask) -> int:
    client: EngineClient | None = None
    talk: Talk | None = None
    try:
        client = runner.run(_make(factory))
        talk = Talk(setup, client, Voice(_say, ask))
        commands = Commands(talk)
        _say("Workbench, line by line. For the commands: help. To send the prompt: send")
        runner.run(talk.open(setup.session))
        return _lines(runner, commands, ask)
    finally:
        if talk is not None:
            talk.close()
        if client is not None:
            runner.run(client.close())


async def _make(factory: ClientFactory) -> EngineClient:
    return await factory()


def _lines(runner: asyncio.Runner, commands: Commands, ask: Ask) -> int:
    interrupted = False
    while not commands.left:
        try:
            line = ask(PROMPT)
            interrupted = False
            if line is None:
                return 0
            runner.run(commands.run(line))
        except EngineDied as error:
            _say(f"{error.message} {error.hint}".strip())
            return error.exit_code
        except WorkbenchError as error:
            _say(f"{error.message} {error.hint}".strip())
        except KeyboardInterrupt:
            if interrupted:
                return 130
            interrupted = True
            _say("Press Ctrl+C again to leave. Everything is saved.")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(visible_line(line) + "\n")
    sys.stdout.flush()


def _ask(question: str) -> str | None:
    try:
        return input(question if sys.stdin.isatty() else "")
    except EOFError:
        return None
