"""Opening, listing and searching large sessions: ``python benchmarks/bench_sessions.py [N]``.

Writes N attempts (default 100,000) of about 2 kB in sessions of 10,000.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.store.racing import UTC, start
from workbench.model.attempt import Tokens
from workbench.model.events import (
    AttemptEnded,
    AttemptStarted,
    Chunks,
    IterationEnded,
    VerdictReached,
)
from workbench.store.index import Index
from workbench.store.journal import Journal
from workbench.store.search import Query
from workbench.store.sessions import list_sessions, load

WORDS = [f"word{n}" for n in range(5000)] + ["refund"] * 20


def fill(folder: Path, attempts: int, rng: random.Random) -> Path:
    """Write one session of *attempts* attempts, ten to an iteration."""
    journal = Journal.create(folder, "Large")
    for _ in range(attempts // 10):
        begun = journal.begin(start("Classify this ticket about a refund, please. " * 3, 10))
        for queued in begun[1:]:
            pieces = tuple((100.0 + n, rng.choice(WORDS) + " ") for n in range(60))
            journal.append(AttemptStarted(queued.attempt, UTC, 0.5))
            journal.append(Chunks(queued.attempt, pieces))
            verdict = rng.choice(("pass", "fail"))
            journal.append(
                VerdictReached(queued.attempt, 0, "json", verdict, 3, 1, 101.0, "not JSON")
            )
            journal.append(AttemptEnded(queued.attempt, "complete", 160.0, Tokens(40, 60)))
        journal.append(IterationEnded(begun[0].iteration, 170.0))
    journal.close()
    return journal.path


def timed(what: str, action: Callable[[], object]) -> None:
    took, cpu = time.perf_counter(), time.process_time()
    action()
    took, cpu = time.perf_counter() - took, time.process_time() - cpu
    print(f"{what}: {took * 1e3:.1f} ms ({cpu * 1e3:.1f} ms CPU)")


def main() -> None:
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rng = random.Random(1)
        for _ in range(total // 10_000):
            path = fill(folder, 10_000, rng)
        print(f"one session of 10,000 attempts: {path.stat().st_size / 1e6:.1f} MB")
        timed("list all sessions", lambda: list_sessions(folder))
        timed("first screen of 10,000 attempts (last 3 iterations)", lambda: load(path, last=3))
        timed("load 10,000 attempts", lambda: load(path))
        index = Index(folder / "search.sqlite", folder)
        timed(f"build the index of {total:,} attempts", index.update)
        timed("update of an unchanged folder", index.update)
        for query in (
            Query("refund"),
            Query("word17"),
            Query("word17 word18"),
            Query("refund", lane="lane3", verdict="fail"),
            Query("refund", lane="nobody"),
            Query("json"),
            Query(verdict="fail", lane="lane1"),
        ):
            timed(f"search {query.text!r} lane={query.lane}", lambda q=query: index.search(q))
        index.close()


if __name__ == "__main__":
    main()
