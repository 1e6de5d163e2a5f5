"""Builds small iterations for the tests of the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from workbench.model.attempt import Tokens
from workbench.model.events import (
    AttemptEnded,
    AttemptQueued,
    AttemptStarted,
    Chunks,
    Event,
    FailedFirst,
    IterationEnded,
    IterationStarted,
    VerdictReached,
)
from workbench.model.lane import Lane
from workbench.model.prompt import Prompt
from workbench.store.journal import Journal

UTC = "2026-11-22T09:30:00.000Z"
NOW = datetime.fromisoformat(UTC)


def make(folder: Path, title: str = "Tickets", **more: tuple[str, ...]) -> Journal:
    """A new journal, begun at the moment of these tests."""
    return Journal.create(folder, title, app="workbench test", now=NOW, **more)


def lanes(count: int) -> tuple[Lane, ...]:
    return tuple(Lane(f"lane{n}", "scripted", f"model{n}") for n in range(count))


def start(text: str = "hi", count: int = 1) -> Callable[[int, int], Sequence[Event]]:
    """What an engine gives to ``begin``."""

    def build(iteration: int, attempt: int) -> Sequence[Event]:
        chosen = lanes(count)
        return (
            IterationStarted(iteration, Prompt(text), chosen, ("json",), UTC),
            *(
                AttemptQueued(attempt + n, iteration, lane.name, lane.model, checks=("json",))
                for n, lane in enumerate(chosen)
            ),
        )

    return build


def answer(attempt: int, text: str, *, verdict: str = "pass", begin_ms: float = 100.0):
    """The events of one attempt that answers *text*, one chunk per word."""
    words = text.split(" ")
    times = [begin_ms + 10 * n for n in range(len(words))]
    yield AttemptStarted(attempt, UTC, 0.5)
    for n, (ms, word) in enumerate(zip(times, words, strict=True)):
        yield Chunks(attempt, ((ms, (" " if n else "") + word),))
    yield VerdictReached(attempt, 0, "json", verdict, 0, 1, times[0], "not JSON")
    if verdict == "fail":
        yield FailedFirst(attempt, "check", "json", 0, 1, times[0], "not JSON")
    yield AttemptEnded(attempt, "complete", times[-1], Tokens(5, len(words), source="measured"))


def run(journal, text: str, replies: Sequence[str]) -> list[Event]:
    """One whole iteration through *journal*; returns its events."""
    return finish(journal, journal.begin(start(text, len(replies))), replies)


async def run_kept(journal, text: str, replies: Sequence[str]) -> list[Event]:
    """The same through a journal as an engine knows it."""
    return finish(journal, await journal.begin(start(text, len(replies))), replies)


def finish(journal, begun: Sequence[Event], replies: Sequence[str]) -> list[Event]:
    done = list(begun)
    first = done[1].attempt
    for n, reply in enumerate(replies):
        for event in answer(first + n, reply):
            journal.append(event)
            done.append(event)
    end = IterationEnded(done[0].iteration, 500.0)
    journal.append(end)
    journal.flush()
    return [*done, end]
