"""``workbench diff``: what changed between iterations, attempts or files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import get_args

import click

from workbench.api import diff as api
from workbench.api.loading import load_session
from workbench.api.setup import settings_for
from workbench.cli import output
from workbench.diffing.records import Options, Summary
from workbench.diffing.tokens import By
from workbench.diffing.views import Piece, Skipped, inline, side_by_side, with_context
from workbench.errors import UsageError
from workbench.text import cell_width, plural, shorten, visible_line

_COLUMN = 56
_MARKS = {"delete": ("[-", "-]"), "insert": ("{+", "+}"), "equal": ("", "")}


@click.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--files", is_flag=True, help="Compare two files: workbench diff --files A B.")
@click.option("--attempts", is_flag=True, help="The two numbers are attempts, not iterations.")
@click.option("--prompt", is_flag=True, help="Compare the prompts of the iterations.")
@click.option("--lane", "-l", "lanes", multiple=True, help="Only this lane; repeat for several.")
@click.option("--row", "rows", multiple=True, help="Only this data row; repeat for several.")
@click.option("--by", type=click.Choice(get_args(By)), default="word", help="What is compared.")
@click.option("--ignore-space", is_flag=True, help="White space means nothing.")
@click.option("--ignore-case", is_flag=True, help="Upper and lower case are the same.")
@click.option("--side-by-side", "-y", "sides", is_flag=True, help="Two columns.")
@click.option("--all", "whole", is_flag=True, help="Show unchanged lines too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def diff(  # noqa: PLR0913 - one argument per option of the command line
    *,
    names: tuple[str, ...],
    files: bool,
    attempts: bool,
    prompt: bool,
    lanes: tuple[str, ...],
    rows: tuple[str, ...],
    by: By,
    ignore_space: bool,
    ignore_case: bool,
    sides: bool,
    whole: bool,
    as_json: bool,
) -> int:
    """Show what changed: workbench diff SESSION 3 5, or workbench diff --files A B.

    Exit code: 0 nothing changed, 1 something did, 2 wrong usage.
    """
    options = Options(by=by, ignore_space=ignore_space, ignore_case=ignore_case)
    if files:
        first, second = _exactly(names, 2, "--files takes two files.")
        found = [api.diff_files(Path(first), Path(second), options)]
    else:
        if attempts and prompt:
            raise UsageError(
                "--prompt compares iterations, not attempts.", "Leave one of them out."
            )
        name, *rest = _exactly(names, 3, "Name a session and two numbers.")
        a, b = map(_number, rest)
        session = load_session(settings_for(), name).session
        if attempts:
            found = [api.diff_attempts(session, a, b, options)]
        elif prompt:
            found = [api.diff_prompts(session, a, b, options)]
        else:
            found = list(
                api.diff_iterations(session, a, b, lanes=lanes, rows=rows, options=options)
            )
    if as_json:
        output.document({"v": 1, "diffs": [_record(each) for each in found]})
    else:
        for each in found:
            _show(each, sides=sides, whole=whole)
    return int(any(each.diff.changed for each in found))


def _exactly(names: tuple[str, ...], count: int, message: str) -> tuple[str, ...]:
    if len(names) != count:
        raise UsageError(message, "See workbench diff --help.")
    return names


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise UsageError(f"{text!r} is no number of an iteration or attempt.", "Count from 1.")
    return int(text)


def _record(each: api.Comparison) -> dict[str, object]:
    made = each.diff
    return {
        "what": each.what,
        "lane": each.lane,
        "row": each.row,
        "a": each.a_name,
        "b": each.b_name,
        "changed": made.changed,
        "summary": asdict(made.summary),
        "noise": asdict(each.noise) if each.noise else None,
        "ops": [asdict(op) for op in made.ops],
        "moves": [asdict(move) for move in made.moves],
        "changes": [asdict(change) for change in made.changes],
    }


def _show(each: api.Comparison, *, sides: bool, whole: bool) -> None:
    row = f", row {visible_line(each.row)}" if each.row is not None else ""
    lane = f"{each.lane}{row}: " if each.lane else ""
    output.line(f"{lane}{each.a_name} → {each.b_name}")
    output.line(_numbers(each.diff.summary))
    if each.noise is not None and each.noise.verdict != "unknown":
        output.line(f"{each.noise.verdict}: {each.noise.reason}")
    for change in each.diff.changes:
        place = " → ".join(p or "(whole)" for p in (change.path, change.to) if p is not None)
        values = " → ".join(shorten(v, 60) for v in (change.a, change.b) if v is not None)
        output.line(f"  {change.kind} {place}: {visible_line(values)}")
    if each.diff.summary.by != "json" and each.diff.changed:
        for line in _two(each, whole) if sides else _one(each, whole):
            output.line(line)
    output.line()


def _numbers(s: Summary) -> str:
    if s.identical:
        return "nothing changed"
    unit = {"json": "lexeme"}.get(s.by, s.by)
    moved = f", {s.moved} of them moved" if s.moved else ""
    spaces = f", {plural(s.spaces, 'change')} of white space" if s.spaces else ""
    return (
        f"{plural(s.hunks, 'change')}: -{s.deleted} +{s.inserted} {unit}s{moved}{spaces}, "
        f"similarity {s.similarity:.0%}"
    )


def _one(each: api.Comparison, whole: bool) -> Iterable[str]:
    lines = inline(each.diff, each.a)
    for number, line in enumerate(lines):
        if whole or line.hunk is not None:
            yield f"{number + 1:>5}  {_text(line.pieces)}"


def _two(each: api.Comparison, whole: bool) -> Iterable[str]:
    rows = side_by_side(each.diff, each.a)
    for row in rows if whole else with_context(rows, 2):
        if isinstance(row, Skipped):
            yield f"      … {plural(row.count, 'equal line')}"
            continue
        left = shorten(visible_line(_text(row.a)), _COLUMN)
        mark = " " if row.hunk is None else "|"
        gap = " " * (_COLUMN - cell_width(left))
        yield f"{row.a_line or '':>5} {left}{gap} {mark} {row.b_line or '':>5} {_text(row.b)}"


def _text(pieces: Iterable[Piece]) -> str:
    made = []
    for piece in pieces:
        before, after = _MARKS[piece.kind]
        moved = f"({piece.move})" if piece.move else ""
        made.append(f"{before}{moved}{piece.text}{after}" if before else piece.text)
    return "".join(made)
