"""Numbers about the wire: wire-to-verdict delay, cancel to server close, memory under bombs.

    python -m benchmarks.wire_truth

* wire to verdict: from the server's stamp of a token to the moment a consumer has judged it with
  ``not_contains``, at ``--lanes`` paced streams;
* cancel: from the close of the iterator to the server seeing the end of the connection;
* bombs: peak memory of a process that reads (and keeps) a line, comments, or pieces without end,
  above what it had before.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import resource
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import cast

from benchmarks.clients import MESSAGES
from benchmarks.server import Behaviour, in_process_of_its_own, use_core
from benchmarks.timing_error import quantile
from workbench.errors import ProviderError
from workbench.model.lane import Deadlines, Lane
from workbench.model.prompt import Message
from workbench.providers.base import Delta, Request, Services, StreamItem
from workbench.providers.compatible import CompatibleProvider, make

ASKED = tuple(Message("user", m["content"]) for m in MESSAGES)


def _provider(url: str) -> tuple[CompatibleProvider, Services]:
    services = Services(lambda _name, _url: None)
    return make(Lane("bench", "compatible", "bench", base_url=url), services), services


async def verdicts(url: str, lanes: int, model: str) -> list[float]:
    """Return the delays from wire to verdict in milliseconds."""
    provider, services = _provider(url)
    delays: list[float] = []

    async def lane() -> None:
        async for batch in provider.stream(Request(model, ASKED)):
            for item in batch:
                if isinstance(item, Delta):
                    written = int(item.text.rstrip().rpartition(":")[2])
                    if "BAD" in item.text:
                        raise SystemExit("the server was not asked for this")
                    delays.append((time.monotonic_ns() - written) / 1e6)

    await asyncio.gather(*(lane() for _ in range(lanes)))
    await services.close()
    return delays


async def cancels(count: int) -> list[float]:
    """Return the times from close to the server's end of file, in milliseconds."""
    seen: asyncio.Queue[int] = asyncio.Queue()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        writer.write(b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n')
        try:
            while await reader.read(65536):
                pass
        except ConnectionError:
            pass
        seen.put_nowait(time.monotonic_ns())
        writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    provider, services = _provider(url)
    found = []
    for _ in range(count):
        stream = cast("AsyncGenerator[Sequence[StreamItem]]", provider.stream(Request("m", ASKED)))
        await anext(stream)
        await anext(stream)
        closed = time.monotonic_ns()
        await stream.aclose()
        found.append((await seen.get() - closed) / 1e6)
    await services.close()
    server.close()
    return found


def _line(write: Callable[[bytes], None]) -> None:
    write(b"%x\r\n%b\r\n" % (1 << 16, b"x" * (1 << 16)))


def _comments(write: Callable[[bytes], None]) -> None:
    write(b"%x\r\n%b\r\n" % (3 << 14, b":\n\n" * (1 << 14)))


def _piece(text: str) -> bytes:
    data = b'data: {"choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n' % text.encode()
    data *= max(1, 65536 // len(data))
    return b"%x\r\n%b\r\n" % (len(data), data)


def _long(write: Callable[[bytes], None]) -> None:
    write(_piece("x" * 65000))


def _short(write: Callable[[bytes], None]) -> None:
    write(_piece("five "))


BOMBS = {
    "line without end": _line,
    "comments without end": _comments,
    "long pieces without end": _long,
    "short pieces without end": _short,
}


def _peak_mb(*, reset: bool = False) -> float:
    """Return the process's peak memory, since the last reset where the system has one (Linux)."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _bomb_child(kind: str) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while True:
                BOMBS[kind](writer.write)
                await writer.drain()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    provider, services = _provider(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
    before, kept = _peak_mb(reset=True), list[StreamItem]()
    ended = "no end"
    try:
        limits = Deadlines(first_token=3.0)
        async for batch in provider.stream(Request("m", ASKED, deadlines=limits)):
            kept += batch
    except ProviderError as error:
        ended = error.kind
    print(f"{kind:26}{ended:>10}{_peak_mb() - before:10.1f}")
    await services.close()
    server.close()


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["--bomb"]:
        asyncio.run(_bomb_child(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lanes", nargs="+", type=int, default=[1, 32, 256])
    parser.add_argument("--cancels", type=int, default=500)
    options = parser.parse_args()
    model = "bench:tokens=40,pace=50,first=200"
    print(f"{'wire to verdict, ms':24}{'p50':>8}{'p99':>8}")
    with in_process_of_its_own(Behaviour()) as url:
        use_core(1)
        for lanes in options.lanes:
            found = asyncio.run(verdicts(url, lanes, model))
            print(f"{lanes:>5} lanes{'':13}{quantile(found, 0.5):8.2f}{quantile(found, 0.99):8.2f}")
    found = asyncio.run(cancels(options.cancels))
    print(f"{'cancel to close, ms':24}{quantile(found, 0.5):8.2f}{quantile(found, 0.99):8.2f}")
    print(f"{'bomb':24}{'ends as':>12}{'MB more':>10}")
    for kind in BOMBS:
        subprocess.run([sys.executable, "-m", "benchmarks.wire_truth", "--bomb", kind], check=True)


if __name__ == "__main__":
    main()
