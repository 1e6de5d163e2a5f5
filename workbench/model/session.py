"""Sessions: the saved tree of iterations with all their attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.model.attempt import Attempt
from workbench.model.events import AbortMode
from workbench.model.lane import Lane
from workbench.model.prompt import Prompt


@dataclass(frozen=True, slots=True)
class Iteration:
    """One version of the prompt sent to all chosen lanes. ``total_ms`` is None while it runs."""

    number: int
    prompt: Prompt
    lanes: tuple[Lane, ...]
    checks: tuple[str, ...]
    utc: str
    parent: int | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    abort: AbortMode = "off"
    abort_on: tuple[str, ...] = ()
    repeat: int = 1
    sequential: bool = False
    attempts: tuple[Attempt, ...] = ()
    total_ms: float | None = None
    name: str = ""
    star: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A session: ``id`` is its slug and file name, ``title`` is data."""

    id: str
    title: str
    utc: str
    app: str
    iterations: tuple[Iteration, ...] = ()

    def iteration(self, number: int) -> Iteration | None:
        """Return the iteration with that number, or None."""
        return next((i for i in self.iterations if i.number == number), None)

    def attempts(self) -> tuple[Attempt, ...]:
        """Return every attempt in order of its number."""
        return tuple(a for i in self.iterations for a in i.attempts)
