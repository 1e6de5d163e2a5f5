"""``kill -9`` of ``workbench run`` at ten random moments: the server counts what it was asked."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from workbench.model.prompt import Message
from workbench.suites.case import Case
from workbench.suites.file import append_cases

ROOT = Path(__file__).parents[2]
CASES, KILLS, AT_ONCE = 150, 10, 8
CHUNK = 'data: {"choices":[{"index":0,"delta":{"content":"%s "}}]}\n\n'
END = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


class Asked:
    """A server that counts the requests for each case, and answers in pieces."""

    def __init__(self, rng: random.Random) -> None:
        self.count: Counter[str] = Counter()
        self.more = asyncio.Condition()
        self._rng = rng

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
                body = json.loads(await reader.readexactly(length))
                async with self.more:
                    self.count[body["messages"][-1]["content"]] += 1
                    self.more.notify_all()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
                writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
                for text in (CHUNK % "one", CHUNK % "two", END):
                    await asyncio.sleep(self._rng.random() / 50)  # the pace of this server
                    writer.write(b"%x\r\n%b\r\n" % (len(text), text.encode()))
                    await writer.drain()
                writer.write(b"0\r\n\r\n")
        writer.transport.abort()

    async def until(self, total: int) -> None:
        """Wait until so many requests have come."""
        async with self.more:
            await self.more.wait_for(lambda: self.count.total() >= total)


@asynccontextmanager
async def asked_server(rng: random.Random) -> AsyncIterator[tuple[str, Asked]]:
    asked = Asked(rng)
    server = await asyncio.start_server(asked.serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", asked
    finally:
        server.close()


async def start(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    env |= {f"WORKBENCH_{name}": str(folder / name) for name in ("CONFIG", "STATE", "CACHE")}
    command = [sys.executable, "-m", "workbench", "run", "s", "-l", "fast", *arguments, "--json"]
    quiet, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *command, "-j", str(AT_ONCE), cwd=folder, env=env, stdout=pipe, stderr=quiet
    )


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
async def test_ten_kills_and_no_case_is_sent_twice(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    names = [f"case {n}" for n in range(CASES)]
    cases = [Case(f"c{n}", (Message("user", t),), checks=("json",)) for n, t in enumerate(names)]
    append_cases(tmp_path / "suites" / "s.jsonl", cases)
    async with asked_server(rng) as (url, asked), asyncio.timeout(300):
        (tmp_path / "workbench.toml").write_text(
            f'[lanes.fast]\nprovider = "compatible"\nmodel = "m"\nbase_url = "{url}"\n'
        )
        resume: list[str] = []
        for _ in range(KILLS):
            before = asked.count.total()
            process = await start(tmp_path, *resume)
            await asked.until(before + rng.randrange(1, AT_ONCE + 5))
            await asyncio.sleep(rng.random() / 50)  # any moment of an answer
            process.kill()
            await process.wait()
            (session,) = (tmp_path / "sessions").glob("run-s*.jsonl")
            resume = ["--resume", session.stem]
        assert CASES > asked.count.total() >= KILLS
        last = json.loads((await (await start(tmp_path, *resume)).communicate())[0])
        assert max(asked.count.values()) == 1, "no case may be sent twice"
        assert set(asked.count) <= set(names)
        lost = {names[int(case[1:])] for case, _, _ in last["interrupted"]}
        assert len(lost) <= KILLS * AT_ONCE
        found = {names[int(c["case"][1:])] for c in last["lanes"][0]["cases"]}
        assert (found | lost, found & lost) == (set(names), set())

        again = await start(tmp_path, *resume, "--again")
        done = json.loads((await again.communicate())[0])
        assert (len(done["lanes"][0]["cases"]), done["sent"]) == (CASES, len(lost))
        assert {name for name, count in asked.count.items() if count == 2} <= lost
        assert max(asked.count.values()) <= 2
