"""CPU per streamed request, and what reading costs per chunk.

Every client runs in a fresh process against the deterministic server in a process of its own,
streams REQUESTS answers of ``--tokens`` chunks with LANES at a time, after a warm-up through the
same path. Reported: user and system CPU milliseconds per request (client process alone), requests
per second, peak memory. Numbers of one run may be compared, numbers of two may not.

    python -m benchmarks.request_cost --lanes 1 32 64 --clients workbench httpx openai
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time

from benchmarks.clients import CLIENTS, Ask
from benchmarks.server import Behaviour, in_process_of_its_own, use_core


async def _drive(ask: Ask, model: str, requests: int, lanes: int) -> None:
    left = iter(range(requests))

    async def lane() -> None:
        for _ in left:
            await ask(model)

    await asyncio.gather(*(lane() for _ in range(lanes)))


async def _child(client: str, url: str, requests: int, lanes: int, model: str) -> None:
    use_core(1)
    async with CLIENTS[client](url) as ask:
        timeline = await ask(model)
        await _drive(ask, model, lanes, lanes)
        cpu, wall = time.process_time(), time.perf_counter()
        await _drive(ask, model, requests, lanes)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(
        json.dumps(
            {
                "client": client,
                "lanes": lanes,
                "texts": len(timeline.texts),
                "cpu_ms": cpu / requests * 1e3,
                "per_s": requests / wall,
                "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def measure(client: str, url: str, requests: int, lanes: int, model: str) -> dict[str, float]:
    """Run one client in a process of its own; returns its numbers."""
    arguments = (str(requests), str(lanes), model)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.request_cost", "--child", client, url, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{client}: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure and print a table."""
    if sys.argv[1:2] == ["--child"]:
        client, url, requests, lanes, model = sys.argv[2:]
        asyncio.run(_child(client, url, int(requests), int(lanes), model))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", nargs="+", choices=CLIENTS, default=list(CLIENTS))
    parser.add_argument("--lanes", nargs="+", type=int, default=[1, 64])
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--tokens", type=int, default=20)
    parser.add_argument("--pace", type=float, default=0.0, help="tokens/s of a lane; 0: at once")
    options = parser.parse_args()
    model = f"bench:tokens={options.tokens},pace={options.pace}"
    print(f"{'client':20}{'lanes':>6}{'CPU ms':>9}{'µs/chunk':>10}{'req/s':>8}{'MB':>6}")
    with in_process_of_its_own(Behaviour()) as url:
        for lanes in options.lanes:
            for client in options.clients:
                row = measure(client, url, max(options.requests, lanes * 2), lanes, model)
                chunk = row["cpu_ms"] * 1e3 / options.tokens
                print(
                    f"{client:20}{lanes:6}{row['cpu_ms']:9.3f}{chunk:10.1f}"
                    f"{row['per_s']:8.0f}{row['memory_mb']:6.0f}"
                )


if __name__ == "__main__":
    main()
