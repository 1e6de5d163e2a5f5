"""What lanes there are, and whether one works: key, connection, models, one token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from workbench.api.keys import Keys
from workbench.api.wiring import make_tools
from workbench.config.settings import Settings
from workbench.engine.clock import metered_loop
from workbench.errors import WorkbenchError
from workbench.model.lane import Lane
from workbench.model.prompt import Message
from workbench.providers.base import Delta, Final, Request, Sent, Services
from workbench.providers.presets import resolve
from workbench.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from workbench.providers.base import Provider, StreamItem

OFFLINE = ("local", "scripted", "replay")
"""Providers without an address or a list of models."""


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A declared lane. ``key`` is ``not needed``, ``environment``, ``keyring`` or ``missing``;
    ``declared`` is the file it stands in, or ``default``.
    """

    name: str
    provider: str
    model: str
    where: str
    key_name: str | None
    key: str
    declared: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried: ``ok`` is None when it does not apply; ``ms`` what it took."""

    name: str
    ok: bool | None
    message: str
    hint: str = ""
    ms: float | None = None


@dataclass(frozen=True, slots=True)
class LaneCheck:
    """What came of checking a lane; ``models`` are those its server lists."""

    lane: str
    steps: tuple[Step, ...]
    models: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True when nothing failed."""
        return all(step.ok is not False for step in self.steps)


def list_lanes(settings: Settings) -> list[LaneRow]:
    """Return every declared lane."""
    keys = Keys(settings)
    return [_row(settings, keys, resolve(lane)) for lane in settings.lanes.values()]


def _row(settings: Settings, keys: Keys, lane: Lane) -> LaneRow:
    return LaneRow(
        lane.name,
        lane.provider,
        lane.model,
        lane.base_url or lane.path or "this machine",
        lane.key_env,
        keys.source(lane.key_env) if lane.key_env else "not needed",
        settings.source(f"lanes.{lane.name}"),
    )


def check_lane(settings: Settings, name: str) -> LaneCheck:
    """Try a lane step by step and stop at the first that fails.

    Raises:
        UnknownName: nobody declared it.
    """
    lane = resolve(settings.lane(name))
    with asyncio.Runner(loop_factory=metered_loop) as runner:
        return runner.run(_check(settings, lane))


async def _check(settings: Settings, lane: Lane) -> LaneCheck:
    tools = make_tools(settings)
    steps: list[Step] = [_key_step(settings, lane)]
    models: tuple[str, ...] = ()
    trying = "connection"
    try:
        if steps[-1].ok is not False:
            provider = tools.provider(lane, tools.services)
            steps.append(await _connect(provider))
            if lane.provider not in OFFLINE:
                step, models = await _models(lane, tools.services)
                steps.append(step)
            trying = "answer"
            steps.append(await _token(provider, lane))
    except WorkbenchError as error:
        steps.append(Step(trying, False, error.message, error.hint))
    finally:
        await tools.services.close()
    return LaneCheck(lane.name, tuple(steps), models)


def _key_step(settings: Settings, lane: Lane) -> Step:
    if not lane.key_env:
        return Step("key", None, "not needed")
    source = Keys(settings).source(lane.key_env)
    if source == "missing":
        return Step(
            "key",
            False,
            f"{lane.key_env} is not set.",
            f"Set it, or store it: workbench lanes key {lane.name}.",
        )
    return Step("key", True, f"{lane.key_env} from the {source}")


async def _connect(provider: Provider) -> Step:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await provider.prepare(lambda _: None)
    return Step("connection", True, "open", ms=(loop.time() - began) * 1000)


async def _models(lane: Lane, services: Services) -> tuple[Step, tuple[str, ...]]:
    """Ask the server for its models; that many servers do not list any is no failure."""
    from workbench.providers.compatible import Options, address_of
    from workbench.providers.http.exchange import encode_request, exchange
    from workbench.providers.http.pool import Pool

    address = address_of(lane, Options(lane))
    found = services.secret(lane.key_env, lane.base_url or "") if lane.key_env else None
    headers = [("Accept", "application/json"), ("User-Agent", "workbench")]
    if found:
        headers.append(("Authorization", f"Bearer {found}"))
    request = encode_request("GET", address, "/models", headers)
    pool = Pool.of(services)
    try:
        async with exchange(pool, address, request, lane.deadlines) as wire:
            await wire.send()
            head = await wire.head()
            body = await wire.read_all(4 << 20)
    except WorkbenchError as error:
        return Step("models", None, f"not listed: {error.message}"), ()
    mask = Redactor([found] if found else [])
    names = tuple(map(mask, model_names(body))) if head.status == 200 else ()
    if not names:
        return Step("models", None, f"the server lists none (HTTP {head.status})"), ()
    if lane.model not in names:
        message = f"{len(names)} listed, {lane.model!r} is not among them"
        return Step("models", None, message, "See the list with --json."), names
    return Step("models", True, f"{len(names)} listed, {lane.model!r} among them"), names


def model_names(body: bytes) -> tuple[str, ...]:
    """Return the ids of ``GET /models`` as servers give them: a list, or a list under ``data``."""
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    rows = found.get("data") if isinstance(found, dict) else found
    if not isinstance(rows, list):
        return ()
    names = [row.get("id") for row in rows if isinstance(row, dict)]
    return tuple(sorted(name for name in names if isinstance(name, str)))


async def _token(provider: Provider, lane: Lane) -> Step:
    """Time one token."""
    params = replace(lane.params, max_tokens=1, response_format=None, logprobs=None, stop=())
    request = Request(lane.model, (Message("user", "Say OK."),), params, lane.deadlines)
    sent, first, final = 0, 0, None
    stream = cast("AsyncGenerator[Sequence[StreamItem]]", provider.stream(request))
    async with aclosing(stream) as batches:
        async for batch in batches:
            for item in batch:
                if isinstance(item, Sent):
                    sent = item.stamp_ns
                elif isinstance(item, Delta):
                    first = first or item.stamp_ns
                elif isinstance(item, Final):
                    final = item
    if final is None or not final.complete:
        return Step("answer", False, "the stream stopped before its end", "Try again.")
    ms = (first - sent) / 1e6 if first else None
    served = f" by {final.served_model}" if final.served_model else ""
    return Step("answer", True, f"first token{served}" if first else f"no text{served}", ms=ms)
