"""Data rows: the prompt's inputs in a table, and beside each how every lane did on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from workbench.errors import WorkbenchError
from workbench.model.prompt import DataRow
from workbench.tui.bridge import frame_seconds
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Ask, Keys, Words
from workbench.tui.view.data_table import CHECKS, DataTable
from workbench.tui.view.key_line import CLOSE
from workbench.tui.view.lines import Line
from workbench.tui.view.setup import CheckLanguage
from workbench.tui.widgets.check_editor import CheckHint
from workbench.tui.widgets.data_grid import DataGrid
from workbench.tui.widgets.editor import Editor
from workbench.tui.widgets.field_editor import FieldEditor

LoadRows = Callable[[str], tuple[DataRow, ...]]
Asked = Literal["send", "stop"]
_KEYS = (
    *(("^J", "send"), ("Enter", "edit"), ("a", "add"), ("f", "failure"), ("v", "answers")),
    *(("o", "file"), ("x", "remove"), ("u", "undo")),
)
_TYPING = (("^J", "send"), ("Enter", "next row"), ("Tab", "next cell"))
_BACK = (("Esc", "back to the rows"),)
"""The keys while a cell is typed into."""


class DataScreen(Screen[bool]):
    """Ends with True when the lanes' panes shall show the row in hand.

    ``ask`` sends the draft or stops what runs; the table fills while the answers stream.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close", show=False, priority=True),
        Binding("ctrl+j,f5,ctrl+enter", "send", "Send", show=False, priority=True),
        Binding("enter", "edit", "Edit the cell", show=False),
        Binding("a,n", "add", "Add a row", show=False),
        Binding("x,delete", "remove", "Remove the row", show=False),
        Binding("u,ctrl+z", "undo", "Undo", show=False),
        Binding("o", "open", "Rows from a file or suite", show=False),
        Binding("f", "failure", "Next failure", show=False),
        Binding("v", "view", "The row's answers", show=False),
    ]

    def __init__(
        self,
        painter: Painter,
        table: DataTable,
        load_rows: LoadRows | None,
        language: CheckLanguage,
        ask: Callable[[Asked], None],
    ) -> None:
        super().__init__()
        self.painter = painter
        self.model = table.model
        self.table = table
        self.load_rows = load_rows
        self.language = language
        self.ask = ask
        self._version = -1
        self._told: Line = ()

    def compose(self) -> ComposeResult:
        """Title, grid, what is known of the cell, its editor, keys."""
        yield Words(self.painter, (), id="data-head")
        yield DataGrid(self.painter, self.table, id="data-grid")
        yield Words(self.painter, (), id="data-about")
        yield FieldEditor(self.painter, id="field")
        yield CheckHint(self.painter, id="data-hint")
        yield Keys(self.painter, *_KEYS, margin=True, id="data-keys")

    def on_mount(self) -> None:
        """The grid first."""
        self.query_one(CheckHint).editor = self.query_one(FieldEditor)
        self.query_one(DataGrid).focus()
        self.set_interval(frame_seconds(self.app), self.frame, name="data")
        self.call_after_refresh(self.show)

    # -- drawing --------------------------------------------------------------------------------

    def frame(self) -> None:
        """Draw what changed while lanes stream."""
        if self._version != self.model.version or self.model.running:
            self._version = self.model.version
            self.refresh_table()

    def refresh_table(self) -> None:
        """Draw the grid and what is known of its cell."""
        self.query_one(DataGrid).repaint()
        model = self.model
        where = "nothing sent yet" if model.iteration is None else f"iteration {model.selected}"
        edited: Line = (("   edited", "warn"),) if model.edited else ()
        state: Line = (("   streaming", "live bold"),) if model.running else ()
        head = self.query_one("#data-head", Words)
        head.words = (((" Data rows", "bold"), (f"   {where}", "muted"), *edited, *state),)
        head.repaint()
        about = self.query_one("#data-about", Words)
        notice = model.notice
        said: Line = self._told or self.table.about()
        if not said and notice is not None and notice.level != "info":
            said = ((f"{notice.message}  {notice.hint}", "fail"),)
        about.words = (((" ", ""), *said),)
        about.repaint()

    def show(self) -> None:
        """Take the cell in hand into the editor."""
        editor = self.query_one(FieldEditor)
        text = self.table.text()
        editor.display = text is not None
        language = self.language if self.table.column == CHECKS else CheckLanguage()
        empty: Line = ((f"{self.table.column.strip()} of this row", "muted"),)
        editor.begin(text or "", language, empty, long=self.table.column != "id")
        self.refresh_table()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The line of keys is that of the grid, or of the cell that is typed into."""
        keys = self.query_one("#data-keys", Keys)
        typing = isinstance(event.widget, FieldEditor)
        keys.keys, keys.last = (_TYPING, _BACK) if typing else (_KEYS, CLOSE)
        keys.repaint()

    def on_data_grid_moved(self, _event: DataGrid.Moved) -> None:
        """Another cell."""
        self._told = ()
        self.show()

    # -- editing --------------------------------------------------------------------------------

    def action_edit(self) -> None:
        """Edit the cell in hand; in a lane's cell, see the row's answers."""
        if self.table.column.startswith(" "):
            self.action_view()
        elif self.table.row is None:
            self.action_add()
        else:
            self.query_one(FieldEditor).focus()

    def on_editor_edited(self, event: Editor.Edited) -> None:
        """The table follows what is typed."""
        event.stop()
        problem = self.table.put(event.editor.text)
        self._told = ((problem, "fail"),) if problem else ()
        self.refresh_table()
        self.query_one(CheckHint).repaint()

    def on_field_editor_left(self, event: FieldEditor.Left) -> None:
        """Back to the grid, at the next cell: below, or right of it after Tab."""
        self.query_one(DataGrid).focus()
        self.query_one(DataGrid).action_go(0, event.by)

    def action_add(self) -> None:
        """Add a row like the one in hand."""
        self.table.add()
        self.show()

    def action_remove(self) -> None:
        """Remove the row in hand."""
        self.table.remove()
        self.show()

    def action_undo(self) -> None:
        """Take the last change back."""
        if not self.table.undo():
            self._told = (("Nothing to take back.", "muted"),)
        self.show()

    def action_open(self) -> None:
        """Ask for a file or suite and take its rows."""
        self._ask_to_open("")

    def _ask_to_open(self, source: str, problem: str = "") -> None:
        question = "Rows of which file (.csv, .jsonl, .json) or suite?"
        self.app.push_screen(Ask(self.painter, question, source, problem=problem), self._open)

    def _open(self, source: str | None) -> None:
        if source is None or self.load_rows is None:
            return
        try:
            rows = self.load_rows(source)
        except WorkbenchError as error:
            self._ask_to_open(source, f"{error.message} {error.hint}".strip())
            return
        self.table.load(rows)
        self._told = ((f"{len(rows)} rows of {source}.", "pass"),)
        self.show()

    # -- looking --------------------------------------------------------------------------------

    def go_to_missing(self) -> bool:
        """Go to the first value that is missing and say so; False when there is none."""
        problem = self.table.next_missing()
        self._told = ((problem, "fail"),) if problem else ()
        return bool(problem)

    def action_send(self) -> None:
        """Send every row to every lane."""
        self.query_one(DataGrid).focus()
        if self.go_to_missing():
            self.show()
        else:
            self.ask("send")
            self.refresh_table()

    def action_failure(self) -> None:
        """Go to the next row that failed."""
        if not self.table.next_failure():
            self._told = (("No row failed.", "pass"),)
        self.show()

    def action_view(self) -> None:
        """Show the row's answers in the lanes' panes."""
        row = self.table.row
        if row is not None:
            self.model.show_row(row.id)
            self.dismiss(True)

    def action_leave(self) -> None:
        """From the editor to the grid; then stop what runs; then close."""
        if isinstance(self.focused, FieldEditor):
            self.query_one(DataGrid).focus()
        elif self.model.running:
            self.ask("stop")
        else:
            self.dismiss(False)

    def on_resize(self, _event: events.Resize) -> None:
        """Another size."""
        self.call_after_refresh(self.refresh_table)
