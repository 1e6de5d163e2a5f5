"""How far a client's TTFT and TTFF are from the truth.

The server (a process of its own on the same machine and clock) writes into every token when it
read the request and when it wrote the token. TTFT error: the client's own time to the first text
minus the server's. TTFF error: the same for the token whose text starts with ``BAD``. Arrival lag:
the client's stamp of a token minus the server's, which only clients that stamp can have near zero.

    python -m benchmarks.timing_error --lanes 1 8 64 --clients workbench openai
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.clients import CLIENTS, Timeline
from benchmarks.server import Behaviour, in_process_of_its_own, use_core


def quantile(values: Sequence[float], q: float) -> float:
    """Return the *q* quantile by nearest rank; NaN when there are no values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else float("nan")


def errors_of(timeline: Timeline) -> tuple[float, float, list[float]]:
    """Return the errors of TTFT and TTFF, and the lags of all tokens, in milliseconds."""
    ttft = ttff = float("nan")
    lags = []
    for place, (stamp, text) in enumerate(timeline.texts):
        _, got, written = text.rstrip().split(":")
        lags.append((stamp - int(written)) / 1e6)
        error = ((stamp - timeline.sent) - (int(written) - int(got))) / 1e6
        if place == 0:
            ttft = error
        if text.startswith("BAD"):
            ttff = error
    return ttft, ttff, lags


async def _child(client: str, url: str, lanes: int, rounds: int, model: str) -> None:
    use_core(1)
    async with CLIENTS[client](url) as ask:
        warm = "bench:tokens=2,first=20"
        await asyncio.gather(*(ask(warm) for _ in range(lanes)))
        found: list[Timeline] = []
        for _ in range(rounds):
            found += await asyncio.gather(*(ask(model) for _ in range(lanes)))
    rows = [errors_of(timeline) for timeline in found]
    print(
        json.dumps(
            {
                "ttft": [row[0] for row in rows],
                "ttff": [row[1] for row in rows],
                "lag": [lag for row in rows for lag in row[2]],
            }
        )
    )


def measure(client: str, url: str, lanes: int, rounds: int, model: str) -> dict[str, list[float]]:
    """Run one client in a process of its own; returns its errors in milliseconds."""
    arguments = (str(lanes), str(rounds), model)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.timing_error", "--child", client, url, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{client}: {done.stderr[-2000:]}")
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure and print a table."""
    if sys.argv[1:2] == ["--child"]:
        client, url, lanes, rounds, model = sys.argv[2:]
        asyncio.run(_child(client, url, int(lanes), int(rounds), model))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", nargs="+", choices=CLIENTS, default=["workbench"])
    parser.add_argument("--lanes", nargs="+", type=int, default=[1, 8, 64])
    parser.add_argument("--attempts", type=int, default=64, help="at least this many per row")
    parser.add_argument("--tokens", type=int, default=50)
    parser.add_argument("--pace", type=float, default=50.0, help="tokens per second of a lane")
    parser.add_argument("--first", type=float, default=200.0, help="true TTFT in milliseconds")
    parser.add_argument("--bad-at", type=int, default=25)
    options = parser.parse_args()
    model = (
        f"bench:tokens={options.tokens},pace={options.pace},first={options.first},"
        f"bad_at={options.bad_at}"
    )
    print(f"{'':22}{'TTFT error ms':^24}{'TTFF error ms':^24}{'arrival lag ms':^16}")
    print(
        f"{'client':20}{'lanes':>6}"
        + f"{'p50':>8}{'p95':>8}{'p99':>8}" * 2
        + f"{'p50':>8}{'p99':>8}"
    )
    with in_process_of_its_own(Behaviour()) as url:
        for lanes in options.lanes:
            rounds = max(1, -(-options.attempts // lanes)) if lanes > 1 else 8
            for client in options.clients:
                row = measure(client, url, lanes, rounds, model)
                cells = [quantile(row["ttft"], q) for q in (0.5, 0.95, 0.99)]
                cells += [quantile(row["ttff"], q) for q in (0.5, 0.95, 0.99)]
                cells += [quantile(row["lag"], q) for q in (0.5, 0.99)]
                print(f"{client:20}{lanes:6}" + "".join(f"{cell:8.2f}" for cell in cells))


if __name__ == "__main__":
    main()
