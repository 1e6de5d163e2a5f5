"""Commands about data rows: the same prompt over several inputs."""

from __future__ import annotations

from workbench.errors import UsageError
from workbench.tui.plain import listing
from workbench.tui.plain.commands.action import Action, Group, named, number_of
from workbench.tui.plain.commands.prompt import readable
from workbench.tui.plain.talk import Talk
from workbench.tui.view.data_table import CHECKS


async def rows(talk: Talk, text: str) -> None:
    """Say the data rows, failed ones first; or take them from a file or suite."""
    table = talk.table
    if text.casefold() in ("", "all"):
        talk.voice.read(listing.rows(table, everything=bool(text)))
    elif text == "-":
        table.load(())
        talk.say("There are no data rows any more. To take that back: undo")
    elif talk.setup.load_rows is None:
        raise UsageError("Rows cannot be loaded here.")
    else:
        load = talk.setup.load_rows
        table.load(await talk.work(lambda: load(text)))
        talk.say(f"{len(table.rows)} rows of {text}. To send each to every lane: send")


async def row(talk: Talk, text: str) -> None:
    """Say the row in hand, go to another, or change it."""
    table = talk.table
    first, _, rest = text.partition(" ")
    moves = {"next": 1, "previous": -1}
    word = first.casefold()
    if word == "add":
        table.add()
        talk.say(f"Row {table.row.id if table.row else ''} is added, and in hand.")
    elif word == "set" and rest:
        await _set(talk, rest)
    elif table.row is None:
        raise UsageError("There are no data rows.", "From a file: rows FILE. By hand: row add")
    elif word == "remove":
        gone = table.row.id
        table.remove()
        talk.say(f"Row {gone} is removed. To take that back: undo")
    elif word == "check" and rest:
        _check(talk, rest)
    else:
        if word == "failed":
            _next_failure(talk)
        elif word in moves:
            _step(talk, moves[word])
        elif text:
            ids = [held.id for held in table.rows]
            table.at = ids.index(named("data row", text, ids))
        _show(talk)


def _show(talk: Talk) -> None:
    """The row in hand is the one in view: answers, failures and differences are those of it."""
    held = talk.table.row
    if held is not None:
        talk.model.show_row(held.id)
    talk.voice.read(listing.row(talk.table))


def _next_failure(talk: Talk) -> None:
    if not talk.table.next_failure():
        raise UsageError("No row failed.")


def _step(talk: Talk, by: int) -> None:
    if not 0 <= talk.table.at + by < len(talk.table.rows):
        raise UsageError("There is no other row that way.")
    talk.table.at += by


async def _set(talk: Talk, text: str) -> None:
    name, _, value = text.partition(" ")
    table = talk.table
    if table.row is None:
        raise UsageError("There are no data rows.", "By hand: row add")
    table.column = named("value of a row", name, ["id", *table.names()])

    def take(given: str) -> None:
        if problem := table.put(given):
            raise UsageError(problem)

    if value:
        take(value)
    elif not await talk.several(f"Type the value of {table.column}", take, table.text() or ""):
        return
    talk.say(f"{table.column} of row {table.row.id if table.row else ''} is set.")


def _check(talk: Talk, text: str) -> None:
    table = talk.table
    lines = list(table.row.checks) if table.row is not None else []
    table.column = CHECKS
    first, _, rest = text.partition(" ")
    if first == "-":
        gone = lines.pop(number_of(rest, len(lines), "check of this row") - 1)
        said = f"{gone} is gone."
    else:
        lines.append(readable(talk, text))
        said = f"Check {len(lines)} of this row: {text}"
    table.put("\n".join(lines))
    talk.say(said)


GROUP = Group(
    "Data rows",
    (
        Action(
            "rows",
            "the prompt over several inputs; hear which failed",
            rows,
            (
                ("rows", "hear how each lane did, then the rows that failed"),
                ("rows all", "then the others too"),
                ("rows FILE", "take rows from a .csv, .tsv, .jsonl or .json file, or a suite"),
                ("rows -", "no rows"),
            ),
        ),
        Action(
            "row",
            "hear one row, and change it",
            row,
            (
                ("row", "the row in hand; show, fail, diff, replay and case are about it"),
                ("row ID", "go to a row; row next and row previous step"),
                ("row failed", "go to the next row that failed"),
                ("row add", "add one like it"),
                ("row set NAME VALUE", "change a value, or its id"),
                ("row check json", "add a check to it; row check - 1 drops one"),
                ("row remove", "remove it"),
            ),
        ),
    ),
)
