"""A deterministic OpenAI-compatible server for measuring clients, as a tool of its own.

It speaks just enough of ``POST /v1/chat/completions`` (streamed or whole) and ``GET /v1/models``,
on the loopback interface only, straight on asyncio's protocol. What it does is fixed by its
options, or by the ``model`` of a request (``bench:tokens=64,pace=100,first=200``), so that one
server can play many different models.

Every chunk carries the truth: ``{"bench": {"got": ..., "sent": ..., "n": ...}}`` holds the moments
(nanoseconds of the machine's monotonic clock) at which the request was read and this chunk was
written. With ``text=stamps`` the text of the n-th token is ``n:got:sent`` and a space, so even a
client that shows nothing but text can be measured against it on the same machine.

Run ``python -m benchmarks.server``; the first line on standard output is the base URL.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Literal

WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "and", "sleeps")


@dataclass(frozen=True)
class Behaviour:
    """How an answer is streamed.

    ``tokens`` chunks at ``pace`` per second (0: as fast as the socket takes them), the first one
    ``first`` milliseconds after the request was read. From token ``stall_at`` on, everything is
    ``stall`` milliseconds later. ``bad_at`` is the index of a token whose text starts with
    ``BAD`` (-1: none). ``text`` is ``stamps`` or ``words``.
    """

    tokens: int = 20
    pace: float = 0.0
    first: float = 0.0
    stall_at: int = -1
    stall: float = 0.0
    bad_at: int = -1
    text: Literal["stamps", "words"] = "stamps"


def behaviour_of(model: str, default: Behaviour) -> Behaviour:
    """Read ``anything:key=value,...``; unknown keys and malformed values are refused."""
    _, _, options = model.partition(":")
    changes: dict[str, object] = {}
    kinds = {f.name: type(getattr(default, f.name)) for f in fields(default)}
    for option in filter(None, options.split(",")):
        key, _, value = option.partition("=")
        if key not in kinds:
            raise ValueError(f"unknown option {key!r}; known: {', '.join(kinds)}")
        changes[key] = kinds[key](value)
    return replace(default, **changes)  # type: ignore[arg-type]  # checked by key just above


def _frame(payload: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(payload), payload)


HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
    b"x-request-id: bench\r\n\r\n"
)


class Connection(asyncio.Protocol):
    """One client connection; requests are answered one after another."""

    def __init__(self, default: Behaviour, loop: asyncio.AbstractEventLoop) -> None:
        self.default, self.loop = default, loop
        self.buffer = b""
        self.transport: asyncio.Transport
        self.timer: asyncio.TimerHandle | None = None
        self.do = default
        self.got = 0
        self.n = 0
        self.wanted_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self.timer:
            self.timer.cancel()

    def pause_writing(self) -> None:
        self.wanted_paused = True

    def resume_writing(self) -> None:
        self.wanted_paused = False

    def data_received(self, data: bytes) -> None:
        """Stamp only: the answering of one request must not make the stamp of the next one late."""
        got = time.monotonic_ns()
        self.buffer += data
        self.loop.call_soon(self.take, got)

    def take(self, got: int) -> None:
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if len(rest) < length:
            return
        body, self.buffer = rest[:length], rest[length:]
        self.answer(head, body, got)

    def answer(self, head: bytes, body: bytes, got: int) -> None:
        if head.startswith(b"GET"):
            self.plain(200, {"object": "list", "data": [{"id": "bench", "object": "model"}]})
            return
        try:
            request = json.loads(body)
            self.do = behaviour_of(request["model"], self.default)
        except (ValueError, KeyError, TypeError) as error:
            self.plain(400, {"error": {"message": str(error), "type": "invalid_request_error"}})
            return
        self.got, self.n = got, 0
        if request.get("stream"):
            self.transport.write(HEAD)
            self.plan()
        else:
            self.timer = self.loop.call_at(self.due(max(0, self.do.tokens - 1)), self.whole)

    def whole(self) -> None:
        """Answer in one piece, when the last token is due: for clients that do not stream."""
        message = {"role": "assistant", "content": "".join(map(self.text, range(self.do.tokens)))}
        count = {"prompt_tokens": 8, "completion_tokens": self.do.tokens}
        document = {
            "id": "chatcmpl-bench",
            "object": "chat.completion",
            "created": 1,
            "model": "bench",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {**count, "total_tokens": self.do.tokens + 8},
        }
        self.plain(200, document)

    def plain(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.transport.write(
            b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(body), body)
        )

    def due(self, n: int) -> float:
        """Return the loop time at which token *n* is due: an absolute schedule never drifts."""
        seconds = self.got / 1e9 + self.do.first / 1e3
        if self.do.pace:
            seconds += n / self.do.pace
        if 0 <= self.do.stall_at <= n:
            seconds += self.do.stall / 1e3
        return seconds

    def plan(self) -> None:
        """Write what is due now, then come back when the next token is."""
        now = self.loop.time()
        while self.n < self.do.tokens:
            if self.due(self.n) > now or self.wanted_paused:
                at = max(self.due(self.n), now + 0.001) if self.wanted_paused else self.due(self.n)
                self.timer = self.loop.call_at(at, self.plan)
                return
            self.transport.write(_frame(self.chunk(self.n)))
            self.n += 1
        self.transport.write(_frame(self.last()) + _frame(b"data: [DONE]\n\n") + b"0\r\n\r\n")

    def text(self, n: int, sent: int = 0) -> str:
        sent = sent or time.monotonic_ns()
        text = f"{WORDS[n % len(WORDS)]} " if self.do.text == "words" else f"{n}:{self.got}:{sent} "
        return "BAD" + text if n == self.do.bad_at else text

    def chunk(self, n: int) -> bytes:
        sent = time.monotonic_ns()
        text = self.text(n, sent)
        return (
            b'data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1,'
            b'"model":"bench","choices":[{"index":0,"delta":{"content":"%b"},'
            b'"finish_reason":null}],"bench":{"got":%d,"sent":%d,"n":%d}}\n\n'
            % (text.encode(), self.got, sent, n)
        )

    def last(self) -> bytes:
        return (
            b'data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1,'
            b'"model":"bench","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],'
            b'"usage":{"prompt_tokens":8,"completion_tokens":%d,"total_tokens":%d}}\n\n'
            % (self.do.tokens, self.do.tokens + 8)
        )


async def serve(default: Behaviour, port: int = 0) -> asyncio.Server:
    """Start listening on the loopback interface."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: Connection(default, loop), "127.0.0.1", port, backlog=1024
    )


def url_of(server: asyncio.Server) -> str:
    """Return the base URL to put into a lane."""
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


async def _until_stopped(default: Behaviour, port: int, ready: object = None) -> None:
    server = await serve(default, port)
    if ready is None:
        print(url_of(server), flush=True)
    else:
        ready.send(url_of(server))  # type: ignore[attr-defined]  # a multiprocessing pipe
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()


def use_core(number: int) -> None:
    """Stay on one CPU core, where the system allows it: server and client must not take turns on
    the same one, or the scheduler's time slices are measured.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[number % len(cores)]})


def _child(default: Behaviour, ready: object) -> None:
    use_core(0)
    asyncio.run(_until_stopped(default, 0, ready))


@contextlib.contextmanager
def in_process_of_its_own(default: Behaviour | None = None) -> Iterator[str]:
    """Run the server in a child process; yields its base URL."""
    here, there = multiprocessing.get_context("spawn").Pipe(duplex=False)
    child = multiprocessing.get_context("spawn").Process(
        target=_child, args=(default or Behaviour(), there), daemon=True
    )
    child.start()
    try:
        yield here.recv()
    finally:
        child.terminate()
        child.join()


def main(arguments: list[str] | None = None) -> int:
    """Run the server until it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    for field in fields(Behaviour):
        kind = type(getattr(Behaviour(), field.name))
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=field.default)
    values = vars(parser.parse_args(arguments))
    port = values.pop("port")
    asyncio.run(_until_stopped(Behaviour(**values), port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
