"""``workbench checks``: what checks there are, and judging any text without a model."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from workbench.api import checks as api
from workbench.checks.base import Definition
from workbench.checks.syntax import CheckSpec, parse_checks
from workbench.cli import diagnostics, output
from workbench.cli.group import Group
from workbench.errors import UnknownName, UsageError
from workbench.files.texts import MOST_BYTES
from workbench.model.verdict import CheckResult

_WHEN = {
    "earliest": "at the earliest character",
    "early": "early where it can",
    "end": "at the end",
    "timer": "by clock or counter",
}


@click.group(cls=Group)
def checks() -> None:
    """List and explain the checks; judge any text with them."""


@checks.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(*, as_json: bool) -> None:
    """List every check with what it says of an answer and when it fails."""
    found = api.list_checks()
    if as_json:
        output.document({"v": 1, "checks": [_record(definition) for definition in found]})
        return
    output.table(
        ("check", "the answer...", "fails"),
        [(d.name, d.summary, _WHEN[d.when]) for d in found],
    )


@checks.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show(*, name: str, as_json: bool) -> None:
    """Explain the check NAME: how it is written, when it decides, what it costs."""
    d = api.show_check(name)
    if as_json:
        output.document({"v": 1, "check": _record(d)})
        return
    output.line(f"{d.name}: {d.summary}\n")
    output.line(f"  written   {d.syntax}")
    output.line(f"  example   {d.example}")
    for option in d.options:
        form = f"/{option.name}={option.value}" if option.value else f"/{option.name}"
        output.line(f"  option    {form}  {option.summary}")
    output.line(f"  fails     {_WHEN[d.when]}")
    output.line(f"  decides   {d.decides}")
    output.line(f"  cost      {d.cost}")


def _record(d: Definition) -> dict[str, object]:
    return {
        "name": d.name,
        "summary": d.summary,
        "syntax": d.syntax,
        "example": d.example,
        "when": d.when,
        "decides": d.decides,
        "cost": d.cost,
        "options": [{"name": o.name, "value": o.value, "summary": o.summary} for o in d.options],
    }


@checks.command("try")
@click.argument("wanted", metavar="CHECK...", nargs=-1)
@click.option("--chunk", type=click.IntRange(1), help="Feed the text N characters at a time.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--jsonl", is_flag=True, help="Read and answer JSON Lines: many texts at once.")
@click.option("--file", "path", type=click.Path(path_type=Path), help="Read this file, not stdin.")
@click.pass_context
def try_(
    context: click.Context,
    *,
    wanted: tuple[str, ...],
    chunk: int | None,
    as_json: bool,
    jsonl: bool,
    path: Path | None,
) -> None:
    """Judge a text from standard input, as if it had streamed.

    With --jsonl, each line is {"id": ..., "text": ..., "checks": [...]}; a line without checks is
    judged with those of the command line. Ends with 1 when a check failed.
    """
    if jsonl:
        context.exit(_many(wanted, path))
    if not wanted:
        raise UsageError("There is no check to try.", "E.g. workbench checks try json < FILE")
    specs = _read(wanted)
    with _open(path) as stream, _readable(path):
        text = stream.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise _too_long("The text")
    judged = api.judge_text(specs, text, chunk, trusted=True)
    if as_json:
        output.document({"v": 1, **_document(judged)})
    else:
        rows = [_row(result, text) for result in judged.checks]
        output.table(("check", "verdict", "at", "reason"), rows)
    context.exit(0 if judged.verdict == "pass" else 1)


def _read(wanted: tuple[str, ...]) -> tuple[CheckSpec, ...]:
    try:
        return parse_checks(wanted, Path.cwd())
    except UnknownName:
        file = next((text for text in wanted if Path(text).is_file()), None)
        if file is None:
            raise
        hint = f"Write --file {file}, or < {file}."
        raise UsageError(f"{file!r} is a file, not a check.", hint) from None


def _too_long(what: str) -> UsageError:
    return UsageError(f"{what} is longer than {MOST_BYTES >> 20} MB.", "Split it.")


@contextmanager
def _readable(path: Path | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = "Standard input" if path is None else repr(str(path))
        raise UsageError(f"{what} cannot be read: {error.strerror or error}.") from error


def _open(path: Path | None) -> io.TextIOWrapper:
    """Open the file, or standard input, as UTF-8 in which wrong bytes become lone surrogates."""
    with _readable(path):
        binary = sys.stdin.buffer if path is None else path.open("rb")
    if path is None and sys.stdin.isatty():
        diagnostics.say("workbench: reading from the terminal; end with Ctrl-D")
    return io.TextIOWrapper(binary, "utf-8", errors="surrogateescape", newline="")


def _many(wanted: tuple[str, ...], path: Path | None) -> int:
    worst = 0
    for judged in api.judge_lines(_lines(path), wanted, Path.cwd()):
        output.json_line(_document(judged))
        worst = max(worst, int(judged.verdict != "pass"))
    return worst


def _lines(path: Path | None) -> Iterator[str]:
    with _open(path) as stream, _readable(path):
        number = 0
        while line := stream.readline(MOST_BYTES + 1):
            number += 1
            if len(line) > MOST_BYTES:
                raise _too_long(f"Line {number}")
            yield line


def _document(judged: api.Judged) -> dict[str, object]:
    document: dict[str, object] = {} if judged.id is None else {"id": judged.id}
    document["verdict"] = judged.verdict
    first = judged.first_failure
    document["check"] = None if first is None else first.name
    document["at_char"] = None if first is None else first.at_char
    document["reason"] = judged.error if first is None else first.reason
    document["checks"] = [
        {
            "name": result.name,
            "verdict": result.verdict,
            "severity": result.severity,
            "at_char": result.at_char,
            "reason": result.reason,
            "span": result.span,
        }
        for result in judged.checks
    ]
    return document


def _row(result: CheckResult, text: str) -> tuple[str, str, str, str]:
    verdict = result.verdict if result.severity == "fail" else f"{result.verdict} (warning)"
    if result.at_char is None:
        return result.name, verdict, "–", result.reason
    line = text.count("\n", 0, result.at_char) + 1
    column = result.at_char - text.rfind("\n", 0, result.at_char)
    place = f"{result.at_char}" if "\n" not in text else f"{result.at_char} ({line}:{column})"
    return result.name, verdict, place, result.reason
