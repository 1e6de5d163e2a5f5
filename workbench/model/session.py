"""Sessions: the saved tree of iterations with all their attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from workbench.model.attempt import Attempt
from workbench.model.events import AbortMode
from workbench.model.lane import Lane
from workbench.model.prompt import DataRow, Message, Prompt
from workbench.records import dataclass


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
    rows: tuple[DataRow, ...] = ()
    at_once: int = 1

    def row(self, name: str | None) -> DataRow | None:
        """Return the data row called *name*, or None."""
        return next((row for row in self.rows if row.id == name), None)

    def values(self, row: str | None = None) -> dict[str, str]:
        """Return the variables' values: those of a data row over the iteration's own."""
        found = self.row(row)
        return {**self.variables, **(found.values if found else {})}

    def checks_by_row(self) -> dict[str | None, tuple[str, ...]]:
        """Return the checks of every lane by data row: its own stand last; without rows, None."""
        found: dict[str | None, tuple[str, ...]] = {None: self.checks}
        return found | {row.id: (*self.checks, *row.checks) for row in self.rows}

    def messages(self, row: str | None = None) -> tuple[Message, ...]:
        """Return what was sent to each lane, for a data row if there are any.

        Raises:
            PromptError: a damaged record: the prompt is empty or a variable has no value.
        """
        return self.prompt.render(self.values(row))


def in_tree_order(parents: Mapping[int, int | None]) -> tuple[tuple[int, int], ...]:
    """Return iterations in order of their tree, each with its depth: every line of work together,
    branches behind it. *parents* holds what each was made from, in order of their numbers.

    The depth counts the branchings above, not the iterations: an only child continues its parent's
    line. A parent that is missing or not earlier (a damaged or merged file) makes a root.
    """
    children: dict[int | None, list[int]] = {}
    for number, parent in parents.items():
        known = parent is not None and parent in parents and parent < number
        children.setdefault(parent if known else None, []).append(number)
    waiting = [(number, 0) for number in children.get(None, [])][::-1]
    out: list[tuple[int, int]] = []
    while waiting:
        number, depth = waiting.pop()
        out.append((number, depth))
        below = children.get(number, [])
        # The first child goes on in the same line; it is pushed last, so it comes out first.
        waiting += [(child, depth + bool(n)) for n, child in enumerate(below)][::-1]
    return tuple(out)


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
