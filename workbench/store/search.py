"""What can be asked of the index, and how it is answered."""

from __future__ import annotations

import re
import sqlite3
from typing import Literal

from workbench.records import dataclass

Kind = Literal["title", "prompt", "answer", "reasoning", "check", "name", "note", "error"]

_WORD = re.compile(r'"([^"]*)"|(\S+)')
_ODD = {0: " ", 2: "\u2402", 3: "\u2403"}
START, STOP = "\x02", "\x03"
"""Around every match in a snippet. Model text cannot forge them: they are taken out of it."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question to all sessions.

    ``text``: words that must all occur in one place, ``"a phrase"`` in quotes, ``begin*`` for
    words that begin so. Empty text lists everything the filters leave. ``verdict`` is that of the
    check when ``check`` is given, else of the attempt. ``since`` and ``until`` are ISO 8601 dates
    or moments, ``until`` not included. Prompts and notes match a filter of lane, check or
    verdict when one of their iteration's attempts does.
    """

    text: str = ""
    session: str | None = None
    kind: Kind | None = None
    lane: str | None = None
    check: str | None = None
    verdict: str | None = None
    since: str | None = None
    until: str | None = None
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """One place. ``snippet`` is a cut of the text; ``marks`` are the half-open ranges of the
    matches within it.
    """

    session: str
    iteration: int | None
    attempt: int | None
    kind: Kind
    lane: str | None
    verdict: str | None
    utc: str
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, newest first, and whether there are more."""

    hits: tuple[Hit, ...]
    more: bool


def match_expression(text: str) -> str:
    """Return the FTS5 expression of a person's words; no word can be an operator."""
    terms = []
    for phrase, word in _WORD.findall(text):
        term = phrase or word
        prefix = bool(word) and len(term) > 1 and term.endswith("*")
        term = term.rstrip("*") if prefix else term
        if any(char.isalnum() for char in term):
            terms.append('"' + term.replace('"', '""') + '"' + ("*" if prefix else ""))
    return " AND ".join(terms)


def run_query(db: sqlite3.Connection, query: Query) -> Found:
    """Answer *query* from the tables of the index."""
    where, values = _filters(query)
    expression = match_expression(sql_text(query.text))
    if (query.text.strip() and not expression) or _never(db, query):
        return Found((), more=False)
    if expression:
        # An outer ORDER BY on the rowid lets SQLite walk the matches newest first and stop early.
        sql = (
            "SELECT d.session, d.iteration, d.attempt, d.kind, d.lane, d.verdict, d.utc,"
            " snippet(texts, 0, ?, ?, '…', 24)"
            " FROM texts CROSS JOIN docs d ON d.id = texts.rowid WHERE texts MATCH ?"
        )
        values = [START, STOP, expression, *values]
        order = "texts.rowid"
    else:
        sql = (
            "SELECT d.session, d.iteration, d.attempt, d.kind, d.lane, d.verdict, d.utc,"
            " (SELECT substr(t.text, 1, 200) FROM texts t WHERE t.rowid = d.id)"
            " FROM docs d WHERE 1"
        )
        order = "d.id"
    for condition in where:
        sql += f" AND {condition}"
    sql += f" ORDER BY {order} DESC LIMIT ? OFFSET ?"
    rows = db.execute(sql, [*values, query.limit + 1, query.offset]).fetchall()
    hits = [_hit(row) for row in rows[: query.limit]]
    return Found(tuple(hits), more=len(rows) > query.limit)


def _never(db: sqlite3.Connection, query: Query) -> bool:
    """True when no attempt at all has that lane, check and verdict, or no text is of that kind: no
    need to look at every match.
    """
    inner = _of_attempts(query)
    asked = [("verdicts", inner)] if inner else []
    if query.kind is not None:
        asked.append(("docs", [("kind", query.kind)]))
    for table, wanted in asked:
        same = " AND ".join(f"{column} = ?" for column, _ in wanted)
        sql = f"SELECT 1 FROM {table} WHERE {same} LIMIT 1"  # noqa: S608 - names of ours
        if db.execute(sql, [sql_text(value) for _, value in wanted]).fetchone() is None:
            return True
    return False


def _of_attempts(query: Query) -> list[tuple[str, str]]:
    """Return the columns of table ``verdicts`` that the query filters by, with their values."""
    column = "decided" if query.check is not None else "verdict"
    wanted = (("lane", query.lane), ("name", query.check), (column, query.verdict))
    return [(name, value) for name, value in wanted if value is not None]


def _filters(query: Query) -> tuple[list[str], list[str | int]]:
    where: list[str] = []
    values: list[str | int] = []
    for column, value in (("d.session", query.session), ("d.kind", query.kind)):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(sql_text(value))
    for operator, moment in ((">=", query.since), ("<", query.until)):
        if moment is not None:
            where.append(f"d.utc {operator} ?")
            values.append(sql_text(moment))
    direct = [("d.lane", query.lane)]
    if query.check is None:
        direct.append(("d.verdict", query.verdict))
    for column, value in direct:
        if value is not None:
            where.append(f"({column} IS NULL OR {column} = ?)")
            values.append(sql_text(value))
    inner = _of_attempts(query)
    if inner:
        same = "v.session = d.session AND v.iteration = d.iteration"
        same += " AND (d.attempt IS NULL OR v.attempt = d.attempt)"
        same += "".join(f" AND v.{name} = ?" for name, _ in inner)
        where.append(f"EXISTS (SELECT 1 FROM verdicts v INDEXED BY verdicts_place WHERE {same})")  # noqa: S608 - names of ours
        values += [sql_text(value) for _, value in inner]
    return where, values


def sql_text(text: str) -> str:
    """Return *text* as SQLite takes it: no lone surrogates, no NUL, none of our marks."""
    return text.encode("utf-8", "replace").decode().translate(_ODD)


def _hit(row: tuple[str, int | None, int | None, Kind, str | None, str | None, str, str]) -> Hit:
    *_, marked = row
    snippet, marks, begun = "", [], 0
    for part in re.split(f"([{START}{STOP}])", str(marked)):
        if part == START:
            begun = len(snippet)
        elif part == STOP:
            marks.append((begun, len(snippet)))
        else:
            snippet += part
    session, iteration, attempt, kind, lane, verdict, utc = row[:-1]
    return Hit(session, iteration, attempt, kind, lane, verdict, utc, snippet, tuple(marks))
