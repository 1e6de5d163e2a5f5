"""What can be asked of an engine, and the client interface both front ends use.

The same engine runs in-process (headless) or in a process of its own (beside a screen); an
:class:`EngineClient` hides which.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import field
from typing import Protocol

from workbench.errors import PromptError
from workbench.model.events import AbortMode, Event
from workbench.model.lane import Lane
from workbench.model.prompt import DataRow, Message, Prompt
from workbench.records import dataclass


@dataclass(frozen=True, slots=True)
class RacePlan:
    """One iteration to be run.

    ``checks`` are check texts (``json``, ``max_chars:200``) for every lane. ``abort`` says when a
    lane is cancelled: never, on its first failure, or on a failure of the checks in ``abort_on``.
    ``repeat`` sends the prompt that many times to each lane; ``sequential`` races the lanes one
    after another. ``parent`` is the iteration this one was made from. ``fallbacks`` are lanes that
    do not race but that a racing lane names as its fallback. ``audit`` is the share (0 to 1) of
    aborted attempts that run on, unseen, to measure false aborts.

    With ``rows`` the prompt goes to each lane once for each of them: a row's values count over
    ``variables`` and its checks are added. ``at_once`` is how many answers of one lane may be
    under way at a time. ``max_cost`` is what an attempt may cost in US dollars, beside what its
    lane says: one that passes it is aborted.
    """

    prompt: Prompt
    lanes: tuple[Lane, ...]
    checks: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    abort: AbortMode = "off"
    abort_on: tuple[str, ...] = ()
    repeat: int = 1
    sequential: bool = False
    parent: int | None = None
    fallbacks: tuple[Lane, ...] = ()
    audit: float = 0.0
    rows: tuple[DataRow, ...] = ()
    at_once: int = 1
    max_cost: float | None = None

    def inputs(self) -> dict[str | None, tuple[Message, ...]]:
        """Return what is sent, by data row; without rows there is one input, called None.

        Raises:
            PromptError: the prompt is empty, a variable has no value, or two rows share a name.
        """
        if not self.rows:
            return {None: self.prompt.render(self.variables)}
        found: dict[str | None, tuple[Message, ...]] = {}
        for row in self.rows:
            if row.id in found:
                raise PromptError(
                    f"Two data rows are called {row.id!r}.", "Give each an id of its own."
                )
            try:
                found[row.id] = self.prompt.render({**self.variables, **row.values})
            except PromptError as error:
                raise PromptError(f"Data row {row.id!r}: {error.message}", error.hint) from error
        return found


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Work in this session from now on: an existing one by its id, or a new one.

    With ``saved`` False nothing is written. The answer is the session's events so far; with
    ``last`` only those of the latest so many iterations.
    """

    id: str | None = None
    title: str = ""
    saved: bool = True
    last: int | None = None


@dataclass(frozen=True, slots=True)
class LoadEarlier:
    """Say the latest ``count`` iterations of the open session that are numbered below ``before``.
    ``Earlier`` follows them: how many are left.
    """

    before: int
    count: int


@dataclass(frozen=True, slots=True)
class StartRace:
    """Run an iteration in the open session."""

    plan: RacePlan


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel one attempt, or with None everything that runs."""

    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Warm:
    """Make these lanes ready (load models, open connections) before they are needed."""

    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Name, star or annotate an iteration; None leaves a field as it is."""

    iteration: int
    name: str | None = None
    star: bool | None = None
    note: str | None = None


CASES = "cases of "
"""How the title of a guard's session begins; the session it guards follows."""


@dataclass(frozen=True, slots=True)
class StartGuard:
    """Send the cases of *suite* (with one of ``tags``, if any) with an iteration's prompt, beside
    the session: until another race starts, or ``budget`` US dollars are spent.
    """

    iteration: int
    prompt: Prompt
    lanes: tuple[Lane, ...]
    suite: str
    tags: tuple[str, ...] = ()
    budget: float | None = None
    at_once: int = 2


@dataclass(frozen=True, slots=True)
class Reload:
    """The configuration was changed: lanes, keys and folders are read again."""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Cancel, save, stop local models, end."""


Command = (
    OpenSession | LoadEarlier | StartRace | Cancel | Warm | Mark | StartGuard | Reload | Shutdown
)

COMMAND_TAGS: Mapping[str, type[Command]] = {
    "open": OpenSession,
    "earlier": LoadEarlier,
    "race": StartRace,
    "cancel": Cancel,
    "warm": Warm,
    "mark": Mark,
    "guard": StartGuard,
    "reload": Reload,
    "shutdown": Shutdown,
}


class EngineClient(Protocol):
    """A running engine, wherever it runs. Everything it has to say comes out of ``events()``."""

    async def send(self, command: Command) -> None:
        """Hand over a command; returns when it is on its way, not when it is done.

        Raises:
            EngineDied: the engine's process has ended.
        """
        ...

    def events(self) -> AsyncIterator[Sequence[Event]]:
        """Yield events in batches until the engine ends. One consumer only.

        Raises:
            EngineDied: the engine's process ended by itself; what came before is valid.
        """
        ...

    async def close(self) -> None:
        """Shut down and wait, two seconds at most; then end the process. May be called twice."""
        ...
