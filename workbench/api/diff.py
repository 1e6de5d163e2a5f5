"""Diffs for users: two texts, two files, two attempts or two iterations of a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from workbench.diffing.compare import apply, diff
from workbench.diffing.noise import NoiseMark, noise_mark
from workbench.diffing.records import Diff, Options
from workbench.errors import UnknownName, UsageError
from workbench.files.texts import read_text
from workbench.model.attempt import Attempt
from workbench.model.session import Iteration, Session
from workbench.records import dataclass

__all__ = [
    "Comparison",
    "Diff",
    "NoiseMark",
    "Options",
    "apply",
    "diff",
    "diff_attempts",
    "diff_files",
    "diff_iterations",
    "diff_prompts",
    "noise_mark",
]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One diff with what was compared: ``a`` and ``b`` are the texts, ``lane`` None for files and
    prompts. ``noise`` says whether the lane's own variation explains it, for iterations only;
    ``row`` is the data row that both answered, None without rows.
    """

    what: Literal["text", "prompt", "answer"]
    a_name: str
    b_name: str
    a: str
    b: str
    diff: Diff
    lane: str | None = None
    noise: NoiseMark | None = None
    row: str | None = None


def diff_files(first: Path, second: Path, options: Options | None = None) -> Comparison:
    """Compare two text files.

    Raises:
        UsageError: a file cannot be read, is larger than 64 MB, or is not UTF-8.
    """
    a, b = read_text(first), read_text(second)
    return Comparison("text", str(first), str(second), a, b, diff(a, b, options))


def diff_attempts(
    session: Session, first: int, second: int, options: Options | None = None
) -> Comparison:
    """Compare the answers of two attempts, by their numbers in the session.

    Raises:
        UnknownName: the session has no such attempt.
    """
    a, b = _attempt(session, first), _attempt(session, second)
    return Comparison(
        "answer",
        f"attempt {first} ({a.lane})",
        f"attempt {second} ({b.lane})",
        a.text,
        b.text,
        diff(a.text, b.text, options),
        a.lane if a.lane == b.lane else None,
    )


def diff_prompts(
    session: Session, first: int, second: int, options: Options | None = None
) -> Comparison:
    """Compare the prompts of two iterations, system message first.

    Raises:
        UnknownName: the session has no such iteration.
    """
    a, b = (_prompt(_iteration(session, number)) for number in (first, second))
    return Comparison(
        "prompt", f"iteration {first}", f"iteration {second}", a, b, diff(a, b, options)
    )


def diff_iterations(
    session: Session,
    first: int,
    second: int,
    *,
    lanes: tuple[str, ...] = (),
    rows: tuple[str, ...] = (),
    options: Options | None = None,
) -> Iterator[Comparison]:
    """Compare each lane's answer in two iterations; by default every lane that both have, and
    every data row that both answered.

    The first repeat of each is shown; all repeats together decide the noise-aware mark. Attempts
    that ended by a provider error, an abort or a cancel say nothing of the variation: where a
    complete answer exists they are left out.

    Raises:
        UnknownName: no such iteration, or no such lane or row in it.
    """
    old, new = _iteration(session, first), _iteration(session, second)
    both = _rows(old, new, rows)
    names = lanes or tuple(
        lane.name for lane in old.lanes if any(lane.name == other.name for other in new.lanes)
    )
    for lane, row in ((lane, row) for lane in names for row in both):
        a, b = _answers(old, lane, row), _answers(new, lane, row)
        yield Comparison(
            "answer",
            f"iteration {first}",
            f"iteration {second}",
            a[0],
            b[0],
            diff(a[0], b[0], options),
            lane,
            noise_mark(a, b, options),
            row,
        )


def _rows(old: Iteration, new: Iteration, wanted: tuple[str, ...]) -> tuple[str | None, ...]:
    """Return the data rows to compare at; None stands for iterations without rows."""
    theirs = {a.row for a in new.attempts}
    both = tuple(dict.fromkeys(a.row for a in old.attempts if a.row in theirs))
    for name in wanted:
        if name not in both:
            known = [row for row in both if row is not None]
            raise UnknownName(f"data row of iterations {old.number} and {new.number}", name, known)
    if not both:
        raise UsageError(
            f"Iterations {old.number} and {new.number} answered no data row in common.",
            "Compare their attempts one by one: --attempts.",
        )
    return wanted or both


def _answers(iteration: Iteration, lane: str, row: str | None) -> list[str]:
    attempts = [a for a in iteration.attempts if (a.lane, a.row) == (lane, row)]
    if not attempts:
        known = {a.lane for a in iteration.attempts}
        raise UnknownName(f"lane of iteration {iteration.number}", lane, known)
    whole = [a.text for a in attempts if a.state in ("complete", "truncated")]
    return whole or [attempts[0].text]


def _prompt(iteration: Iteration) -> str:
    prompt = iteration.prompt
    return f"{prompt.system}\n\n{prompt.user}" if prompt.system else prompt.user


def _iteration(session: Session, number: int) -> Iteration:
    found = session.iteration(number)
    if found is None:
        raise UnknownName("iteration", str(number), (str(i.number) for i in session.iterations))
    return found


def _attempt(session: Session, number: int) -> Attempt:
    for attempt in session.attempts():
        if attempt.number == number:
            return attempt
    raise UnknownName("attempt", str(number), (str(a.number) for a in session.attempts()))
