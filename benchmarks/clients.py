"""The clients that are measured against one another: each streams one answer and says when what
arrived. A client is an async context manager that yields ``ask(model) -> Timeline``.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2


@dataclass
class Timeline:
    """Monotonic nanoseconds: when the request was handed over, and each text with its stamp."""

    sent: int = 0
    texts: list[tuple[int, str]] = field(default_factory=list)


Ask = Callable[[str], Awaitable[Timeline]]
MESSAGES = [{"role": "user", "content": "Say something about foxes, please."}]


@asynccontextmanager
async def ours(url: str, name: str = "compatible", secrets: int = 0) -> AsyncIterator[Ask]:
    """Workbench's own provider, driven directly; with *secrets* to look for in what it says."""
    from workbench.model.lane import Lane, Params
    from workbench.model.prompt import Message
    from workbench.providers.base import Delta, Request, Sent, Services
    from workbench.providers.masked import MaskedProvider
    from workbench.providers.registry import provider_for
    from workbench.redact import Redactor

    services = Services(lambda _name, _url: "no-key-required")
    provider = provider_for(Lane("bench", name, "bench", base_url=url), services)
    if secrets:
        known = Redactor(f"sk-{number:02}-{token_urlsafe(32)}" for number in range(secrets))
        provider = MaskedProvider(provider, known)
    messages = tuple(Message("user", m["content"]) for m in MESSAGES)

    async def ask(model: str) -> Timeline:
        line = Timeline()
        async for batch in provider.stream(Request(model, messages, Params(temperature=0.0))):
            for item in batch:
                if isinstance(item, Delta):
                    line.texts.append((item.stamp_ns, item.text))
                elif isinstance(item, Sent):
                    line.sent = item.stamp_ns
        return line

    yield ask
    await services.close()


def ours_masked(url: str) -> AbstractAsyncContextManager[Ask]:
    """Workbench's own provider, with five secrets to look for."""
    return ours(url, secrets=5)


def ours_over_openai(url: str) -> AbstractAsyncContextManager[Ask]:
    """Workbench's provider over the openai SDK: the SDK sends, we read."""
    return ours(url, "openai")


def ours_over_cerebras(url: str) -> AbstractAsyncContextManager[Ask]:
    """Workbench's provider over the Cerebras SDK: the SDK sends, we read."""
    return ours(url, "cerebras")


@asynccontextmanager
async def engine(url: str) -> AsyncIterator[Ask]:
    """Workbench's whole engine: provider, ten text checks, fold; nothing saved."""
    from workbench.api.wiring import PipelineMaker
    from workbench.engine.core import Engine, Tools
    from workbench.engine.journal import MemoryJournal
    from workbench.engine.plan import RacePlan, StartRace
    from workbench.measure.pricing import PriceBook
    from workbench.model.events import Chunks, Event, IterationEnded
    from workbench.model.lane import Lane, Params
    from workbench.model.prompt import Prompt
    from workbench.providers.base import Services
    from workbench.providers.registry import provider_for

    waiting: dict[int, asyncio.Future[None]] = {}
    lines: dict[int, Timeline] = {}

    def listen(event: Event) -> None:
        if isinstance(event, Chunks):
            line = lines[event.attempt]
            line.texts += [(round(ms * 1e6), text) for ms, text in event.pieces]
        elif isinstance(event, IterationEnded):
            waiting.pop(event.iteration).set_result(None)

    services = Services(lambda _name, _url: None)
    tools = Tools(
        services, provider_for, PipelineMaker(), PriceBook().cost, lambda _: (MemoryJournal(), ())
    )
    running = Engine(tools, listen)
    prompt = Prompt(MESSAGES[0]["content"])

    async def ask(model: str) -> Timeline:
        lane = Lane("bench", "compatible", model, base_url=url, params=Params(temperature=0.0))
        race = await running.race(StartRace(RacePlan(prompt, (lane,), TEN_CHECKS)))
        waiting[race.iteration] = asyncio.get_running_loop().create_future()
        line = Timeline()
        lines.update(dict.fromkeys(race.runs, line))
        await waiting[race.iteration]
        return line

    yield ask
    await running.close()


TEN_CHECKS = (
    "not_contains:BAD",
    "not_contains:As an AI",
    "not_regex:(?i)cannot (help|assist)",
    "regex:[0-9]+",
    "contains:0",
    "max_chars:1000000",
    "max_words:100000",
    "not_regex:\\bTODO\\b",
    "not_contains:lorem",
    "contains::",
)


def _lines(timeline: Timeline, pieces: Iterable[tuple[int, str]]) -> None:
    for stamp, line in pieces:
        if line.startswith("data: {"):
            for choice in json.loads(line[6:])["choices"]:
                if choice["delta"].get("content"):
                    timeline.texts.append((stamp, choice["delta"]["content"]))


@asynccontextmanager
async def httpx2_stamped(url: str) -> AsyncIterator[Ask]:
    """httpx2 with a network backend that stamps in ``data_received``, and our decoder."""
    import httpx2

    from benchmarks.stamping_backend import StampingBackend
    from workbench.providers.openai_chat import ChatStream

    backend = StampingBackend()
    transport = httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_connections=None))
    transport._pool._network_backend = backend  # noqa: SLF001 - no public way in
    async with httpx2.AsyncClient(transport=transport, timeout=60) as client:

        async def ask(model: str) -> Timeline:
            line = Timeline(sent=time.monotonic_ns())
            chat = ChatStream()
            async with client.stream("POST", f"{url}/chat/completions", json=_body(model)) as r:
                stream = r.extensions["network_stream"]
                async for data in r.aiter_raw():
                    for delta in chat.feed([(stream.stamp, data)]):
                        line.texts.append((delta.stamp_ns, delta.text))
            return line

        yield ask


def _body(model: str) -> dict[str, object]:
    return {"model": model, "messages": MESSAGES, "stream": True, "temperature": 0.0}


@asynccontextmanager
async def httpx_bare(url: str) -> AsyncIterator[Ask]:
    """A bare script on httpx: ``aiter_lines`` and the standard library's JSON."""
    import httpx

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        yield _httpx_ask(client, url)


@asynccontextmanager
async def httpx2_bare(url: str) -> AsyncIterator[Ask]:
    """A bare script on httpx2: ``aiter_lines`` and the standard library's JSON."""
    import httpx2

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx2.AsyncClient(timeout=60, limits=limits) as client:
        yield _httpx_ask(client, url)


def _httpx_ask(client: httpx2.AsyncClient, url: str) -> Ask:
    async def ask(model: str) -> Timeline:
        line = Timeline(sent=time.monotonic_ns())
        async with client.stream("POST", f"{url}/chat/completions", json=_body(model)) as response:
            async for text in response.aiter_lines():
                _lines(line, ((time.monotonic_ns(), text),))
        return line

    return ask


@asynccontextmanager
async def openai_sdk(url: str) -> AsyncIterator[Ask]:
    """The openai SDK used as its documentation shows."""
    import openai

    async with openai.AsyncOpenAI(api_key="none", base_url=url, max_retries=0) as client:

        async def ask(model: str) -> Timeline:
            line = Timeline(sent=time.monotonic_ns())
            stream = await client.chat.completions.create(
                model=model,
                messages=MESSAGES,  # type: ignore[arg-type]  # plain dicts, as people write them
                stream=True,
                temperature=0.0,
            )
            async for chunk in stream:
                if chunk.choices and chunk.choices[0].delta.content:
                    line.texts.append((time.monotonic_ns(), chunk.choices[0].delta.content))
            return line

        yield ask


CLIENTS = {
    "engine": engine,
    "workbench": ours,
    "workbench-masked": ours_masked,
    "workbench-openai": ours_over_openai,
    "workbench-cerebras": ours_over_cerebras,
    "httpx2-stamped": httpx2_stamped,
    "httpx2": httpx2_bare,
    "httpx": httpx_bare,
    "openai": openai_sdk,
}
