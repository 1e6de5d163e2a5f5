"""A failure becomes a case: what will be saved is shown, what would be right can be typed."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from workbench.suites.case import Case
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.screens.modal import Modal
from workbench.tui.view.key_line import CANCEL
from workbench.tui.view.lines import Line, wrapped
from workbench.tui.widgets.editor import Editor
from workbench.tui.widgets.reader import Reader


def preview(case: Case, suite: str, twin: Case | None = None) -> list[Line]:
    """Return what a case holds, line by line; *twin* has the same failure."""
    evidence = case.evidence
    out: list[Line] = [
        (("file      ", "muted"), (suite, "")),
        (("case      ", "muted"), (case.id if twin is None else twin.id, "")),
    ]
    for right in () if twin is None else twin.expected:
        heads = ("expected  ", *[" " * 10] * right.count("\n"))
        out += [((h, "muted"), (t, "pass")) for h, t in zip(heads, right.split("\n"), strict=True)]
    if evidence is not None:
        out += [
            (("lane      ", "muted"), (f"{evidence.lane}  {evidence.model}", "")),
            (
                ("failed    ", "muted"),
                (evidence.check or "", "fail bold"),
                ("  ", ""),
                (evidence.reason, ""),
            ),
        ]
    out.append((("checks    ", "muted"), ("  ".join(case.checks), "")))
    for message in case.messages:
        out += [(), ((message.role, "muted"),)]
        out += [((line, ""),) for line in message.content.splitlines()]
    if evidence is not None:
        out += [(), (("answer", "muted"),)]
        out += [((line, ""),) for line in evidence.answer.splitlines()]
    return out


class CaseScreen(Modal[Case | None]):
    """Ends with the case to save, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,f5,f10", "save", "Save", show=False, priority=True),
        Binding("escape", "leave", "Leave", show=False, priority=True),
    ]

    def __init__(self, painter: Painter, case: Case, suite: str, twin: Case | None = None) -> None:
        super().__init__()
        self.painter = painter
        self.case = case
        self.suite = suite
        self.twin = twin
        self._warned = False

    def compose(self) -> ComposeResult:
        """What is saved, the expected answer, hint."""
        title, ask, does = "Save this failure as a case", "What would be right", "save the case"
        if self.twin is not None:
            title, does = f"This failure is a case already: {self.twin.id}", "add it to the case"
            ask = "What would be right too" if self.twin.expected else ask
        with Vertical(classes="dialog wide"):
            yield Words(self.painter, ((title, "bold"),), ())
            yield Reader(self.painter, id="case")
            yield Words(self.painter, (), ((f"{ask}, if you know it:", "muted"),), id="ask")
            yield Editor(self.painter, "", id="expected", template=False, ground="panel")
            yield Keys(self.painter, ("^J", does), ("Tab", "read what is above"), last=CANCEL)

    def on_mount(self) -> None:
        """The one thing to type."""
        self.query_one(Editor).focus()

    def on_resize(self, _event: events.Resize) -> None:
        """Break the lines to the width there is."""
        self.call_after_refresh(self._load)

    def _load(self) -> None:
        reader = self.query_one(Reader)
        cells = max(10, reader.size.width)
        lines = preview(self.case, self.suite, self.twin)
        reader.load([row for line in lines for row in wrapped(line, cells)], reader.top)

    def action_save(self) -> None:
        """End with the case."""
        text = self.query_one(Editor).text
        self.dismiss(replace(self.case, expected=(text,)) if text.strip() else self.case)

    def action_leave(self) -> None:
        """End without, once it was said that what was typed is lost by that."""
        if self._warned or not self.query_one(Editor).text.strip():
            self.dismiss(None)
            return
        self._warned = True
        ask = self.query_one("#ask", Words)
        ask.words = ((), (("Esc again drops what you typed, ^J saves it.", "warn"),))
        ask.repaint()
