"""How true a replay is to its recording: ``python benchmarks/bench_replay.py [LANES]``.

Replays LANES recorded lanes of 300 chunks, 20 ms apart, and prints how late each chunk came.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.store.racing import UTC, start
from workbench.api.replay import Playback, play, tape
from workbench.measure.timing import percentile
from workbench.model.events import AttemptStarted, Chunks, Event


async def run(lanes: int) -> list[float]:
    """Return how late each chunk was, in milliseconds."""
    begun = start("bench", lanes)(1, 1)
    events: list[Event] = list(begun)
    for queued in begun[1:]:
        pieces = tuple((100.0 + 20 * n + queued.attempt % 20, "token ") for n in range(300))
        events += [AttemptStarted(queued.attempt, UTC, 0.0), Chunks(queued.attempt, pieces)]
    late = []
    playback = Playback(tape(events, 1))
    zero = monotonic()
    async for batch in play(playback):
        now = (monotonic() - zero) * 1000
        late += [now - e.pieces[0][0] for e in batch if isinstance(e, Chunks)]
    return late


def main() -> None:
    for lanes in (1, int(sys.argv[1]) if len(sys.argv) > 1 else 8):
        late = asyncio.run(run(lanes))
        p50, p95, p99 = (percentile(late, share) for share in (0.5, 0.95, 0.99))
        print(
            f"{lanes} lanes, {len(late)} chunks: late by p50 {p50:.2f}, p95 {p95:.2f}, "
            f"p99 {p99:.2f}, at most {max(late):.2f} ms"
        )


if __name__ == "__main__":
    main()
