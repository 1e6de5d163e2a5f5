"""What lanes there are, and whether one works: key, connection, models, one token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from workbench.api.keys import Keys
from workbench.api.wiring import make_tools
from workbench.checks.syntax import parse_checks
from workbench.config.settings import Settings
from workbench.engine.clock import metered_loop
from workbench.errors import WorkbenchError
from workbench.model.confidential import public, references, secrets_of
from workbench.model.lane import FREE, Lane
from workbench.model.prompt import Message
from workbench.providers.base import Delta, Final, Request, Sent, Services
from workbench.providers.presets import cap_of, resolve
from workbench.providers.registry import PROVIDERS, provider_for
from workbench.records import dataclass
from workbench.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from workbench.providers.base import Provider, StreamItem

RESPONSES_LEAST = 16
"""OpenAI's Responses refuses a smaller ``max_output_tokens``."""


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A declared lane. ``key`` is ``not needed``, ``environment``, ``keyring`` or ``missing``;
    ``declared`` is the file it stands in, or ``default``. ``max_tokens`` is what is sent as the
    cap of an answer, the lane's own or its service's.
    """

    name: str
    provider: str
    model: str
    where: str
    key_name: str | None
    key: str
    declared: str
    max_tokens: int | None = None


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
    names = _key_names(lane)
    missing = [name for name in names if keys.source(name) == "missing"]
    name = next(iter(missing or names), None)
    return LaneRow(
        lane.name,
        lane.provider,
        lane.model,
        public(lane).base_url or lane.path or _nowhere(lane.provider),
        name,
        keys.source(name) if name else "not needed",
        settings.source(f"lanes.{lane.name}"),
        lane.params.max_tokens or cap_of(lane),
    )


def _nowhere(provider: str) -> str:
    """Where a lane without an address is asked, or why it cannot be."""
    if provider not in PROVIDERS:
        return "nowhere: unknown provider"
    return "this machine" if provider in FREE else "nowhere: no base_url"


def _key_names(lane: Lane) -> list[str]:
    """The variables a lane needs: its key, and what its headers refer to."""
    return [*([lane.key_env] if lane.key_env else []), *sorted(references(lane))]


def try_declared(settings: Settings, lane: Lane) -> None:
    """Look whether a lane can be used with all that the settings say of it; nothing is sent.

    Raises:
        UnknownName: its provider, model, fallback, or one of its options or checks does not exist.
        ConfigError: it lacks something its provider needs, or an option is of the wrong type.
        CheckSyntaxError: one of its checks cannot be read.
    """
    parse_checks(lane.checks)  # as the engine does: without files
    if lane.fallback is not None:
        settings.lane(lane.fallback)
    sends = resolve(lane).base_url is not None
    if sends and settings.proxy is not None and "proxy" not in lane.options:
        lane = replace(lane, options={**lane.options, "proxy": settings.proxy})
    try_lane(lane)


def try_lane(lane: Lane) -> None:
    """Look whether a lane can be used as it is declared; nothing is opened or sent.

    Raises:
        UnknownName: its provider, its embedded model or an option does not exist.
        ConfigError: it lacks something its provider needs, or an option is of the wrong type.
    """
    provider_for(resolve(lane), Services(lambda _name, _url: None, models_dir=Path("models")))


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
            if not lane.free:
                step, models = await _models(lane, tools.services)
                steps.append(step)
                steps.append(_limits_step(lane))
            trying = "answer"
            steps.append(await _token(provider, lane))
    except WorkbenchError as error:
        steps.append(Step(trying, False, error.message, error.hint))
    finally:
        await tools.services.close()
    return LaneCheck(lane.name, tuple(steps), models)


def _key_step(settings: Settings, lane: Lane) -> Step:
    names, keys = _key_names(lane), Keys(settings)
    if not names:
        return Step("key", None, "not needed")
    for name in names:
        if keys.source(name) == "missing":
            hint = "" if name != lane.key_env else f", or store it: workbench lanes key {lane.name}"
            return Step("key", False, f"{name} is not set.", f"Set it{hint}.")
    found = (f"{name} from the {keys.source(name)}" for name in names)
    return Step("key", True, ", ".join(found))


def _limits_step(lane: Lane) -> Step:
    """Tell what one request takes from the account's limits."""
    cap = lane.params.max_tokens or cap_of(lane)
    if cap is None:
        text = "no max_tokens: how much an answer takes from the account's limits is the server's"
        return Step("limits", None, text, "Set max_tokens in the lane's params.")
    return Step("limits", None, f"a request reserves its prompt and {cap} tokens (max_tokens)")


async def _connect(provider: Provider) -> Step:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await provider.prepare(lambda _: None)
    return Step("connection", True, "open", ms=(loop.time() - began) * 1000)


async def _models(lane: Lane, services: Services) -> tuple[Step, tuple[str, ...]]:
    """Ask the server for its models; that many servers do not list any is no failure."""
    from workbench.providers.compatible import Options, address_of, headers_of, key_of
    from workbench.providers.http.exchange import encode_request, exchange
    from workbench.providers.http.pool import Pool

    address = address_of(lane, Options(lane))
    key = key_of(lane, services)
    own, _ = headers_of(lane, Options(lane), services)
    headers = [("Accept", "application/json"), ("User-Agent", "workbench"), *own.items()]
    if key:
        headers.append(("Authorization", f"Bearer {key.reveal()}"))
    request = encode_request("GET", address, "/models", headers)
    pool = Pool.of(services)
    try:
        async with exchange(pool, address, request, lane.deadlines) as wire:
            await wire.send()
            head = await wire.head()
            body = await wire.read_all(4 << 20)
    except WorkbenchError as error:
        return Step("models", None, f"not listed: {error.message}"), ()
    mask = Redactor([*([key.reveal()] if key else []), *own.values(), *secrets_of(lane)])
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
    cap = RESPONSES_LEAST if lane.provider == "openai" else 1
    params = replace(lane.params, max_tokens=cap, response_format=None, logprobs=None, stop=())
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
