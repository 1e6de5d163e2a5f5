"""The one-line and few-line widgets around the lanes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from textual import events
from textual.geometry import Size
from textual.message import Message

from workbench.text import plural
from workbench.tui.bindings import ACTIONS, Action, first_key
from workbench.tui.painter import Painter
from workbench.tui.view import matrix, race, rows
from workbench.tui.view.case_watch import CaseWatch
from workbench.tui.view.key_line import Key, Place, actions_at, lay
from workbench.tui.view.lines import Line, Span, boxed, cut, joined, spread
from workbench.tui.view.state import ViewModel
from workbench.tui.view.trail import trail
from workbench.tui.widgets.plain import Plain

NOTICE_ROWS = 2
"""Rows that a notice takes at most."""

_MARGIN: Span = (" ", "")


class TitleLine(Plain):
    """What is open, which iterations there are, and how races end."""

    ground = "surface"

    def __init__(self, painter: Painter, model: ViewModel, *, id: str) -> None:
        super().__init__(painter, id=id)
        self.model = model

    def lines(self, size: Size) -> Sequence[Line]:
        """Return the line."""
        model = self.model
        left: list[Span] = [_MARGIN, ("workbench", "accent bold"), (f"  {model.title}", "")]
        steps = trail(model)
        if model.edited:
            steps = (("edited ", "warn"), *steps)
        abort = {"off": "no abort", "first": "abort on failure"}.get(
            model.abort, "abort on " + ", ".join(model.rules.abort_on)
        )
        live: Line = (("\u25cf live", "live bold"),) if model.live else ()
        right = (*joined((steps, live, ((abort, "muted"),))), _MARGIN)
        return (spread(left, right, size.width),)


class Clicked(Message):
    """A lane was clicked, and where there are checks, one of them."""

    def __init__(self, lane: str, check: str = "") -> None:
        super().__init__()
        self.lane = lane
        self.check = check


class RaceStrip(Plain):
    """The race on one time axis."""

    def __init__(self, painter: Painter, model: ViewModel, *, id: str) -> None:
        super().__init__(painter, id=id)
        self.model = model
        self.first = 0

    def on_click(self, event: events.Click) -> None:
        """Go to the lane that was clicked."""
        lanes = self.model.panes()
        seen = race.window(len(lanes), self.size.height, self.first)
        if 0 < event.y <= len(seen):
            self.post_message(Clicked(lanes[seen[event.y - 1]].name))

    def lines(self, size: Size) -> Sequence[Line]:
        """Return axis and bars between margins."""
        cells = max(0, size.width - 2)
        found = race.strip(self.model, cells, size.height, self.first)
        return [(_MARGIN, *line) for line in found]


class TotalsLine(Plain):
    """The totals of the iteration in view, with the change against the one before."""

    def __init__(self, painter: Painter, model: ViewModel, *, id: str) -> None:
        super().__init__(painter, id=id)
        self.model = model

    def lines(self, size: Size) -> Sequence[Line]:
        """Return the line."""
        return ((_MARGIN, *rows.totals_line(self.model, size.width - 2)),)


class CasesLine(Plain):
    """The cases that guard the prompt: how many pass, and what flipped."""

    def __init__(self, painter: Painter, cases: CaseWatch, key: str, *, id: str) -> None:
        super().__init__(painter, id=id)
        self.cases = cases
        self.key = key

    def lines(self, size: Size) -> Sequence[Line]:
        """Return the line."""
        line = (_MARGIN, *self.cases.line())
        hint: Line = ((self.key, "accent bold"), (" compares ", "muted"))
        return (spread(line, hint if self.cases.flips() else (), size.width),)


class NoticeLine(Plain):
    """The last thing the person should know; not there when there is nothing."""

    ground = "surface"

    def __init__(self, painter: Painter, model: ViewModel, *, id: str) -> None:
        super().__init__(painter, id=id)
        self.model = model

    def wanted(self, cells: int) -> int:
        """Return how many rows the notice takes on a screen of so many *cells*."""
        return len(self._words(cells))

    def lines(self, size: Size) -> Sequence[Line]:
        """Return the notice: a glyph, the sentence, the hint."""
        return self._words(size.width)

    def _words(self, cells: int) -> list[Line]:
        notice = self.model.notice
        if notice is None:
            return []
        glyph, tone = {"info": ("\u203a", "accent"), "warning": ("\u25b2", "warn")}.get(
            notice.level, ("!", "fail")
        )
        hint = f"  {notice.hint}" if notice.hint else ""
        said: Line = ((f"{glyph} ", f"{tone} bold"), (notice.message, f"{tone} bold"), (hint, ""))
        first, *more = boxed(said, max(1, cells - 4), NOTICE_ROWS)
        return [(_MARGIN, *first), *((_MARGIN, ("  ", ""), *line) for line in more)]


class VariablesLine(Plain):
    """The prompt's variables and the start of their values."""

    def __init__(self, painter: Painter, model: ViewModel, *, id: str) -> None:
        super().__init__(painter, id=id)
        self.model = model

    def lines(self, size: Size) -> Sequence[Line]:
        """Return one line for each variable."""
        draft, name = self.model.draft, self.model.row
        row = next((row for row in draft.rows if row.id == name), None)
        row = row or next(iter(draft.rows), None)
        out: list[Line] = []
        if row is not None:
            count = plural(len(draft.rows), "row")
            out.append((_MARGIN, (count, "accent bold"), (f"  \u2039{row.id}\u203a", "accent")))
        values = {**draft.variables, **(row.values if row is not None else {})}
        for name in draft.prompt.variables()[: size.height - len(out)]:
            value = values.get(name)
            shown = ("no value yet", "warn") if value is None else (" ".join(value.split()), "")
            line = cut(((name, "accent"), ("  ", ""), shown), max(0, size.width - 2))
            out.append((_MARGIN, *line))
        return out


class MatrixView(Plain):
    """The verdict matrix of the iteration in view, and why checks failed where there is room. It
    shows the lanes from ``first`` on, and the reasons from ``top`` on.
    """

    def __init__(
        self, painter: Painter, model: ViewModel, *, id: str, ground: str = "background"
    ) -> None:
        super().__init__(painter, id=id)
        self.model = model
        self.ground = ground
        self.first = 0
        self.top = 0

    def on_click(self, event: events.Click) -> None:
        """Go to what was clicked."""
        at = event.x - 1, event.y
        found = matrix.cell(self.model, at, self.size.width - 1, self.first)
        if found is not None:
            self.post_message(Clicked(*found))

    def move(self, lanes: int = 0, reasons: int = 0) -> None:
        """Show lanes further to the right, or reasons further down."""
        seen = matrix.columns(self.model, self.size.width - 1, self.first)
        self.first = max(0, min(seen.start + lanes, len(self.model.panes()) - len(seen)))
        room = max(1, self.size.height - matrix.height(self.model) - 1)
        last = max(0, len(matrix.reasons(self.model)) - room)
        self.top = max(0, min(self.top + reasons, last))
        self.repaint()

    def lines(self, size: Size) -> Sequence[Line]:
        """Return the matrix, a gap, the reasons."""
        found = matrix.matrix(self.model, size.width - 1, self.first)
        why = matrix.reasons(self.model)
        room = max(0, size.height - len(found) - 1)
        top = min(self.top, max(0, len(why) - room))  # another iteration may have fewer
        return [(_MARGIN, *line) for line in [*found, (), *why[top : top + room]]]


class Label(Plain):
    """The name of the editor beside it; bright while that has the focus."""

    def __init__(
        self, painter: Painter, text: str, *, id: str, lit: Callable[[], bool] = lambda: False
    ) -> None:
        super().__init__(painter, id=id)
        self.text = text
        self.lit = lit

    def lines(self, size: Size) -> Sequence[Line]:
        """Return the name."""
        del size
        if self.lit():
            return ((("\u25b8", "accent bold"), (self.text, "accent bold")),)
        return ((_MARGIN, (self.text, "muted")),)


class KeyBar(Plain):
    """The keys of what can be done here, most useful first, as many as fit. Clicks work too.

    ``place()`` is the part of the screen that has the focus.
    """

    ground = "surface"

    class Chosen(Message):
        """An action was clicked."""

        def __init__(self, action: Action) -> None:
            super().__init__()
            self.action = action

    def __init__(
        self,
        painter: Painter,
        model: ViewModel,
        keymap: Mapping[str, str],
        place: Callable[[], Place],
        *,
        id: str,
    ) -> None:
        super().__init__(painter, id=id)
        self.model = model
        self.place = place
        self._known = {a.id: (first_key(a, keymap), a) for a in ACTIONS}
        self._places: list[tuple[int, int, Action]] = []

    def lines(self, size: Size) -> Sequence[Line]:
        """Return the bar and remember where each action stands."""
        sides = actions_at(self.place(), self.model)
        left, right = (
            [self._known[name] for name in side if self._known[name][0]] for side in sides
        )
        laid = lay(_keys(left), _keys(right), size.width - 2)
        found = [action for _, action in (*left, *right)]
        self._places = [(start + 1, end + 1, found[i]) for start, end, i in laid.places]
        return ((_MARGIN, *laid.line),)

    def on_click(self, event: events.Click) -> None:
        """Do what was clicked."""
        for start, end, action in self._places:
            if start <= event.x < end:
                self.post_message(self.Chosen(action))


def _keys(found: Sequence[tuple[str, Action]]) -> list[Key]:
    return [(label, action.bar) for label, action in found]
