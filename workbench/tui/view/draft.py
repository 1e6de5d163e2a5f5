"""What the editor holds, and the rules its races follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace

from workbench.model.events import IterationStarted
from workbench.model.lane import Lane
from workbench.model.prompt import DataRow, Prompt
from workbench.records import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    """What the editor holds: a prompt not sent yet, or one as it was sent."""

    prompt: Prompt
    checks: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[DataRow, ...] = ()

    def missing(self) -> tuple[str, ...]:
        """Return the names of the variables that have no value, be it in one data row only."""
        asked = [n for n in self.prompt.variables() if n not in self.variables]
        if not self.rows:
            return tuple(asked)
        return tuple(n for n in asked if any(n not in row.values for row in self.rows))

    def changed(
        self,
        *,
        system: str | None = None,
        user: str | None = None,
        checks: Iterable[str] | None = None,
        variables: Mapping[str, str] | None = None,
        rows: Iterable[DataRow] | None = None,
    ) -> Draft:
        """Return it with other parts; None leaves one as it is, an empty system message removes
        that.
        """
        prompt = self.prompt
        if system is not None:
            prompt = replace(prompt, system=system or None)
        if user is not None:
            prompt = replace(prompt, user=user)
        return Draft(
            prompt,
            self.checks if checks is None else tuple(checks),
            self.variables if variables is None else dict(variables),
            self.rows if rows is None else tuple(rows),
        )


def _no_fallbacks(_lanes: Iterable[Lane]) -> tuple[Lane, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Rules:
    """How races are run besides their prompt and lanes; see
    :class:`~workbench.engine.plan.RacePlan`. ``fallbacks`` returns the lanes that racing ones name.
    """

    abort_on: tuple[str, ...] = ()
    repeat: int = 1
    sequential: bool = False
    audit: float = 0.0
    fallbacks: Callable[[Iterable[Lane]], tuple[Lane, ...]] = _no_fallbacks
    at_once: int = 4


@dataclass(frozen=True, slots=True)
class Guard:
    """Which cases run after each race, and how: those of ``suite`` with one of ``tags`` (if any),
    on ``lanes`` (empty: the fast ones), for ``budget`` US dollars a session at most.
    """

    on: bool = False
    suite: str = "cases.jsonl"
    tags: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()
    budget: float = 0.05
    at_once: int = 2


@dataclass(frozen=True, slots=True)
class Live:
    """What live mode may do: send after ``pause`` seconds without a key, to lanes whose last answer
    took at most ``fast`` seconds, for ``budget`` US dollars a session at most.
    """

    pause: float = 0.8
    fast: float = 5.0
    budget: float = 0.10


def draft_of(started: IterationStarted) -> Draft:
    """Return what the editor held when an iteration was sent."""
    return Draft(started.prompt, started.checks, dict(started.variables), started.rows)


def sharing_rows(event: IterationStarted, draft: Draft) -> IterationStarted:
    """Return the start of an iteration with the very rows of *draft* if it has equal ones: many
    rows are then held once, and compared in no time.
    """
    equal = bool(draft.rows) and event.rows == draft.rows
    return replace(event, rows=draft.rows) if equal else event


def same(draft: Draft, sent: Draft) -> bool:
    """Return whether sending *draft* would send what *sent* was; unused values do not count.

    Live mode sends one data row of many: that is no edit.
    """
    names = draft.prompt.variables()
    return (
        draft.prompt == sent.prompt
        and draft.checks == sent.checks
        and (same_rows(draft, sent) or (len(sent.rows) == 1 and sent.rows[0] in draft.rows))
        and all(draft.variables.get(n) == sent.variables.get(n) for n in names)
    )


def same_rows(draft: Draft, sent: Draft) -> bool:
    """Return whether *draft* has the data rows that *sent* was sent with, all of them."""
    return draft.rows is sent.rows or draft.rows == sent.rows
