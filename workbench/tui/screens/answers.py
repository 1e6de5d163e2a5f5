"""Other ways to look at answers: as Markdown, and all checks of all lanes."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Markdown
from textual.widgets.markdown import MarkdownBlock

from workbench.model.fold import LiveAttempt
from workbench.model.verdict import CheckResult
from workbench.text import visible
from workbench.tui.bridge import frame_seconds
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.screens.modal import Modal
from workbench.tui.view import rows
from workbench.tui.view.state import ViewModel
from workbench.tui.widgets.strips import Clicked, MatrixView


class MarkdownScreen(Screen[None]):
    """An answer as Markdown, with the blocks marked in which checks failed. Links are shown, never
    opened.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,m", "leave", "Close", show=False, priority=True),
        Binding("f", "to_failure", "Next failure", show=False),
    ]

    def __init__(self, painter: Painter, lane: str, attempt: LiveAttempt) -> None:
        super().__init__()
        self.painter = painter
        self.lane = lane
        self.attempt = attempt
        self._failures = [
            c for c in attempt.checks if c.verdict == "fail" and c.at_char is not None
        ]
        self._failures.sort(key=_place)
        self._at = -1

    def compose(self) -> ComposeResult:
        """Name, why it failed, text, keys."""
        yield Words(self.painter, ((f" {self.lane}", "bold"), ("  as Markdown", "muted")))
        yield Words(self.painter, ((" ", ""), *rows.verdict_line(self.attempt)), id="why")
        with VerticalScroll(id="page"):
            yield Markdown(visible(self.attempt.text), open_links=False)
        keys = ("\u2191\u2193", "scroll"), ("f", "failure")
        yield Keys(self.painter, *keys, margin=True)

    def on_mount(self) -> None:
        """Mark what failed, once it is laid out."""
        self.call_after_refresh(self._mark)

    def _mark(self) -> None:
        for check in self._failures:
            block = self._block(check)
            if block is not None:
                block.add_class("failing")

    def _block(self, check: CheckResult) -> MarkdownBlock | None:
        """Return the smallest block that holds the place at which *check* failed."""
        line = visible(self.attempt.text[: _place(check)]).count("\n")
        blocks = [b for b in self.query(MarkdownBlock) if b.source_range is not None]
        before = [b for b in blocks if b.source_range[0] <= line]
        around = [b for b in before if line < b.source_range[1]]
        if not around:
            return before[-1] if before else None
        return min(reversed(around), key=lambda b: b.source_range[1] - b.source_range[0])

    def action_to_failure(self) -> None:
        """Go to the next failing block, and say why in the head."""
        if self._failures:
            self._at = (self._at + 1) % len(self._failures)
            check = self._failures[self._at]
            why = self.query_one("#why", Words)
            why.words = (((" ", ""), *rows.check_line(check)),)
            why.repaint()
            block = self._block(check)
            if block is not None:
                block.scroll_visible(animate=False)

    def action_leave(self) -> None:
        """Back to the workbench."""
        self.dismiss(None)


def _place(check: CheckResult) -> int:
    return check.span[0] if check.span is not None else check.at_char or 0


class MatrixScreen(Modal[None]):
    """The verdict matrix, live."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f6,enter", "leave", "Close", show=False, priority=True),
        Binding("left,h", "move(-1, 0)", "Lanes before", show=False),
        Binding("right,l", "move(1, 0)", "Lanes after", show=False),
        Binding("up,k", "move(0, -1)", "Up", show=False),
        Binding("down,j", "move(0, 1)", "Down", show=False),
        Binding("pageup", "move(0, -10)", "Page up", show=False),
        Binding("pagedown,space", "move(0, 10)", "Page down", show=False),
    ]

    def __init__(self, painter: Painter, model: ViewModel, go: Callable[[str, str], None]) -> None:
        super().__init__()
        self.painter = painter
        self.model = model
        self.go = go

    def on_clicked(self, event: Clicked) -> None:
        """Show what was clicked."""
        self.dismiss(None)
        self.go(event.lane, event.check)

    def compose(self) -> ComposeResult:
        """Title, matrix, hint."""
        with Vertical(classes="dialog wide"):
            yield Words(self.painter, (("Checks by lane", "bold"),), ())
            yield MatrixView(self.painter, self.model, id="matrix", ground="surface")
            yield Keys(self.painter, ("\u2190\u2192", "lanes"), ("\u2191\u2193", "reasons"))

    def action_move(self, lanes: int, reasons: int) -> None:
        """Show other lanes or reasons."""
        self.query_one(MatrixView).move(lanes, reasons)

    def on_mount(self) -> None:
        """Keep it up to date while lanes stream."""
        self.set_interval(frame_seconds(self.app), self.query_one(MatrixView).repaint)

    def action_leave(self) -> None:
        """Back to the workbench."""
        self.dismiss(None)
