"""What a check is: a verifier fed a partial answer, chunk by chunk.

A check is a :class:`Definition` in the registry (name, summary, how to parse its argument) that
makes a fresh :class:`Check` for each attempt. Three laws hold for every check:

1. *Chunking does not matter*: the same text in any split gives the same verdict at the same
   offset.
2. *Early is never wrong*: a decision on a prefix is the decision on every continuation.
3. *Early is earliest*, where the definition says so: a fail comes at the first character after
   which no continuation could pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from workbench.model.verdict import Decision
from workbench.records import dataclass

When = Literal["early", "earliest", "end", "timer"]
"""When a check can fail: early, provably earliest, only at the end, or by a timer."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a timed or budget check may look at. ``ms`` is the attempt's clock now; ``ttft_ms`` is
    None until answer text came; ``tokens`` are output tokens received; ``usd`` is the estimated
    cost so far, None when the price is unknown.
    """

    ms: float
    ttft_ms: float | None
    tokens: int
    usd: float | None = None
    ended: bool = False


class Check(Protocol):
    """One check of one attempt. It is fed every chunk until it decides, then never again."""

    def feed(self, text: str) -> Decision | None:
        """Take the next chunk; return the decision as soon as the text so far allows one.

        ``Decision.at_char`` is an offset into the whole answer, not into the chunk. Cost must be
        linear in the text over all calls. *text* may be any str, lone surrogates and NUL included.
        """
        ...

    def finish(self) -> Decision:
        """The answer is complete: decide. Called at most once, and only if ``feed`` never did."""
        ...


@runtime_checkable
class TimedCheck(Protocol):
    """A check that also looks at clock and counters. ``feed`` and ``finish`` are still called."""

    def feed(self, text: str) -> Decision | None:
        """See :meth:`Check.feed`."""
        ...

    def finish(self) -> Decision:
        """See :meth:`Check.finish`; called after a last ``tick`` with ``progress.ended``."""
        ...

    def due_ms(self) -> float | None:
        """Return when to be ticked even if no chunk comes, on the attempt's clock, or None."""
        ...

    def tick(self, progress: Progress) -> Decision | None:
        """Look at the clock; called at ``due_ms``, after every chunk, and at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What another lane answered when it was asked to grade. Its time and cost are its own."""

    text: str
    ms: float
    tokens: int | None = None
    usd: float | None = None


class Context(Protocol):
    """What a graded check may ask of the engine, about one attempt."""

    @property
    def question(self) -> str:
        """The prompt as it was sent, for a judge to see."""
        ...

    @property
    def logprobs(self) -> Sequence[float] | None:
        """Natural log probabilities of the output tokens, None when the lane gave none."""
        ...

    async def ask(self, lane: str, system: str, user: str) -> Reply:
        """Send a request of its own to *lane* and return the reply; never part of a race.

        Raises:
            UnknownName: there is no such lane.
            ProviderError: it failed.
        """
        ...

    async def answer_of(self, lane: str) -> str | None:
        """Wait for the answer of *lane* in the same iteration; None when it has none.

        Raises:
            UnknownName: the lane is not part of the iteration.
        """
        ...


@dataclass(frozen=True, slots=True)
class Grade:
    """A graded check's decision, and the replies it rests on, to be kept apart from the attempt."""

    decision: Decision
    replies: tuple[Reply, ...] = ()


@runtime_checkable
class GradedCheck(Protocol):
    """A check that needs more than the text: another lane, or a process that takes its time."""

    def feed(self, text: str) -> Decision | None:
        """See :meth:`Check.feed`."""
        ...

    def finish(self) -> Decision:
        """Decide without a context, as well as that goes; an error when it does not."""
        ...

    async def grade(self, text: str, context: Context) -> Grade:
        """The answer is complete: decide. Called instead of ``finish``, at most once.

        A check that may decide at the end without being graded has a method ``settle`` as well,
        called before, which returns a decision or None.
        """
        ...


@runtime_checkable
class CodeCheck(Protocol):
    """A check that runs code a user wrote. Without :meth:`trust` it must not run anything."""

    def trust(self) -> None:
        """The workspace the code comes from is trusted."""
        ...

    def stop(self) -> None:
        """End whatever was started. May be called twice."""
        ...


@dataclass(frozen=True, slots=True)
class Argument:
    """What stands after a check's name: ``name/option=value:text``.

    ``text`` is everything after the colon as it was written, empty when there is no colon;
    ``given`` tells the two apart. ``options`` maps each option to its value, empty for a flag.
    ``folder`` is where the members of a group may read the files they name, None for nowhere.
    """

    text: str = ""
    given: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a check: ``/name`` or ``/name=value``. ``value`` names the value, if any."""

    name: str
    summary: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A kind of check, as the registry holds it.

    ``parse`` takes the argument and returns a factory of fresh checks; it raises
    :class:`~workbench.errors.CheckSyntaxError` on an argument it cannot read, with the column
    counted within the argument's text from 1. ``syntax`` shows the whole form, ``example`` is a
    check as one would write it, ``cost`` a sentence about what feeding costs. ``decides`` says
    when it passes and fails. With ``files``, an argument ``@path`` stands for the file's text.
    ``heavy`` means that ``finish`` can take milliseconds: it is then called in a thread.
    """

    name: str
    summary: str
    syntax: str
    example: str
    when: When
    cost: str
    parse: Callable[[Argument], Callable[[], Check]]
    decides: str = ""
    options: tuple[Option, ...] = ()
    files: bool = False
    heavy: bool = False
