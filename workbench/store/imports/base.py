"""What an importer gives: exchanges, and a list of what did not map.

An exchange is one prompt answered by one model. Exchanges with the same prompt become one
iteration with an attempt each. An imported attempt is marked as a replay, so it never
enters statistics of time: other tools do not record when each chunk came, and some not even how
long it took (shown as 0).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from workbench.errors import UsageError
from workbench.model.attempt import AttemptError, Cost, Tokens
from workbench.model.events import (
    AttemptEnded,
    AttemptQueued,
    AttemptStarted,
    Chunks,
    Event,
    FailedFirst,
    IterationEnded,
    IterationStarted,
    VerdictReached,
)
from workbench.model.lane import Lane, Params
from workbench.model.prompt import Prompt
from workbench.records import dataclass

MOST_BYTES = 512 << 20
"""Larger files are refused."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict the other tool gave."""

    name: str
    passed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One prompt and one answer. ``total_ms`` is None when the source does not tell."""

    user: str
    answer: str
    model: str
    system: str | None = None
    lane: str = ""
    utc: str = ""
    reasoning: str = ""
    params: Params = Params()
    total_ms: float | None = None
    tokens: Tokens = Tokens()
    cost_usd: float | None = None
    verdicts: tuple[Judged, ...] = ()
    error: str = ""
    finish_reason: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


class Unmapped:
    """Counts what a source holds and a session has no place for."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()

    def add(self, what: str, times: int = 1) -> None:
        """Note something that was left out."""
        self._count[what] += times

    def sentences(self) -> tuple[str, ...]:
        """Return one sentence for each kind, the most frequent first."""
        return tuple(f"{n} × {what}" for what, n in self._count.most_common())


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import: a title, exchanges, and sentences about what did not map."""

    title: str
    exchanges: tuple[Exchange, ...]
    unmapped: tuple[str, ...]


Importer = Callable[[Path], Imported]


def read_bytes(path: Path) -> bytes:
    """Read a file of bounded size.

    Raises:
        UsageError: it cannot be read or is too large.
    """
    try:
        if not path.is_file():
            raise UsageError(f"{path} is no file.", "Name the file to import.")
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is larger than 512 MB.", "Split it first.")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error


def text_of(content: object, unmapped: Unmapped) -> str:
    """Return the text of a message's content: a string, or a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = []
    for part in content:
        if isinstance(part, str):
            parts.append(part)
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            parts.append(part["text"])
        else:
            kind = part.get("type") if isinstance(part, dict) else type(part).__name__
            unmapped.add(f"message part of type {str(kind)[:40]!r}")
    return "".join(parts)


def conversation(messages: object, unmapped: Unmapped) -> tuple[str | None, str]:
    """Return system and user message of a list of chat messages.

    Earlier turns have no place in a prompt of one turn: they are written before the last user
    message, each with its role, so that nothing of what the model saw is lost.
    """
    system: list[str] = []
    turns: list[tuple[str, str]] = []
    for message in messages if isinstance(messages, list) else []:
        if not isinstance(message, dict):
            unmapped.add("message that is no object")
            continue
        role, content = str(message.get("role", "user")), text_of(message.get("content"), unmapped)
        if message.get("tool_calls"):
            unmapped.add("tool call of a model")
        if role in ("system", "developer"):
            system.append(content)
        else:
            turns.append((role, content))
    joined = "\n\n".join(system) or None
    if not turns:
        return joined, ""
    if len(turns) == 1:
        return joined, turns[0][1]
    unmapped.add("conversation of several turns, joined into one user message")
    return joined, "\n\n".join(f"{role}: {content}" for role, content in turns)


def literal(text: str) -> str:
    """Return *text* so that ``{{ name }}`` in it stays text instead of a variable."""
    from workbench.model.prompt import VARIABLE

    return VARIABLE.sub(lambda m: m.group(0) if m.group(1) else "\\" + m.group(0), text)


def number(value: object) -> float | None:
    """Return a number that is one, and no bool."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value)


def counted(prompt: object, output: object) -> Tokens:
    """Return token counts as a source gives them; unknown where it does not."""
    out = whole(output)
    return Tokens(whole(prompt), out, source="unknown" if out is None else "measured")


def whole(value: object) -> int | None:
    """Return a whole number that is not negative."""
    found = number(value)
    return int(found) if found is not None and 0 <= found < 2**53 else None


def moment(value: object) -> str:
    """Return seconds or milliseconds since 1970, or an ISO 8601 text, as ISO 8601; else empty."""
    try:
        if isinstance(value, str):
            when = datetime.fromisoformat(value)
        else:
            stamp = number(value)
            if stamp is None:
                return ""
            when = datetime.fromtimestamp(stamp / 1000 if stamp > 1e11 else stamp, UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iterations(exchanges: Iterable[Exchange]) -> Iterator[tuple[Exchange, ...]]:
    """Group exchanges with the same prompt, in order of first appearance."""
    groups: dict[tuple[str | None, str, tuple[tuple[str, str], ...]], list[Exchange]] = {}
    for one in exchanges:
        key = (one.system, one.user, tuple(sorted(one.variables.items())))
        groups.setdefault(key, []).append(one)
    for group in groups.values():
        yield tuple(group)


def begin(group: tuple[Exchange, ...], iteration: int, attempt: int) -> tuple[Event, ...]:
    """Return the events that start an imported iteration."""
    lanes = {name: _lane(name, one) for name, one in zip(_names(group), group, strict=True)}
    first = group[0]
    start = IterationStarted(
        iteration,
        Prompt(first.user, first.system),
        tuple(lanes.values()),
        (),
        first.utc,
        variables=dict(first.variables),
    )
    seen: Counter[str] = Counter()
    queued = []
    for n, (name, one) in enumerate(zip(_names(group), group, strict=True)):
        seen[name] += 1
        names = tuple(v.name for v in one.verdicts)
        queued.append(
            AttemptQueued(
                attempt + n, iteration, name, one.model, seen[name], names, origin="replay"
            )
        )
    return (start, *queued)


def rest(one: Exchange, attempt: int) -> Iterator[Event]:
    """Yield what happened in an imported attempt. The one chunk holds the whole answer."""
    ms = one.total_ms or 0.0
    yield AttemptStarted(attempt, one.utc, 0.0)
    if one.reasoning:
        yield Chunks(attempt, ((ms, one.reasoning),), "reasoning")
    if one.answer:
        yield Chunks(attempt, ((ms, one.answer),))
    length = len(one.answer)
    for index, v in enumerate(one.verdicts):
        verdict: Literal["pass", "fail"] = "pass" if v.passed else "fail"
        yield VerdictReached(attempt, index, v.name, verdict, length, 0, ms, v.reason)
    failed = next((v for v in one.verdicts if not v.passed), None)
    if one.error:
        yield FailedFirst(attempt, "provider", None, None, 0, ms, one.error)
    elif failed is not None:
        yield FailedFirst(attempt, "check", failed.name, length, 0, ms, failed.reason)
    yield AttemptEnded(
        attempt,
        "error" if one.error else "complete",
        ms,
        one.tokens,
        Cost(one.cost_usd, "measured", "as imported") if one.cost_usd is not None else Cost(),
        finish_reason=one.finish_reason,
        error=AttemptError("server", one.error) if one.error else None,
    )


def end(group: tuple[Exchange, ...], iteration: int) -> IterationEnded:
    """Return the end of an imported iteration."""
    return IterationEnded(iteration, max((one.total_ms or 0.0) for one in group))


def _names(group: tuple[Exchange, ...]) -> list[str]:
    return [one.lane or one.model or "unknown" for one in group]


def _lane(name: str, one: Exchange) -> Lane:
    return Lane(name, "replay", one.model or "unknown", params=one.params)
