"""Checks without a model: what there is, and judging texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from workbench.checks import registry
from workbench.checks.base import Definition, Progress
from workbench.checks.pipeline import Pipeline
from workbench.checks.syntax import CheckSpec, parse_checks
from workbench.errors import UsageError, WorkbenchError
from workbench.model.verdict import CheckResult, VerdictName
from workbench.records import dataclass

MAX_LINE = 64_000_000
"""The longest line of a JSON Lines file that is read, in characters."""

CHUNK = 65_536
"""How many characters are fed at once when nothing else is asked for: memory stays bounded."""

_NO_CLOCK = "needs a stream: a text alone has no clock, tokens or cost"


@dataclass(frozen=True, slots=True)
class Judged:
    """What checks say of one text. ``first_failure`` is the earliest fail that is no warning."""

    verdict: VerdictName
    checks: tuple[CheckResult, ...]
    first_failure: CheckResult | None = None
    id: object = None
    error: str = ""


def list_checks() -> tuple[Definition, ...]:
    """Return the definitions of all checks, in the order they are listed."""
    return registry.definitions()


def show_check(name: str) -> Definition:
    """Return the definition of one check.

    Raises:
        UnknownName: no check has that name.
    """
    return registry.get(name)


def judge_text(
    specs: Sequence[CheckSpec], text: str, chunk: int | None = None, *, trusted: bool = False
) -> Judged:
    """Judge one text, fed in chunks of *chunk* characters or in long ones: the verdict is the same.

    Checks that are code of a user run only when *trusted*. A check that looks at clock, tokens
    or cost is an error here: a text has none of them.
    """
    pipeline = Pipeline(specs, trusted=trusted)
    results = [
        CheckResult(name, severity=severity)
        for name, severity in zip(pipeline.names, pipeline.severities, strict=True)
    ]
    size = chunk or CHUNK
    now = Progress(0.0, None, 0)
    decided = []
    for start in range(0, len(text), size):
        decided += pipeline.feed(text[start : start + size], now)
        if not pipeline.undecided:
            break
    decided += pipeline.finish(now)
    pipeline.close()
    for index, d in decided:
        results[index] = replace(
            results[index], verdict=d.verdict, at_char=d.at_char, reason=d.reason, span=d.span
        )
    for index, spec in enumerate(specs):
        if any(part.definition.when == "timer" for part in spec.parts()):
            results[index] = replace(
                results[index], verdict="error", at_char=None, reason=_NO_CLOCK, span=None
            )
    return _judged(results)


def _judged(results: Sequence[CheckResult]) -> Judged:
    counted = [r for r in results if r.severity == "fail"]
    fails = [r for r in counted if r.verdict == "fail"]
    first = min(fails, key=lambda r: -1 if r.at_char is None else r.at_char, default=None)
    verdict: VerdictName = "fail" if fails else "pass"
    if not fails and any(r.verdict == "error" for r in counted):
        verdict = "error"
    return Judged(verdict, tuple(results), first)


def judge_lines(
    lines: Iterable[str], checks: Sequence[str] = (), folder: Path | None = None
) -> Iterator[Judged]:
    """Judge many texts, one JSON object a line: ``{"id": ..., "text": ..., "checks": [...]}``.

    *checks* are those of lines that name none; ``@path`` arguments are read from *folder* in
    those alone, and code of a user runs in those alone, never in a line's own. A line that
    cannot be read gives an error of its own.
    Checks are read once however many lines name them.

    Raises:
        CheckSyntaxError: one of *checks* cannot be read.
        UnknownName: one of *checks* names no check.
    """
    default = parse_checks(checks, folder)
    known: dict[tuple[str, ...], tuple[CheckSpec, ...]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        name: object = number
        try:
            entry = _entry(line)
            name = entry.get("id", number)
            if not isinstance(entry.get("text"), str):
                raise UsageError('it has no "text".', 'Write {"id": ..., "text": ...}.')
            own = entry.get("checks")
            specs = default if own is None else _known(known, own)
            if not specs:
                raise UsageError("there is no check for it.", "Name checks, or write them in.")
            judged = judge_text(specs, str(entry["text"]), trusted=own is None)
            yield replace(judged, id=name)
        except WorkbenchError as error:
            yield Judged("error", (), id=name, error=f"line {number}: {error.message}")


def _entry(line: str) -> Mapping[str, object]:
    if len(line) > MAX_LINE:
        raise UsageError(f"it is longer than {MAX_LINE} characters.")
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"it is not JSON: {error}.") from error
    if not isinstance(entry, dict):
        raise UsageError('it is not an object with a "text".')
    return entry


def _known(
    known: dict[tuple[str, ...], tuple[CheckSpec, ...]], checks: object
) -> tuple[CheckSpec, ...]:
    if not isinstance(checks, list) or not all(isinstance(text, str) for text in checks):
        raise UsageError('its "checks" are not a list of texts.')
    texts = tuple(checks)
    if texts not in known:
        if len(known) >= 1000:
            known.clear()
        known[texts] = parse_checks(texts)
    return known[texts]
