"""The editor of the checks: it completes, and says at which column a check cannot be read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size

from workbench.tui.painter import Painter
from workbench.tui.view.lines import Line, boxed
from workbench.tui.view.setup import CheckFault, CheckLanguage
from workbench.tui.widgets.editor import Editor
from workbench.tui.widgets.plain import Plain

_KEPT = 500
"""Lines whose fault is remembered."""

ROWS = 3
"""Rows of the hint."""


class CheckEditor(Editor):
    """One check per line. Tab completes the word before the cursor, again takes the next candidate;
    where there is nothing to complete it leaves the editor as elsewhere.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "Complete", show=False)]

    def __init__(self, painter: Painter, text: str, language: CheckLanguage, *, id: str) -> None:
        super().__init__(painter, text, id=id, template=False)
        self.grammar = language
        self.empty: Line = (
            ("A check on each line, like ", "muted"),
            ("max_words:100", "accent"),
        )
        self._faults: dict[str, CheckFault | None] = {}
        self._cycle: tuple[str, tuple[str, ...], int] | None = None

    def forget(self) -> None:
        """What was found wrong with lines may not hold any more."""
        self._faults.clear()
        self._cycle = self._cycle if self._cycled() == self.before() else None

    # -- faults ---------------------------------------------------------------------------------

    def fault(self, row: int) -> CheckFault | None:
        """Return why the check of a row cannot be read; an empty row is no check."""
        if row >= self.document.line_count:
            return None
        line = self.document.get_line(row).rstrip()
        if not line:
            return None
        if line not in self._faults:
            if len(self._faults) >= _KEPT:
                self._faults.clear()
            self._faults[line] = self.grammar.fault(line)
        return self._faults[line]

    def first_fault(self) -> int | None:
        """Return the first row that cannot be read."""
        return next((r for r in range(self.document.line_count) if self.fault(r)), None)

    def get_line(self, line_index: int) -> Text:
        """Return a line to draw, marked from the column on at which it cannot be read."""
        text = super().get_line(line_index)
        fault = self.fault(line_index)
        if fault is not None:
            start = max(0, min(fault.column - 1, len(text) - 1))
            text.stylize(self.painter.style("fail underline", self.ground), start, len(text))
        return text

    # -- completion -----------------------------------------------------------------------------

    def before(self) -> str:
        """Return the cursor's line as far as the cursor; empty when more text follows it."""
        row, column = self.cursor_location
        line = self.document.get_line(row)
        return line[:column] if not line[column:].strip() else ""

    def candidates(self) -> tuple[str, ...]:
        """Return what the word before the cursor may become; nothing while none is begun."""
        text = self.before()
        if self._cycle is not None and self._cycled() == text:
            return self._cycle[1]
        word = text.rpartition(" ")[2]
        if not word:
            return ()
        return tuple(c for c in self.grammar.completions(text) if c != word)

    def chosen(self) -> int:
        """Return which candidate Tab has put in, -1 before it did."""
        return self._cycle[2] if self._cycle and self._cycled() == self.before() else -1

    def _cycled(self) -> str:
        """Return the line that the last Tab made."""
        if self._cycle is None:
            return ""
        head, found, at = self._cycle
        return head + found[at]

    def action_complete(self) -> None:
        """Complete the word before the cursor, or go on to the next part of the screen."""
        text = self.before()
        if self._cycle is not None and self._cycled() == text:
            head, found, at = self._cycle
            if len(found) > 1:
                self._put(head, found, (at + 1) % len(found))
                return
        found = self.candidates()
        done = bool(text) and self.fault(self.cursor_location[0]) is None
        if not found or done:
            self._cycle = None
            self.go_on()
            return
        word = text.rpartition(" ")[2]
        head = text[: len(text) - len(word)]
        shared = _shared(found)
        if len(found) > 1 and len(shared) > len(word) and shared not in found:
            self._replace(head + shared)
        else:
            self._put(head, found, 0)

    def go_on(self) -> None:
        """There is nothing to complete: Tab moves, as everywhere."""
        self.screen.focus_next()

    def _put(self, head: str, found: tuple[str, ...], at: int) -> None:
        self._cycle = (head, found, at)
        text = head + found[at]
        if len(found) == 1 and self.grammar.fault(text) is not None:
            written = re.sub(r"\[.*?\]", "", self.grammar.meaning(text))
            if written.startswith(f"{text.split()[-1]}:"):
                text += ":"  # it needs an argument: that comes next
        self._replace(text)

    def _replace(self, text: str) -> None:
        row, column = self.cursor_location
        self.replace(text, (row, 0), (row, column), maintain_selection_offset=False)
        self.move_cursor((row, len(text)))


class CheckHint(Plain):
    """Words under the checks: how one may go on, or where and why one cannot be read."""

    def __init__(self, painter: Painter, *, id: str) -> None:
        super().__init__(painter, id=id)
        self.editor: CheckEditor | None = None

    def wanted(self) -> int:
        """Return how many rows it needs: the same as long as the checks are being edited."""
        editor = self.editor
        if editor is None or not (editor.has_focus or editor.first_fault() is not None):
            return 0
        return ROWS

    def lines(self, size: Size) -> Sequence[Line]:
        """Return the words, broken to the width."""
        if self.editor is None or not size.width:
            return ()
        margin = (" ", "")
        words = self.words(self.editor)
        return (
            [(margin, *line) for line in boxed(words, max(1, size.width - 2), size.height)]
            if words
            else ()
        )

    def words(self, editor: CheckEditor) -> Line:
        """Return the words for where the editor's cursor stands."""
        row = editor.cursor_location[0]
        if editor.has_focus:
            found = editor.candidates()
            if found:
                return _offered(found, editor.chosen())
            here = editor.fault(row)
            if here is not None:
                return _fault(f"column {here.column}" if here.column else "", here)
        other = editor.first_fault()
        fault = None if other is None else editor.fault(other)
        if fault is not None and other is not None:
            column = f", column {fault.column}" if fault.column else ""
            return _fault(f"line {other + 1}{column}", fault)
        line = editor.document.get_line(row).strip()
        if not editor.has_focus:
            return ()
        if not line:
            return editor.empty
        return ((editor.grammar.meaning(line), "muted"),)


def _shared(words: Sequence[str]) -> str:
    """Return what all *words* begin with."""
    low, high = min(words), max(words)
    same = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    return low[:same]


def _offered(found: tuple[str, ...], chosen: int) -> Line:
    at = max(0, chosen)
    out: list[tuple[str, str]] = [("Tab ", "accent bold")]
    for index in range(at, len(found)):
        tone = "bold" if index == at else "muted"
        out.append((found[index].strip() + "  ", tone))
    return tuple(out)


def _fault(where: str, fault: CheckFault) -> Line:
    hint = f" {fault.hint}" if fault.hint else ""
    place = f"{where}: " if where else ""
    return ((place, "fail bold"), (fault.message, "fail"), (hint, "muted"))
