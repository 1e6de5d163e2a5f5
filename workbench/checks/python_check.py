"""``python``: a check that the user wrote, in a process of its own."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Callable
from typing import Literal

from workbench.checks.arguments import shown, to_float
from workbench.checks.base import Argument, Check, Context, Definition, Grade, Option
from workbench.checks.child import Child
from workbench.errors import CheckCrashed, CheckSyntaxError
from workbench.model.verdict import Decision

TIMEOUT = Option("timeout", "seconds of CPU and of waiting at the end (5)", value="SECONDS")
MAX_SECONDS = 60.0


class PythonCheck:
    """Feeds a child process and takes its word. Starts nothing before it is trusted."""

    def __init__(self, source: str, seconds: float, *, trusted: bool = False) -> None:
        self._child = Child(source, seconds)
        self._trusted = trusted
        self._seen = 0

    def trust(self) -> None:
        """See :class:`~workbench.checks.base.CodeCheck`."""
        self._trusted = True

    def stop(self) -> None:
        """See :class:`~workbench.checks.base.CodeCheck`."""
        self._child.stop()

    def feed(self, text: str) -> Decision | None:
        """See the protocol."""
        self._seen += len(text)
        if not self._trusted:
            return Decision("error", 0, "the workspace is not trusted to run its code")
        try:
            self._child.write(text)
            answer = self._child.poll()
        except CheckCrashed as error:
            self.stop()
            return Decision("error", self._seen, error.message)
        return None if answer is None else self._decision(answer)

    def finish(self) -> Decision:
        """See the protocol."""
        if not self._trusted:
            return Decision("error", 0, "the workspace is not trusted to run its code")
        try:
            self._child.write(None)
            return self._decision(self._child.wait())
        except CheckCrashed as error:
            return Decision("error", self._seen, error.message)
        finally:
            self.stop()

    async def grade(self, text: str, context: Context) -> Grade:
        """See the protocol; waits in a thread, so that other lanes go on."""
        del text, context
        return Grade(await asyncio.to_thread(self.finish))

    def _decision(self, answer: dict[str, object]) -> Decision:
        self.stop()
        if "error" in answer:
            return Decision(
                "error", self._seen, f"the check raised {shown(str(answer['error']), 160)}"
            )
        at = answer.get("at")
        place = min(max(at, 0), self._seen) if isinstance(at, int) else self._seen
        verdict: Literal["pass", "fail"] = "pass" if answer.get("verdict") == "pass" else "fail"
        reason = str(answer.get("reason", "")) or ("passed" if verdict == "pass" else "failed")
        return Decision(verdict, place, reason[:500])


def seconds_option(argument: Argument) -> float:
    """Return option ``/timeout`` in seconds."""
    seconds = to_float(argument.options.get("timeout", "5"), "Option /timeout")
    if not 0 < seconds <= MAX_SECONDS:
        raise CheckSyntaxError(f"Option /timeout is at most {MAX_SECONDS:g} seconds.")
    return seconds


def _parse(argument: Argument) -> Callable[[], Check]:
    source, seconds = argument.text, seconds_option(argument)
    if not source.strip():
        raise CheckSyntaxError("The source is missing.", hint="Write python:@check.py.")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise CheckSyntaxError(f"Not Python: {error}.") from None
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    if not names & {"feed", "finish", "check"}:
        raise CheckSyntaxError(
            "It defines none of feed, finish and check.", hint="E.g. def check(text): return True"
        )
    return lambda: PythonCheck(source, seconds)


PYTHON = Definition(
    name="python",
    summary="A function of yours says so; only in a workspace that is trusted.",
    syntax="python[/timeout=SECONDS]:@FILE",
    example='python:def check(text): return text.count("a") < 9',
    when="early",
    cost="a process of its own with 512 MB and a limit on its time",
    parse=_parse,
    decides=(
        "Define `feed(chunk)`, `finish()` or `check(text)`: True passes, False or a text (the "
        "reason) fails, None decides nothing yet; (value, offset) names the place. Raising, "
        "hanging and running out of memory are errors of the check. Offsets of `feed` depend on "
        "the chunks unless it names them."
    ),
    options=(TIMEOUT,),
    files=True,
)
