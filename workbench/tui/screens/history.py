"""The iterations of the session: go to one, compare with one, name, star and annotate them."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from workbench.engine.plan import LoadEarlier, Mark
from workbench.tui.bridge import Bridge, frame_seconds
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Ask, Keys, Words
from workbench.tui.screens.modal import Modal
from workbench.tui.view.lines import Line, width
from workbench.tui.view.setup import more
from workbench.tui.view.state import ViewModel
from workbench.tui.view.trail import branches, history_head, history_line, lane_glyphs
from workbench.tui.widgets.pick_list import PickList

_KEYS = (
    *(("Enter", "go there"), ("d", "compare"), ("s", "star"), ("n", "name"), ("t", "note")),
    *(("b", "tree"), ("l", "earlier")),
)
Wish = tuple[Literal["go", "compare"], int]
"""What is to be done with which iteration."""


class HistoryScreen(Modal[Wish | None]):
    """Ends with a wish, or None. Names, stars and notes take effect at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f8,q", "leave", "Leave", show=False),
        Binding("d,ctrl+d", "compare", "Compare with it", show=False, priority=True),
        Binding("s", "star", "Star", show=False),
        Binding("n", "name", "Name", show=False),
        Binding("t", "note", "Note", show=False),
        Binding("b", "order", "As a tree", show=False),
        Binding("l", "earlier", "Load earlier ones", show=False),
    ]

    def __init__(self, painter: Painter, model: ViewModel, bridge: Bridge) -> None:
        super().__init__()
        self.painter = painter
        self.model = model
        self.bridge = bridge
        self.as_tree = False
        self.numbers: list[int] = []
        self._version = -1

    def compose(self) -> ComposeResult:
        """Title, list, keys."""
        with Vertical(classes="dialog wide"):
            yield Words(self.painter, (), (), (), id="heading")
            yield PickList(self.painter, (), id="items")
            yield Keys(self.painter, *_KEYS)

    def on_mount(self) -> None:
        """List them, the one in view highlighted."""
        self.query_one(PickList).styles.height = "1fr"
        self.frame()
        if self.model.selected in self.numbers:
            self._list(self.model.selected)
        self.set_interval(frame_seconds(self.app), self.frame, name="history")

    def frame(self) -> None:
        """List again when something has changed."""
        if self._version != self.model.version:
            self._version = self.model.version
            self._list(self._here())

    def _list(self, here: int | None) -> None:
        tree = branches(self.model) if self.as_tree else ()
        depths = dict(tree)
        self.numbers = list(depths) or sorted(self.model.fold.iterations, reverse=True)
        known = self.model.fold.iterations
        lanes = max((width(lane_glyphs(self.model, known[n])) for n in self.numbers), default=0)
        items = [history_line(self.model, n, depths.get(n, 0), lanes) for n in self.numbers]
        at = self.numbers.index(here) if here in self.numbers else 0
        self.query_one(PickList).replace(items, at)
        left = self.model.fold.earlier
        title: Line = (("Iterations", "bold"),)
        if left:
            title = (*title, (f"   {left} earlier ones are not loaded: l", "accent"))
        heading = self.query_one("#heading", Words)
        heading.words = (title, (), history_head(lanes))
        heading.repaint()

    def _here(self) -> int | None:
        at = self.query_one(PickList).at
        return self.numbers[at] if at < len(self.numbers) else None

    def on_pick_list_chosen(self, _event: PickList.Chosen) -> None:
        """Go to the highlighted one."""
        self._end("go")

    def action_compare(self) -> None:
        """Compare the highlighted one with the one in view."""
        self._end("compare")

    def _end(self, what: Literal["go", "compare"]) -> None:
        here = self._here()
        self.dismiss(None if here is None else (what, here))

    def action_order(self) -> None:
        """Newest first, or as the tree they are."""
        self.as_tree = not self.as_tree
        self._list(self._here())

    def action_earlier(self) -> None:
        """Load earlier iterations."""
        if self.model.fold.earlier:
            known = self.model.fold.iterations
            self.bridge.send(LoadEarlier(min(known), more(len(known))))

    def action_star(self) -> None:
        """Put a star on the highlighted one, or take it away."""
        here = self._here()
        if here is not None:
            star = not self.model.fold.iterations[here].marks.star
            self.bridge.send(Mark(here, star=star))

    def action_name(self) -> None:
        """Ask for its name."""
        self._ask("name")

    def action_note(self) -> None:
        """Ask for a note on it."""
        self._ask("note")

    def _ask(self, what: Literal["name", "note"]) -> None:
        here = self._here()
        if here is None:
            return
        marks = self.model.fold.iterations[here].marks
        before = (marks.name if what == "name" else marks.note) or ""

        def mark(text: str | None) -> None:
            if text is not None and text != before:
                name, note = (text, None) if what == "name" else (None, text)
                self.bridge.send(Mark(here, name=name, note=note))

        words = "Name" if what == "name" else "Note"
        question = f"{words} of iteration {here} (empty takes it away):"
        self.app.push_screen(Ask(self.painter, question, before, empty=True), mark)

    def action_leave(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)
