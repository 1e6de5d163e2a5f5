"""Two answers, or two prompts, beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from workbench.diffing.records import Options
from workbench.diffing.tokens import By
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.view import compare
from workbench.tui.view.compare import Pair
from workbench.tui.view.lines import Line
from workbench.tui.widgets.reader import Reader

_KEYS = (
    *(("\u2190\u2192", "pair"), ("n p", "change"), ("s", "columns"), ("w", "words, lines, JSON")),
    *(("i", "white space"), ("c", "case")),
)
_WAYS: tuple[By, ...] = ("word", "line", "sentence", "json")


class CompareScreen(Screen[None]):
    """Steps through pairs, and through the changes of each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+d", "leave", "Close", show=False, priority=True),
        Binding("right,l,tab", "pair(1)", "Next pair", show=False, priority=True),
        Binding("left,h,shift+tab", "pair(-1)", "Previous pair", show=False, priority=True),
        Binding("n", "change(1)", "Next change", show=False),
        Binding("p,N", "change(-1)", "Previous change", show=False),
        Binding("w", "way", "By word, line, sentence or JSON", show=False),
        Binding("s", "layout", "One or two columns", show=False),
        Binding("i", "space", "White space counts or not", show=False),
        Binding("c", "case", "Upper and lower case count or not", show=False),
    ]

    def __init__(self, painter: Painter, pairs: Sequence[Pair]) -> None:
        super().__init__()
        self.painter = painter
        self.pairs = pairs
        self.at = 0
        self.options = Options()
        self.columns = True
        self.starts: list[int] = []

    def compose(self) -> ComposeResult:
        """Summary, text, keys."""
        yield Words(self.painter, (), id="summary")
        reader = Reader(self.painter, id="text")
        reader.ground = "background"
        yield reader
        yield Keys(self.painter, *_KEYS, margin=True)

    def on_mount(self) -> None:
        """Show the first pair."""
        self.call_after_refresh(self.show)

    def on_resize(self, _event: events.Resize) -> None:
        """Lay out for the new width."""
        self.call_after_refresh(self.show)

    def show(self) -> None:
        """Compare the pair and lay it out."""
        pair = self.pairs[self.at]
        found = compare.compare(pair, self.options)
        place: Line = ((f" {self.at + 1}/{len(self.pairs)}  ", "muted"), *self._how())
        summary = self.query_one("#summary", Words)
        summary.words = ((*place, *compare.summary(pair, found)),)
        summary.repaint()
        reader = self.query_one(Reader)
        cells = max(10, reader.size.width - 2)
        lay = compare.columns if self.columns and cells >= 60 else compare.single
        text, self.starts = lay(found, pair, cells)
        head = compare.structure(found)
        if mark := compare.noise(pair, self.options):
            head = [mark, *head]
        if head:
            head = [*head, ()]
        head = [(), *head]
        self.starts = [start + len(head) for start in self.starts]
        reader.load([((" ", ""), *line) for line in [*head, *text]])

    def action_pair(self, by: int) -> None:
        """Show another pair."""
        self.at = (self.at + by) % len(self.pairs)
        self.show()

    def action_change(self, by: int) -> None:
        """Go to the next or previous change."""
        reader = self.query_one(Reader)
        here = reader.top + 2
        if by > 0:
            target = next((s for s in self.starts if s > here), None)
        else:
            target = next((s for s in reversed(self.starts) if s < here), None)
        if target is not None:
            reader.go(target - 2)

    def _how(self) -> Line:
        """Say what is compared, where it is not the usual."""
        options = self.options
        words = [f"by {options.by}"] if options.by != "word" else []
        pairs = (("space", options.ignore_space), ("case", options.ignore_case))
        ignored = ", ".join(name for name, on in pairs if on)
        words += [f"ignoring {ignored}"] if ignored else []
        return ((", ".join(words) + "  ", "warn"),) if words else ()

    def action_way(self) -> None:
        """Compare by the next unit."""
        way = _WAYS[(_WAYS.index(self.options.by) + 1) % len(_WAYS)]
        self.options = replace(self.options, by=way)
        self.show()

    def action_space(self) -> None:
        """Let white space count, or not."""
        self.options = replace(self.options, ignore_space=not self.options.ignore_space)
        self.show()

    def action_case(self) -> None:
        """Let upper and lower case count, or not."""
        self.options = replace(self.options, ignore_case=not self.options.ignore_case)
        self.show()

    def action_layout(self) -> None:
        """One column or two."""
        self.columns = not self.columns
        self.show()

    def action_leave(self) -> None:
        """Back to the workbench."""
        self.dismiss(None)
