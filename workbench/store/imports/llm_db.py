"""The logs database of the ``llm`` command-line tool (SQLite).

Older versions keep prompt and answer in the table ``responses``, newer ones a chain of ``messages``
with their ``parts`` and a row of ``turns`` for each answer. One file may hold both.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from workbench.errors import UsageError
from workbench.model.lane import Params
from workbench.store.imports.base import (
    Exchange,
    Imported,
    Unmapped,
    conversation,
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
    _count_beside(db, tables, unmapped)
    chosen = ["model", "prompt", "response", *(c for c in _OPTIONAL if c in columns)]
    rows = db.execute(f"SELECT {', '.join(chosen)} FROM responses ORDER BY rowid")  # noqa: S608
    found: list[Exchange] = []
    turns: set[object] = set()
    if {"turns", "messages", "parts"} <= tables:
        for turn, exchange in _turns(db, unmapped):
            turns.add(turn)
            found.append(exchange)
    conversations: set[object] = set()
    for values in rows:
        row = dict(zip(chosen, values, strict=True))
        if row.get("id") in turns:
            continue
        if row.get("conversation_id") in conversations:
            unmapped.add("earlier turns of a conversation (each prompt stands alone)")
        conversations.add(row.get("conversation_id") or object())
        if row.get("schema_id"):
            unmapped.add("schema a response was held to")
        found.append(_exchange(row))
    return Imported(path.stem, tuple(found), unmapped.sentences())


def _count_beside(db: sqlite3.Connection, tables: set[str], unmapped: Unmapped) -> None:
    for table, what in _BESIDE.items():
        if table in tables:
            count = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - fixed
            if count:
                unmapped.add(what, count)


_TURN = (
    "id", "parent_message_hash", "tip_message_hash", "model", "resolved_model", "options_json",
    "schema_id", "input_tokens", "output_tokens", "duration_ms", "datetime_utc",
)  # fmt: skip
_PARTS = {
    "attachment": "attachment of a prompt",
    "tool_call": "tool call of a model",
    "tool_result": "result of a tool",
}


def _turns(db: sqlite3.Connection, unmapped: Unmapped) -> Iterator[tuple[object, Exchange]]:
    """Yield each turn's id and what it holds: all that was asked, and what came."""
    before, role = {}, {}
    for key, parent, who in db.execute("SELECT hash, parent_hash, role FROM messages"):
        before[key], role[key] = parent, str(who)
    texts = _texts(db, unmapped)
    columns = ", ".join(_TURN)
    for values in db.execute(f"SELECT {columns} FROM turns ORDER BY datetime_utc, rowid"):  # noqa: S608
        row = dict(zip(_TURN, values, strict=True))
        asked = _chain(before, row["parent_message_hash"], None)
        answered = _chain(before, row["tip_message_hash"], row["parent_message_hash"])
        if row["schema_id"]:
            unmapped.add("schema a response was held to")
        system, user = conversation(
            [{"role": role[key], "content": texts.get((key, "text"), "")} for key in asked],
            unmapped,
        )
        row |= {"prompt": user, "system": system}
        row["response"] = "".join(texts.get((key, "text"), "") for key in answered)
        reasoning = "".join(texts.get((key, "reasoning"), "") for key in answered)
        yield row["id"], replace(_exchange(row), reasoning=reasoning)


def _texts(db: sqlite3.Connection, unmapped: Unmapped) -> dict[tuple[object, str], str]:
    """Return the text and the reasoning of each message."""
    found: dict[tuple[object, str], str] = {}
    rows = db.execute("SELECT message_hash, type, text FROM parts ORDER BY message_hash, position")
    for key, kind, text in rows:
        if kind in ("text", "reasoning"):
            found[key, kind] = found.get((key, kind), "") + str(text or "")
        else:
            unmapped.add(_PARTS.get(kind, f"{kind} of a message"))
    return found


def _chain(before: Mapping[object, object], tip: object, root: object) -> list[object]:
    """Return the messages from behind *root* up to *tip*, the oldest first."""
    chain: list[object] = []
    while tip in before and tip != root and len(chain) <= len(before):
        chain.append(tip)
        tip = before[tip]
    return chain[::-1]


def _exchange(row: Mapping[str, object]) -> Exchange:
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
