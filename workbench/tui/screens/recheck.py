"""Other checks asked of every recorded answer of the session, without one request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.timer import Timer

from workbench.api.retro import Rejudged
from workbench.errors import WorkbenchError
from workbench.model.session import Session
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.view import recheck
from workbench.tui.view.lines import Line
from workbench.tui.widgets.editor import Editor
from workbench.tui.widgets.reader import Reader

PAUSE = 0.2
"""Seconds without typing before the answers are judged again."""


class RecheckScreen(Screen[None]):
    """Checks to edit above, every answer's verdict before and after below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f11", "leave", "Close", show=False, priority=True),
        Binding("tab", "other", "To the table, to the checks", show=False, priority=True),
    ]

    def __init__(
        self, painter: Painter, session: Session, lines: Sequence[str], notice: Line = ()
    ) -> None:
        super().__init__()
        self.lines = lines
        self.notice = notice
        self.painter = painter
        self.session = session
        self.found: tuple[Rejudged, ...] = ()
        self._pause: Timer | None = None

    def compose(self) -> ComposeResult:
        """Title, checks, summary, table, keys."""
        title = " Other checks for recorded answers; nothing is sent, nothing is overwritten"
        how = " Old lines judge the iterations they were sent with, new lines every answer."
        yield Words(self.painter, ((title, "bold"), *self.notice), ((how, "muted"),))
        text = "\n".join(self.lines)
        yield Editor(self.painter, text, id="recheck", template=False)
        yield Words(self.painter, (), (), id="summary")
        reader = Reader(self.painter, id="text")
        reader.ground = "background"
        yield reader
        yield Keys(
            self.painter, ("Tab", "checks or table"), ("\u2191\u2193", "scroll"), margin=True
        )

    def on_mount(self) -> None:
        """Judge by the recorded checks at once."""
        editor = self.query_one(Editor)
        editor.styles.height = max(4, min(8, editor.document.line_count + 1))
        editor.move_cursor(editor.document.end)
        editor.focus()
        self.judge()

    def on_resize(self, _event: events.Resize) -> None:
        """Lay out for the new width."""
        self.call_after_refresh(self.show)

    def on_editor_edited(self, _event: Editor.Edited) -> None:
        """Judge again after a pause in typing."""
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE, self.judge)

    def judge(self) -> None:
        """Judge off the screen's loop; newer checks replace a judging that still runs."""
        lines = (line.strip() for line in self.query_one(Editor).text.splitlines())
        checks = tuple(line for line in lines if line)
        self.run_worker(self._judge(checks), group="recheck", exclusive=True)

    async def _judge(self, checks: tuple[str, ...]) -> None:
        try:
            found = await asyncio.to_thread(recheck.rejudged, self.session, checks, Path.cwd())
        except WorkbenchError as error:
            self._say(f" {error.message} {error.hint}", "warn")
            return
        self.found = found
        self.show()

    def show(self) -> None:
        """Show what was found."""
        if not self.found:
            self._say(" No answer has ended yet.", "muted")
            return
        words = self.query_one("#summary", Words)
        words.words = ((), recheck.summary(self.found))
        words.repaint()
        reader = self.query_one(Reader)
        reader.load(recheck.table(self.found, max(10, reader.size.width - 1)), reader.top)

    def _say(self, text: str, tone: str) -> None:
        words = self.query_one("#summary", Words)
        words.words = ((), ((text, tone),))
        words.repaint()

    def action_other(self) -> None:
        """Move the focus between checks and table."""
        editor = self.query_one(Editor)
        (self.query_one(Reader) if editor.has_focus else editor).focus()

    def action_leave(self) -> None:
        """Back to the workbench."""
        self.dismiss(None)
