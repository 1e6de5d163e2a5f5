"""The logs database of the ``llm`` command-line tool (SQLite, table ``responses``)."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

from workbench.errors import UsageError
from workbench.model.lane import Params
from workbench.store.imports.base import (
    Exchange,
    Imported,
    Unmapped,
    counted,
    literal,
    moment,
    number,
    whole,
)

_NEEDED = frozenset({"model", "prompt", "response"})
_OPTIONAL = (
    "id", "system", "options_json", "duration_ms", "datetime_utc", "input_tokens",
    "output_tokens", "conversation_id", "schema_id", "resolved_model",
)  # fmt: skip
_BESIDE = {
    "prompt_attachments": "attachment of a prompt",
    "tool_calls": "tool call of a model",
    "tool_results": "result of a tool",
    "prompt_fragments": "fragment of a prompt",
    "system_fragments": "fragment of a system message",
}


def read(path: Path) -> Imported:
    """Read a logs database; it is opened read-only.

    Raises:
        UsageError: it is none.
    """
    if not path.is_file():
        raise UsageError(f"{path} is no file.", "See: llm logs path")
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
            return _read(db, path)
    except sqlite3.Error as error:
        raise UsageError(
            f"{path} is no logs database of llm: {error}.", "See: llm logs path"
        ) from error


def _read(db: sqlite3.Connection, path: Path) -> Imported:
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    columns = {row[1] for row in db.execute("PRAGMA table_info(responses)")}
    if not columns >= _NEEDED:
        raise UsageError(f"{path} is no logs database of llm.", "See: llm logs path")
    unmapped = Unmapped()
    for table, what in _BESIDE.items():
        if table in tables:
            count = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - fixed
            if count:
                unmapped.add(what, count)
    chosen = ["model", "prompt", "response", *(c for c in _OPTIONAL if c in columns)]
    rows = db.execute(f"SELECT {', '.join(chosen)} FROM responses ORDER BY rowid")  # noqa: S608
    found: list[Exchange] = []
    conversations: set[object] = set()
    for values in rows:
        row = dict(zip(chosen, values, strict=True))
        if row.get("conversation_id") in conversations:
            unmapped.add("earlier turns of a conversation (each prompt stands alone)")
        conversations.add(row.get("conversation_id") or object())
        if row.get("schema_id"):
            unmapped.add("schema a response was held to")
        found.append(_exchange(row))
    return Imported(path.stem, tuple(found), unmapped.sentences())


def _exchange(row: dict[str, object]) -> Exchange:
    options = _options(row.get("options_json"))
    system = row.get("system")
    return Exchange(
        user=literal(str(row["prompt"] or "")),
        system=literal(system) if isinstance(system, str) and system else None,
        answer=str(row["response"] or ""),
        model=str(row.get("resolved_model") or row["model"]),
        lane=str(row["model"]),
        utc=moment(row.get("datetime_utc")),
        total_ms=number(row.get("duration_ms")),
        params=Params(
            temperature=number(options.pop("temperature", None)),
            top_p=number(options.pop("top_p", None)),
            seed=whole(options.pop("seed", None)),
            max_tokens=whole(options.pop("max_tokens", None)),
            extra=options,
        ),
        tokens=counted(row.get("input_tokens"), row.get("output_tokens")),
    )


def _options(raw: object) -> dict[str, object]:
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(raw) if isinstance(raw, str) and raw else {}
        if isinstance(found, dict):
            return found
    return {}
