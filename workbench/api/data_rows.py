"""Data rows: the inputs a prompt is sent over, read from a table, JSON or a suite.

A file is CSV (``.csv``, ``.tsv``), JSON Lines (``.jsonl``) or a list in JSON (``.json``); each
record's fields are the values of variables. Three fields mean more: ``id`` names the row (its
number else), ``expected`` is the answer that would be right and ``checks`` are checks of that row
alone. A suite gives a row for each case: its variables, judged by its own checks.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from workbench.api.loading import suite_path
from workbench.checks.syntax import parse_checks
from workbench.config.settings import Settings
from workbench.errors import UsageError
from workbench.files.home import from_home
from workbench.files.texts import MOST_BYTES, read_text
from workbench.model.prompt import DataRow
from workbench.suites.case import Case
from workbench.suites.codec import dump
from workbench.suites.file import load_suite
from workbench.suites.plan import checks_of, expecting

MOST_ROWS = 10_000

Record = Mapping[str, object]


def load_rows(settings: Settings, source: str) -> tuple[DataRow, ...]:
    """Return the rows of *source*: a file by its ending, else the suite called that.

    Raises:
        UsageError: there is no such file or suite, it or a row's check cannot be read, or two rows
            share a name.
    """
    path = from_home(source)
    kind = path.suffix.lower()
    if kind in (".csv", ".tsv", ".json", ".jsonl"):
        text = read_text(path, hint="Split it, or take a sample.")
        if kind != ".jsonl" or not _is_suite(text):
            return _checked(path, _records(text, kind, path))
    found = load_suite(suite_path(settings, source))
    if found.damage:
        raise UsageError(found.report()[0], "Mend that line, or take it out.")
    return rows_of_cases(found.cases, source)


def rows_of_cases(cases: Iterable[Case], source: str = "the suite") -> tuple[DataRow, ...]:
    """Return a row for each case that has variables: named after it, judged as it is.

    Raises:
        UsageError: no case has any: they are whole conversations, not inputs of a prompt.
    """
    rows = tuple(
        DataRow(case.id, dict(case.variables), checks_of(case))
        for case in cases
        if case.variables and case.review != "rejected"
    )
    if not rows:
        raise UsageError(
            f"No case of {source} has variables, so none can be the input of another prompt.",
            "Run its cases as they are: workbench run.",
        )
    return rows


def _is_suite(text: str) -> bool:
    first = next((line for line in text.splitlines() if line.strip()), "")
    try:
        record = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and isinstance(record.get("messages"), list)


def _records(text: str, kind: str, path: Path) -> Iterator[tuple[str, Record]]:
    """Yield records, each with its place for messages."""
    if kind == ".json":
        data = _json(text, str(path))
        if not isinstance(data, list):
            raise UsageError(f"{path} is no list of objects.", 'Write [{"name": "value"}, ...].')
        yield from ((f"{path}, record {n}", _object(r, path, n)) for n, r in enumerate(data, 1))
    elif kind == ".jsonl":
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                place = f"{path}, line {number}"
                yield place, _object(_json(line, place), path, number)
    else:
        yield from _table(text, "\t" if kind == ".tsv" else _delimiter(text), path)


def _json(text: str, place: str) -> object:
    try:
        data: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{place}: not JSON ({error}).") from error
    return data


def _object(value: object, path: Path, number: int) -> Record:
    if not isinstance(value, dict):
        raise UsageError(
            f"{path}: record {number} is no object.", 'Write {"name": "value"} for each row.'
        )
    return value


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _table(text: str, delimiter: str, path: Path) -> Iterator[tuple[str, Record]]:
    before = csv.field_size_limit(MOST_BYTES)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        names = [name.strip() for name in next(reader, [])]
        if not names or "" in names or len(set(names)) < len(names):
            raise UsageError(
                f"{path}: the first line must name every column, each once.",
                "Like: id,question,expected",
            )
        for cells in reader:
            place = f"{path}, line {reader.line_num}"
            if not cells:
                continue
            if len(cells) != len(names):
                raise UsageError(f"{place}: {len(cells)} cells under {len(names)} columns.")
            yield place, dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: {error}.") from error
    finally:
        csv.field_size_limit(before)


def _checked(path: Path, records: Iterable[tuple[str, Record]]) -> tuple[DataRow, ...]:
    rows: dict[str, DataRow] = {}
    for number, (place, record) in enumerate(records, 1):
        if number > MOST_ROWS:
            raise UsageError(f"{path} has more than {MOST_ROWS} rows.", "Take a sample of them.")
        row = _row(str(number), place, record)
        if row.id in rows:
            raise UsageError(f"{place}: an earlier row is called {row.id!r} too.")
        rows[row.id] = row
    if not rows:
        raise UsageError(f"{path} has no rows.")
    return tuple(rows.values())


def _row(number: str, place: str, record: Record) -> DataRow:
    values = {name: _text(value) for name, value in record.items() if name != "checks"}
    checks = _lines(record.get("checks"))
    expected = values.get("expected", "")
    try:
        specs = parse_checks(checks, Path.cwd())
    except UsageError as error:
        raise UsageError(f"{place}: {error.message}", error.hint) from error
    own = tuple(spec.text for spec in specs) or (expecting(expected) if expected else ())
    return DataRow(values.get("id") or number, values, own)


def _lines(value: object) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else _text(value).splitlines()
    return tuple(line for part in parts if (line := _text(part).strip()))


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else dump(value)
