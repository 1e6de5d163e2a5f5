"""What the journal costs per chunk batch and per flush: ``python benchmarks/bench_journal.py``."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.store.racing import start
from workbench.model.events import Chunks
from workbench.store.journal import Journal


def main() -> None:
    for secrets in ((), ("sk-0123456789abcdef",)):
        with tempfile.TemporaryDirectory() as folder:
            journal = Journal.create(Path(folder), "bench", secrets=secrets)
            journal.begin(start("hi", 8))
            events = [Chunks(1 + n % 8, ((n / 10, "token "),)) for n in range(20_000)]
            took = time.perf_counter()
            for event in events:
                journal.append(event)
            took = time.perf_counter() - took
            flushes = time.perf_counter()
            for event in events[:5000]:
                journal.append(event)
                journal.flush()
            flushes = time.perf_counter() - flushes
            journal.close()
        what = "with a secret" if secrets else "no secret"
        print(
            f"{what}: append {took / len(events) * 1e6:.2f} µs per event (flushes included), "
            f"append and flush of one batch {flushes / 5000 * 1e6:.1f} µs"
        )


if __name__ == "__main__":
    main()
