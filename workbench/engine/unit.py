"""The unit of work of a run: one prompt to one lane, from plain data to events.

A :class:`UnitSpec` is all that has to be known to send a unit; as JSON it can be kept or sent to
another process. :func:`send_unit` does the work with whatever is at hand there: a :class:`Desk`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field, replace

import msgspec

from workbench.checks.pipeline import Pipeline
from workbench.engine.abort import AbortPolicy
from workbench.engine.attempt import AttemptRun, Bench
from workbench.engine.grading import Answer, RaceContext
from workbench.engine.retry import go_on_after
from workbench.errors import UsageError
from workbench.model.confidential import public
from workbench.model.events import AbortMode, AttemptQueued
from workbench.model.lane import Lane
from workbench.model.prompt import Message
from workbench.providers.base import Provider, Request
from workbench.records import dataclass


@dataclass(frozen=True, slots=True)
class UnitSpec:
    """One case to one lane for the n-th time, and what that means.

    ``checks`` are those of the case; the lane's own come behind them. ``fallbacks`` are the lanes
    that may answer in its place. ``answers`` holds what other lanes answered to the same case, for
    checks that compare: None for a lane that has no whole answer. ``audit`` is the share (0 to 1)
    of aborted answers that run on unseen.
    """

    case: str
    lane: Lane
    repeat: int
    messages: tuple[Message, ...]
    checks: tuple[str, ...] = ()
    abort: AbortMode = "off"
    fallbacks: tuple[Lane, ...] = ()
    answers: Mapping[str, str | None] = field(default_factory=dict)
    audit: float = 0.0


def encode_unit(spec: UnitSpec) -> bytes:
    """Return *spec* as one line of JSON, without a line feed and without a secret of its lanes:
    whoever sends it has their own.
    """
    fallbacks = tuple(public(lane) for lane in spec.fallbacks)
    shown = replace(spec, lane=public(spec.lane), fallbacks=fallbacks)
    try:
        return msgspec.json.encode(shown)
    except UnicodeEncodeError:  # lone surrogates, which only escapes can carry
        return json.dumps(msgspec.to_builtins(shown)).encode("ascii")


def decode_unit(line: bytes) -> UnitSpec:
    """Return what :func:`encode_unit` made a line of.

    Raises:
        UsageError: it is no unit of work.
    """
    try:
        return msgspec.convert(json.loads(line), UnitSpec)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"This is no unit of work: {error}.") from error


Queue = Callable[[Callable[[int, int], AttemptQueued]], Awaitable[tuple[AttemptQueued, int]]]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a unit is sent with, wherever that happens.

    ``queue`` gives an attempt the numbers of its iteration and its own, keeps it before its request
    leaves, and returns it with the zero of the iteration's clock (monotonic nanoseconds).
    ``answered`` hears the whole answer, None when there is none; ``answers`` are those of all lanes
    to the same case, come or to come, and ``waits`` is called when a check waits for one of them.
    """

    bench: Bench
    provider: Callable[[Lane], Provider]
    pipeline: Callable[[tuple[str, ...], Lane], Pipeline]
    lane: Callable[[str], Lane]
    queue: Queue
    answers: Mapping[str, Answer] = field(default_factory=dict)
    answered: Callable[[str | None], None] = lambda _: None
    waits: Callable[[], None] = lambda: None


async def send_unit(spec: UnitSpec, desk: Desk) -> int:
    """Send a unit: again or to its fallback as its lane allows, then the checks of other lanes.

    All that happens is told to the desk's bench as events. Returns the number of the attempt that
    had the last word.
    """
    text: str | None = None
    try:
        run = await _make(spec, desk, spec.lane)
        provider = desk.provider(spec.lane)
        await run.run(provider)
        run = await go_on_after(
            run,
            provider,
            {lane.name: lane for lane in spec.fallbacks},
            desk.provider,
            lambda lane, **of: _make(spec, desk, lane, **of),
        )
        text = run.text if run.answered else None
    finally:
        desk.answered(text)
    await run.grade(
        RaceContext(
            spec.messages,
            desk.answers,
            desk.lane,
            desk.provider,
            desk.bench.spending.price,
            desk.waits,
        )
    )
    return run.number


async def _make(
    spec: UnitSpec,
    desk: Desk,
    lane: Lane,
    retry_of: int | None = None,
    fallback_of: int | None = None,
) -> AttemptRun:
    pipeline = desk.pipeline((*spec.checks, *lane.own_checks), lane)
    queued, zero_ns = await desk.queue(
        lambda iteration, attempt: AttemptQueued(
            attempt,
            iteration,
            lane.name,
            lane.model,
            spec.repeat,
            pipeline.names,
            pipeline.severities,
            retry_of=retry_of,
            fallback_of=fallback_of,
        )
    )
    request = Request(lane.model, spec.messages, lane.params, lane.deadlines, spec.repeat)
    return AttemptRun(
        queued.attempt,
        lane,
        request,
        pipeline,
        AbortPolicy(spec.abort, audit=spec.audit, cap=lane.cap),
        desk.bench,
        zero_ns,
        spec.repeat,
        lambda: desk.pipeline((*spec.checks, *lane.own_checks), lane),
    )
