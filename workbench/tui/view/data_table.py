"""The table of data rows: values to edit, and beside them how each lane did on each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.measure.intervals import wilson
from workbench.model.fold import LiveAttempt
from workbench.model.prompt import DataRow
from workbench.records import dataclass
from workbench.text import plural, shorten, visible_line
from workbench.tui.view import format as fmt
from workbench.tui.view.draft import Draft
from workbench.tui.view.lines import Line, Span, width
from workbench.tui.view.row_index import RowIndex
from workbench.tui.view.rows import badge, verdict_line
from workbench.tui.view.state import ViewModel

ID, CHECKS = "id", "checks"
STEPS = 100
"""Changes that can be taken back."""
_LANE, _ID, _LEAST, _LONG = 13, 10, 10, 200


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, whether it is a lane's, and how wide it is."""

    name: str
    lane: bool
    cells: int


class DataTable:
    """The draft's rows, the cell in hand, and what there is to say about it.

    ``at`` is the row in hand, ``column`` the name of the column; a lane's cell cannot be edited.
    *before* is what the rows were, oldest first, for :meth:`undo`: a cell that was typed into is
    one step of it.
    """

    def __init__(self, model: ViewModel, before: list[tuple[DataRow, ...]] | None = None) -> None:
        self.model = model
        self.at = 0
        self.column = ID
        self._before = [] if before is None else before
        self._typed: tuple[int, str] | None = None  # the cell of the last step, if it was one
        self._measured: tuple[Draft, list[str], dict[str, int]] | None = None
        ids = [row.id for row in self.rows]
        if model.row in ids:
            self.at = ids.index(model.row or "")

    @property
    def rows(self) -> tuple[DataRow, ...]:
        """The draft's rows."""
        return self.model.draft.rows

    @property
    def row(self) -> DataRow | None:
        """The row in hand."""
        return self.rows[self.at] if self.at < len(self.rows) else None

    def names(self) -> list[str]:
        """Return the values' columns: the prompt's variables first, then what rows have besides."""
        return self._columns_of_values()[0]

    def _columns_of_values(self) -> tuple[list[str], dict[str, int]]:
        """Return their names, and how wide the columns want to be as far as that was asked: looked
        up once for each draft, a frame has no time for it.
        """
        draft = self.model.draft
        if self._measured is None or self._measured[0] is not draft:
            used = draft.prompt.variables()
            more = (name for row in draft.rows[:1000] for name in row.values)
            names = [n for n in dict.fromkeys((*used, *more)) if n != ID or n in used]
            self._measured = draft, names, {}
        return self._measured[1:]

    def columns(self) -> list[str]:
        """Return every column's name in order; lanes begin with a space."""
        return [ID, *self.names(), CHECKS, *(" " + lane.name for lane in self.model.panes())]

    # -- editing --------------------------------------------------------------------------------

    def text(self) -> str | None:
        """Return what stands in the cell in hand, None where nothing can be typed."""
        row = self.row
        if row is None or self.column.startswith(" "):
            return None
        if self.column == ID:
            return row.id
        return "\n".join(row.checks) if self.column == CHECKS else row.values.get(self.column, "")

    def put(self, text: str) -> str:
        """Take what was typed into the cell in hand; return why it cannot be, or nothing."""
        row = self.row
        if row is None or self.column.startswith(" "):
            return ""
        if self.column == ID:
            name = text.strip()
            if not name or any(r.id == name for r in self.rows if r is not row):
                return "Every row needs an id of its own."
            row = replace(row, id=name)
        elif self.column == CHECKS:
            lines = (line.strip() for line in text.splitlines())
            row = replace(row, checks=tuple(line for line in lines if line))
        else:
            row = replace(row, values={**row.values, self.column: text})
        rows = [*self.rows[: self.at], row, *self.rows[self.at + 1 :]]
        cell = self.at, self.column
        if cell == self._typed:
            self.model.edit(rows=rows)
        elif row != self.row:
            self._set(rows)
            self._typed = cell
        return ""

    def add(self) -> None:
        """Add a row after the one in hand: a copy of it, or the variables as they are now."""
        ids = {row.id for row in self.rows}
        name = next(str(n) for n in range(len(ids) + 1, 2 * len(ids) + 2) if str(n) not in ids)
        draft = self.model.draft
        used = {n: draft.variables.get(n, "") for n in draft.prompt.variables()}
        like = self.row or DataRow(name, used)
        place = self.at + 1 if self.rows else 0
        self._set([*self.rows[:place], replace(like, id=name), *self.rows[place:]])
        self.at = place

    def remove(self) -> None:
        """Take the row in hand out."""
        if self.row is not None:
            self._set([*self.rows[: self.at], *self.rows[self.at + 1 :]])
            self.at = max(0, min(self.at, len(self.rows) - 1))

    def load(self, rows: Sequence[DataRow]) -> None:
        """Put other rows in the place of all."""
        self._set(rows)
        self.at = 0

    def undo(self) -> bool:
        """Take the last change back; False when there was none."""
        if not self._before:
            return False
        self.model.edit(rows=self._before.pop())
        self._typed = None
        self.at = max(0, min(self.at, len(self.rows) - 1))
        return True

    def _set(self, rows: Sequence[DataRow]) -> None:
        """Change the rows, one step further."""
        self._before.append(self.rows)
        del self._before[:-STEPS]
        self._typed = None
        self.model.edit(rows=rows)

    def move(self, down: int, right: int) -> None:
        """Go to another cell."""
        self.at = max(0, min(self.at + down, len(self.rows) - 1))
        names = self.columns()
        place = names.index(self.column) if self.column in names else 0
        self.column = names[max(0, min(place + right, len(names) - 1))]

    def next_failure(self) -> bool:
        """Go to the next row that a lane failed, from the top after the last; False: none."""
        index = self.model.index
        for step in range(1, len(self.rows) + 1):
            place = (self.at + step) % len(self.rows)
            for lane in self.model.panes():
                found = self._attempt(index, self.rows[place], lane.name)
                if found is not None and found.verdict in ("fail", "error"):
                    self.at, self.column = place, " " + lane.name
                    return True
        return False

    def next_missing(self) -> str:
        """Go to the first cell without a value that the prompt needs; return what is missing there,
        or nothing.
        """
        names = self.model.draft.missing()
        for place, row in enumerate(self.rows):
            for name in names:
                if name not in row.values:
                    self.at, self.column = place, name
                    return f"Row {row.id} has no value for {name}: Enter, and type it."
        return ""

    # -- lines ----------------------------------------------------------------------------------

    def layout(self, cells: int) -> list[Column]:
        """Return the columns that fit: ids and lanes first, values share the rest from the one in
        hand on.
        """
        lanes = [name for name in self.columns() if name.startswith(" ")]
        most = max(1, (cells - _ID - 2 * _LEAST) // _LANE)
        at = lanes.index(self.column) if self.column in lanes else 0
        first = max(0, min(at - most + 1, len(lanes) - most))
        lanes = lanes[first : first + most]
        values = [*self.names(), CHECKS]
        room = cells - _ID - _LANE * len(lanes)
        fit = max(1, min(len(values), room // (_LEAST + 6)))
        place = values.index(self.column) if self.column in values else 0
        begin = max(0, min(place - fit + 1, len(values) - fit))
        shown = values[begin : begin + fit]
        widths = shared(room, [self._wanted(name) for name in shown])
        return [
            Column(ID, lane=False, cells=_ID),
            *(
                Column(name, lane=False, cells=size)
                for name, size in zip(shown, widths, strict=True)
            ),
            *(Column(name, lane=True, cells=_LANE) for name in lanes),
        ]

    def _wanted(self, name: str) -> int:
        """Return the cells that the longest of a column's first values takes."""
        known = self._columns_of_values()[1]
        if name not in known:
            known[name] = self._longest(name)
        return known[name]

    def _longest(self, name: str) -> int:
        most = len(name)
        for row in self.rows[:200]:
            text = "  ".join(row.checks) if name == CHECKS else row.values.get(name, "")
            most = max(most, width(((text[:_LONG], ""),)))
        return max(_LEAST, most + 2)

    def lines(self, cells: int, height: int, top: int) -> list[Line]:
        """Return the heading, the rows from *top* on and the lanes' totals, *height* lines."""
        columns = self.layout(cells - 1)
        index = self.model.index
        body = [
            self._line(columns, index, place)
            for place in range(top, min(len(self.rows), top + height - 3))
        ]
        blank: list[Line] = [()] * max(0, height - 3 - len(body))
        return [self._heading(columns), *body, *blank, *self._totals(columns, index)]

    def _heading(self, columns: Sequence[Column]) -> Line:
        here = self.column
        return (
            (" ", ""),
            *(
                (_fit(c.name.strip(), c.cells), "accent bold" if c.name == here else "muted")
                for c in columns
            ),
        )

    def _line(self, columns: Sequence[Column], index: RowIndex | None, place: int) -> Line:
        row = self.rows[place]
        stale = index is not None and index.rows.get(row.id) != row
        line: list[Span] = [("\u25b8" if place == self.at else " ", "accent bold")]
        for column in columns:
            text, tone = self._cell(column, index, row, stale=stale)
            if place == self.at:
                tone += " on-panel" + (" reverse" if column.name == self.column else "")
            line.append((_fit(text, column.cells), tone))
        return tuple(line)

    def _cell(self, column: Column, index: RowIndex | None, row: DataRow, *, stale: bool) -> Span:
        if column.lane:
            found = self._attempt(index, row, column.name[1:])
            text, tone = attempt_cell(found)
            return text, "muted" if stale and found is not None else tone
        if column.name == ID:
            return row.id, "bold"
        if column.name == CHECKS:
            return "  ".join(row.checks), "muted"
        value = row.values.get(column.name)
        if value is None:
            own = self.model.draft.variables.get(column.name)
            return (own or "no value", "muted" if own else "warn")
        return " ".join(value.split()), ""

    def _attempt(self, index: RowIndex | None, row: DataRow, lane: str) -> LiveAttempt | None:
        if index is None:
            return None
        return self.model.best(list(index.attempts(row.id, lane)))

    def _totals(self, columns: Sequence[Column], index: RowIndex | None) -> list[Line]:
        left = sum(c.cells for c in columns if not c.lane) + 1
        count = f" {plural(len(self.rows), 'row')}"
        if index is None or not index.rows:
            return [((count, "muted"),), ()]
        counts: list[Span] = [(count, "muted"), (f"{'passed ':>{left - len(count)}}", "muted")]
        bounds: list[Span] = [(f"{'95 % interval ':>{left}}", "muted")]
        for column in columns:
            if column.lane:
                tally = index.tally(column.name[1:])
                rate = wilson(tally.passed, tally.decided)
                text = "" if rate is None else f"{rate.count} of {rate.total}"
                bound = "" if rate is None else fmt.between(rate.low, rate.high, "\u2013")
                tone = "pass bold" if rate and rate.count == rate.total else "bold"
                counts.append((_fit(text, column.cells), tone))
                bounds.append((_fit(bound, column.cells), "muted"))
        return [tuple(counts), tuple(bounds)]

    def about(self) -> Line:
        """Return what there is to say about the cell in hand."""
        row = self.row
        if row is None:
            return (("No rows yet. ", "muted"), ("a", "accent bold"), (" adds one.", "muted"))
        if not self.column.startswith(" "):
            return ()
        lane = self.column[1:]
        found = self._attempt(self.model.index, row, lane)
        if found is None:
            return ((f"{lane} has not answered this row.", "muted"),)
        return (badge(found).span(), ("  ", ""), *verdict_line(found))


def shared(room: int, wanted: Sequence[int]) -> list[int]:
    """Share *room* cells: who wants less than an even share gets it all, the others the rest."""
    found = [0] * len(wanted)
    left = room
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    for place, index in enumerate(order):
        even = left // (len(wanted) - place)
        found[index] = max(_LEAST, min(wanted[index], even))
        left -= found[index]
    return found


def attempt_cell(attempt: LiveAttempt | None) -> Span:
    """Return one verdict cell: a sign, and when it failed or ended."""
    if attempt is None:
        return "\u00b7", "muted"
    state = badge(attempt)
    ms = attempt.first_failure.ms if attempt.first_failure else None
    if ms is None and attempt.ended is not None:
        ms = attempt.ended.ms
    when = state.word if ms is None else fmt.duration(ms)
    return f"{state.glyph} {when}", state.tone


def _fit(text: str, cells: int) -> str:
    shown = shorten(visible_line(text), max(0, cells - 1))
    return shown + " " * max(0, cells - width(((shown, ""),)))
