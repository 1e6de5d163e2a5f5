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

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from workbench.model.verdict import Decision

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
class Argument:
    """What stands after a check's name: ``name/option=value:text``.

    ``text`` is everything after the colon as it was written, empty when there is no colon;
    ``given`` tells the two apart. ``options`` maps each option to its value, empty for a flag.
    """

    text: str = ""
    given: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


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
