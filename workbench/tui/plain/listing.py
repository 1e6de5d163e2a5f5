"""Lists that are read out line by line: the draft, lanes, iterations, data rows, verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.measure.intervals import wilson
from workbench.model.fold import LiveAttempt, LiveIteration
from workbench.model.prompt import DataRow
from workbench.model.verdict import CheckResult
from workbench.text import plural
from workbench.tui.plain.words import quote, summary, time
from workbench.tui.view.data_table import DataTable
from workbench.tui.view.row_index import RowIndex
from workbench.tui.view.rows import badge
from workbench.tui.view.state import ViewModel

_WORDS = 60
"""Characters of a prompt or value that stand in a list."""

_VERDICTS = {"pass": "passed", "fail": "failed", "error": "broke", "pending": "is pending"}


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _WORDS else f"{words[:_WORDS]}..."


def prompt(model: ViewModel) -> list[str]:
    """Return the draft: its messages, variables, checks, data rows and lanes."""
    draft = model.draft
    system = draft.prompt.system
    out = ["Edited since it was sent."] if model.edited else []
    out += ["System message:", *quote(system)] if system else ["No system message."]
    out += ["User message:", *quote(draft.prompt.user)]
    out += variables(model)
    out += checks(draft.checks) if draft.checks else ["No checks."]
    if draft.rows:
        out.append(f"{plural(len(draft.rows), 'data row')}. To hear them: rows")
    return [*out, f"Lanes in the race: {', '.join(model.in_view)}."]


def numbered(text: str) -> list[str]:
    """Return a message line by line, each with its number."""
    return [f"{n}: {line}" for n, line in enumerate(text.split("\n"), 1)]


def variables(model: ViewModel) -> list[str]:
    """Return the variables of the draft, each with its value."""
    out: list[str] = []
    draft = model.draft
    for name in draft.prompt.variables():
        value = draft.variables.get(name)
        if value is not None:
            head, *more = quote(value)
            out += [f"Variable {name}: {head.strip()}", *more]
        elif draft.rows and all(name in row.values for row in draft.rows):
            out.append(f"Variable {name} has a value in each data row.")
        else:
            out.append(f"Variable {name} has no value.")
    return out


def checks(lines: Iterable[str]) -> list[str]:
    """Return checks, each with its number."""
    return [f"Check {number}: {text}" for number, text in enumerate(lines, 1)]


def lanes(model: ViewModel) -> list[str]:
    """Return every lane, those in the race first, and how far each is with getting ready."""
    out: list[str] = []
    racing = set(model.in_view)
    for lane in sorted(model.lanes.values(), key=lambda lane: lane.name not in racing):
        ready = model.fold.lanes.get(lane.name)
        state = "not asked yet" if ready is None else f"{ready.status} {ready.hint}".strip()
        where = "in the race" if lane.name in racing else "not in the race"
        out.append(f"{lane.name}: {where}, {lane.provider} {lane.model}, {state}.")
    return out


def history(model: ViewModel, numbers: Sequence[int]) -> list[str]:
    """Return one line for each iteration."""
    out: list[str] = []
    for number in numbers:
        iteration = model.fold.iterations[number]
        marks, parent = iteration.marks, iteration.started.parent
        parts = [summary(model, iteration, alone=True).removesuffix(".")]
        parts += [f"from iteration {parent}"] if parent not in (None, number - 1) else []
        parts += ["starred"] if marks.star else []
        parts += ["in view"] if number == model.selected else []
        note = f" Note: {marks.note}" if marks.note else ""
        words = marks.name or _short(iteration.started.prompt.user)
        out.append(f"{', '.join(parts)}. {words}{note}")
    return out


# -- data rows ----------------------------------------------------------------------------------


def tallies(model: ViewModel, race: LiveIteration) -> list[str]:
    """Return how many data rows (or answers) of each lane passed, with the 95 % interval."""
    index = model.index_of(race)
    noun = "row" if race.started.rows else "answer"
    out: list[str] = []
    for lane in race.started.lanes:
        tally = index.tally(lane.name)
        rate = wilson(tally.passed, tally.decided)
        if rate is None:
            out.append(f"{lane.name}: nothing is decided.")
            continue
        of = f"{rate.count} of {plural(rate.total, noun)} passed"
        left = tally.total - tally.decided
        more = f", {left} without a verdict" if left else ""
        out.append(f"{lane.name}: {of}, 95 % interval {rate.between()}{more}.")
    return out


def cell(attempt: LiveAttempt | None) -> str:
    """Return how an attempt stands, in words: what one cell of a table says."""
    if attempt is None:
        return "not sent"
    first, ended = attempt.first_failure, attempt.ended
    if ended is not None and ended.error is not None:
        return f"error: {ended.error.message.rstrip('.')}"
    if first is not None:
        why = f": {first.reason.rstrip('.')}" if first.reason else ""
        return f"failed {first.check or first.kind} after {time(first.ms)}{why}"
    return badge(attempt).word


def row_line(table: DataTable, row: DataRow, index: RowIndex | None) -> str:
    """Return a data row in one line: how each lane did on it, else its values."""
    model = table.model
    if index is None or row.id not in index.rows:
        values = ", ".join(f"{n} {_short(v)}" for n, v in row.values.items() if n != "id")
        return f"Row {row.id}, not sent: {values or 'no values'}."
    parts = [
        f"{lane.name} {cell(model.best(list(index.attempts(row.id, lane.name))))}"
        for lane in model.panes()
    ]
    stale = ", changed since it was sent" if index.rows[row.id] != row else ""
    return f"Row {row.id}{stale}: {'; '.join(parts)}."


def failing(model: ViewModel, row: DataRow, index: RowIndex) -> bool:
    """Return whether some lane did not pass a data row."""
    best = (model.best(list(index.attempts(row.id, lane.name))) for lane in model.panes())
    return any(a is not None and a.verdict in ("fail", "error") for a in best)


def rows(table: DataTable, *, everything: bool = False) -> list[str]:
    """Return the data rows: how each lane did in all, then those that failed, then (asked for
    *everything*, or when nothing was sent) the others.
    """
    model, index = table.model, table.model.index
    if not table.rows:
        return ["There are no data rows. To take some from a file: rows FILE"]
    sent = index is not None and any(row.id in index.rows for row in table.rows)
    if index is None or model.iteration is None or not sent:
        count = f"{plural(len(table.rows), 'data row')}, not sent yet."
        return [count, *(row_line(table, row, None) for row in table.rows)]
    failed: list[DataRow] = []
    others: list[DataRow] = []
    for row in table.rows:
        (failed if failing(model, row, index) else others).append(row)
    out = [*tallies(model, model.iteration), *(row_line(table, row, index) for row in failed)]
    if everything:
        return out + [row_line(table, row, index) for row in others]
    if others:
        out.append(f"{plural(len(others), 'row')} without a failure. To hear them: rows all")
    return out


def row(table: DataTable) -> list[str]:
    """Return the data row in hand: how each lane did, its values and its checks."""
    held = table.row
    if held is None:
        return ["There are no data rows. To take some from a file: rows FILE"]
    out = [row_line(table, held, table.model.index)]
    for name, value in held.values.items():
        if name != "id":
            head, *more = quote(value)
            out += [f"Value {name}: {head.strip()}", *more]
    return out + [f"Check of this row: {text}" for text in held.checks]


# -- verdicts -----------------------------------------------------------------------------------


def verdicts(model: ViewModel) -> list[str]:
    """Return the verdict matrix: a line for each check with every lane, failed ones first."""
    shown = [(lane.name, model.attempt(lane.name)) for lane in model.panes()]
    found = [(name, attempt) for name, attempt in shown if attempt is not None]
    names = dict.fromkeys(c.name for _, attempt in found for c in attempt.checks)
    lines: list[tuple[bool, str]] = []
    for name in names:
        results = [(lane, c) for lane, a in found for c in a.checks if c.name == name]
        bad = any(c.verdict in ("fail", "error") for _, c in results)
        said = "; ".join(f"{lane} {_decided(c)}" for lane, c in results)
        lines.append((not bad, f"{name}: {said}."))
    return [text for _, text in sorted(lines, key=lambda line: line[0])] or ["There are no checks."]


def _decided(result: CheckResult) -> str:
    word = _VERDICTS[result.verdict]
    if result.verdict == "fail" and result.severity == "warn":
        word = "warned"
    return word if result.ms is None else f"{word} after {time(result.ms)}"
