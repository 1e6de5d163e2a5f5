"""promptfoo: the results file of ``promptfoo eval -o results.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from workbench.errors import UsageError
from workbench.store.imports.base import (
    Exchange,
    Imported,
    Judged,
    Unmapped,
    conversation,
    counted,
    literal,
    moment,
    number,
    read_bytes,
)


def read(path: Path) -> Imported:
    """Read a results file.

    Raises:
        UsageError: it is none.
    """
    try:
        document = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}.") from error
    outer = _object(document).get("results")
    rows = outer.get("results") if isinstance(outer, dict) else outer
    if not isinstance(rows, list):
        raise UsageError(
            f"{path} holds no promptfoo results.", "Write it with: promptfoo eval -o results.json"
        )
    unmapped = Unmapped()
    if _object(document).get("config"):
        unmapped.add("promptfoo configuration (import it as a suite instead)")
    stamp = moment(_object(outer).get("timestamp"))
    found = [_exchange(row, stamp, unmapped) for row in rows if isinstance(row, dict)]
    title = _object(_object(document).get("config")).get("description")
    return Imported(str(title or path.stem), tuple(found), unmapped.sentences())


def _exchange(row: Mapping[str, object], stamp: str, unmapped: Unmapped) -> Exchange:
    raw = _object(row.get("prompt")).get("raw")
    system, user = _prompt(raw if isinstance(raw, str) else "", unmapped)
    response = _object(row.get("response"))
    output = response.get("output")
    if output is not None and not isinstance(output, str):
        output = json.dumps(output, ensure_ascii=False)
    provider = _object(row.get("provider"))
    model = str(provider.get("id") or "unknown")
    usage = _object(response.get("tokenUsage"))
    if row.get("namedScores"):
        unmapped.add("named scores of a result")
    if response.get("cached"):
        unmapped.add("mark that an answer came from promptfoo's cache")
    grading = _object(row.get("gradingResult"))
    parts = grading.get("componentResults")
    parts = parts if isinstance(parts, list) else []
    verdicts = tuple(_judged(p) for p in parts if isinstance(p, dict))
    error = row.get("error") if not verdicts and not output else None
    return Exchange(
        user=literal(user),
        system=None if system is None else literal(system),
        answer=output or "",
        model=model,
        lane=str(provider.get("label") or model),
        utc=stamp,
        total_ms=number(row.get("latencyMs")),
        tokens=counted(usage.get("prompt"), usage.get("completion")),
        cost_usd=number(row.get("cost")),
        verdicts=verdicts,
        error=str(error) if error else "",
    )


def _prompt(raw: str, unmapped: Unmapped) -> tuple[str | None, str]:
    """A rendered prompt is plain text, or a JSON list of chat messages."""
    if raw.lstrip().startswith("["):
        try:
            messages = json.loads(raw)
        except (ValueError, RecursionError):
            return None, raw
        if all(isinstance(m, dict) and "role" in m for m in messages):
            return conversation(messages, unmapped)
    return None, raw


def _judged(part: Mapping[str, object]) -> Judged:
    assertion = _object(part.get("assertion"))
    name = str(assertion.get("type") or "assertion")
    value = assertion.get("value")
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        name = f"{name}:{value}"
    return Judged(name[:200], part.get("pass") is True, str(part.get("reason") or ""))


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
