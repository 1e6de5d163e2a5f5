"""The terminal of the plain mode: reads lines, writes lines, and ends in order."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import TypeVar

from workbench.engine.plan import EngineClient
from workbench.errors import EngineDied, UsageError, WorkbenchError
from workbench.signs import spell_out
from workbench.tui.hangup import watch_terminal
from workbench.tui.plain.commands.registry import carry_out
from workbench.tui.plain.nudge import Nudge
from workbench.tui.plain.talk import Talk
from workbench.tui.plain.voice import Voice
from workbench.tui.view.setup import ClientFactory, Setup

T = TypeVar("T")

PROMPT = "workbench: "
ENDINGS = {signal.SIGTERM: 143, signal.SIGHUP: 129}
GONE = 129

CANONICAL = 4095
"""Bytes of a line that a terminal's own line editing hands on; what is longer is cut in silence."""

GREETING = "Workbench, line by line. To send the prompt: send. For the commands: help"


class Ended(BaseException):
    """A signal said to end, or the terminal is gone; ``code`` is the exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def run(factory: ClientFactory, setup: Setup) -> int:
    """Talk until the person leaves; return the exit code: 0, or 130, 143, 129 by a signal."""
    spell_out(sys.stdout, escape=True)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="backslashreplace")
    try:
        with asyncio.Runner() as runner:
            return Console(runner, factory, setup).run()
    except Ended as ended:
        if ended.code == GONE:  # nobody hears what Python would still say to the terminal
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return ended.code
    except KeyboardInterrupt:  # a second one before the first was answered
        return 130


def moves_its_cursor() -> bool:
    """Return whether the terminal can: only then its lines are edited by readline, which paints
    them over. Others have the line editing of their own.
    """
    return os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")


class Console:
    """Runs one command after the other. Input is only read here, between two steps of the loop:
    then the loop stands still, and a signal ends what is typed and nothing else.
    """

    def __init__(self, runner: asyncio.Runner, factory: ClientFactory, setup: Setup) -> None:
        self._runner = runner
        self._factory = factory
        self._setup = setup
        self._talk: Talk | None = None
        self._listening = False
        self._pressed = 0
        self._task: asyncio.Task[None] | None = None
        self._aside: tuple[Callable[[], object], asyncio.Future[object]] | None = None
        self._wanted = asyncio.Event()
        self._terminal = sys.stdin.isatty()
        self._readline = False
        self._nudge = Nudge()

    def run(self) -> int:
        """Open the session and carry out commands; return the exit code."""
        if self._terminal:
            watch_terminal(sys.stdin.fileno())
        for number in ENDINGS:
            signal.signal(number, _end)
        signal.signal(signal.SIGINT, self._interrupted)
        client: EngineClient | None = None
        try:
            client = self._runner.run(self._make())
            voice = Voice(_write, columns=_columns) if self._terminal else Voice(_write, page=None)
            self._talk = talk = Talk(self._setup, client, voice, self._ask_more, self._outside)
            self._readline = self._terminal and moves_its_cursor() and _edit_lines(talk)
            voice.say(GREETING)
            if self._setup.notice is not None:
                voice.say(f"{self._setup.notice.message} {self._setup.notice.hint}".strip())
            self._carry_out(talk.open(self._setup.session))
            return self._lines(talk)
        finally:
            for number in (*ENDINGS, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            self._nudge.close()
            if self._talk is not None:
                self._talk.close()
            if client is not None:
                self._runner.run(client.close())

    async def _make(self) -> EngineClient:
        return await self._factory()

    # -- commands -------------------------------------------------------------------------------

    def _lines(self, talk: Talk) -> int:
        leaving = False
        while not talk.left:
            try:
                line = self._ask(PROMPT)
                leaving = False
                if line is None:
                    return 0
                self._carry_out(carry_out(talk, line))
            except KeyboardInterrupt:
                if leaving:
                    return 130
                leaving = True
                talk.say("Press Ctrl+C again to leave. Everything is saved.")
            except EngineDied as error:
                talk.say(f"{error.message} {error.hint}".strip())
                return error.exit_code
            except WorkbenchError as error:
                talk.say(f"{error.message} {error.hint}".strip())
        return 0

    def _carry_out(self, work: Coroutine[None, None, None]) -> None:
        """Run *work* to its end; Ctrl+C ends it, or does what it wants done instead."""
        self._listening = False
        task = self._task = self._runner.get_loop().create_task(work)
        try:
            while not task.done():
                self._runner.run(self._until_it_asks(task))
                if self._aside is not None:
                    self._answer(*self._aside)
            task.result()
        except (KeyboardInterrupt, asyncio.CancelledError):
            task.cancel()
            self._forget_typed()
            _write("Stopped.")
        finally:
            self._task = None
            self._pressed = 0

    async def _until_it_asks(self, task: asyncio.Task[None]) -> None:
        wanted = asyncio.ensure_future(self._wanted.wait())
        await asyncio.wait({task, wanted}, return_when=asyncio.FIRST_COMPLETED)
        wanted.cancel()
        self._wanted.clear()

    async def _outside(self, job: Callable[[], T]) -> T:
        """Have *job* done while the loop stands still."""
        done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        found: list[T] = []
        self._aside = (lambda: found.append(job())), done
        self._wanted.set()
        await done
        return found[0]

    def _answer(self, job: Callable[[], object], done: asyncio.Future[object]) -> None:
        self._aside = None
        if done.done():  # Ctrl+C came before the question did
            return
        try:
            job()
        except KeyboardInterrupt:
            self._forget_typed()
            error: WorkbenchError | None = UsageError("Stopped: everything is as it was.")
        except WorkbenchError as found:
            error = found
        else:
            error = None
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(None)

    def _interrupted(self, _number: int, _frame: FrameType | None) -> None:
        """Ctrl+C: at a prompt it ends the line; else the command, if need be by force. Between the
        two the next prompt hears of it.
        """
        self._pressed += 1
        if self._listening or self._pressed > 1:
            raise KeyboardInterrupt
        if self._task is not None:
            self._runner.get_loop().call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        if self._talk is not None and self._talk.stop is not None:
            self._talk.stop()
        elif self._task is not None:
            self._task.cancel()

    # -- the terminal ---------------------------------------------------------------------------

    def _ask_more(self) -> str | None:
        return self._ask("")

    def _ask(self, question: str) -> str | None:
        self._listening = True
        if self._pressed:  # in the moment before
            self._pressed = 0
            raise KeyboardInterrupt
        try:
            with self._nudge.awake():
                line = input(question if self._terminal else "")
        except EOFError:
            line = None
        except KeyboardInterrupt:
            if self._terminal:
                _write("")
            raise
        except OSError as error:
            raise Ended(GONE) from error
        finally:
            self._listening = False
            self._pressed = 0
        if self._terminal and line is None:
            _write("")
        if line is not None and self._cut(line):
            hint = "Load it from a file (load FILE), or use your own editor (edit)."
            raise UsageError("The terminal cut this line short: it was not taken.", hint)
        return line

    def _forget_typed(self) -> None:
        """Forget what was typed ahead of Ctrl+C: it was meant for what has been stopped."""
        if self._terminal:
            with contextlib.suppress(OSError, ImportError):
                import termios

                termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)

    def _cut(self, line: str) -> bool:
        """Return whether the terminal has cut a line: its end is lost."""
        if not self._terminal or self._readline:
            return False
        return len(line.encode("utf-8", "surrogateescape")) >= CANONICAL


def _end(number: int, _frame: FrameType | None) -> None:
    raise Ended(ENDINGS[signal.Signals(number)])


def _write(line: str) -> None:
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except OSError as error:
        raise Ended(GONE) from error


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except OSError:
        return 0


def _edit_lines(talk: Talk) -> bool:
    """Have input lines edited, remembered and completed; False where there is no readline."""
    try:
        import readline  # input() uses it once it is there
    except ImportError:
        return False
    from workbench.tui.plain.completing import completer

    def line() -> str:
        return readline.get_line_buffer()[: readline.get_endidx()]

    readline.set_completer_delims(" ")
    readline.set_completer(completer(talk, line))
    libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
    return True
