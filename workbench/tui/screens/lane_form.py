"""A lane, field by field: typed values with their meaning, and what is wrong at once."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from workbench.errors import WorkbenchError
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.view.key_line import CANCEL
from workbench.tui.view.lane_form import LaneForm
from workbench.tui.view.lines import Line
from workbench.tui.widgets.check_editor import CheckHint
from workbench.tui.widgets.editor import Editor
from workbench.tui.widgets.field_editor import FieldEditor
from workbench.tui.widgets.pick_list import PickList

_KEYS = (("^J", "save"), ("\u2191\u2193", "field"), ("Tab", "complete"))


class LaneFormScreen(Screen[str | None]):
    """Ends with the name of the lane that was saved, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,f5", "save", "Save", show=False, priority=True),
        Binding("escape", "leave", "Leave", show=False, priority=True),
        Binding("pagedown", "move(8)", "Further down", show=False, priority=True),
        Binding("pageup", "move(-8)", "Further up", show=False, priority=True),
    ]

    def __init__(self, painter: Painter, form: LaneForm) -> None:
        super().__init__()
        self.painter = painter
        self.form = form
        self._warned = False

    def compose(self) -> ComposeResult:
        """Where it is written, the fields, the value in hand, what is wrong."""
        yield Words(self.painter, self._head(), (), id="form-head")
        fields = PickList(self.painter, self.form.rows(), id="fields")
        fields.can_focus = False
        yield fields
        yield Words(self.painter, (), (), id="field-name")
        yield FieldEditor(self.painter, id="field")
        hint = CheckHint(self.painter, id="field-hint")
        hint.ground = "surface"
        yield hint
        yield Words(self.painter, (), id="verdict")
        yield Keys(self.painter, *_KEYS, last=CANCEL, margin=True, id="form-keys")

    def on_mount(self) -> None:
        """Begin with the first field."""
        self.query_one(CheckHint).editor = self.query_one(FieldEditor)
        self.query_one(FieldEditor).focus()
        self.show()

    def _head(self) -> Line:
        what = " A new lane" if self.form.new else f" Lane {self.form.name}"
        path = self.form.desk.target(None if self.form.new else self.form.name)
        return ((what, "bold"), (f"   is written to {path.name} in {path.parent}", "muted"))

    def show(self) -> None:
        """Take the field in hand into the editor."""
        form = self.form
        empty: Line = ((form.doc(), "muted"),)
        self.query_one(FieldEditor).begin(form.text(), form.language(), empty, long=form.long())
        self.refresh_form()

    def refresh_form(self) -> None:
        """Draw what changed."""
        form = self.form
        fields = self.query_one("#fields", PickList)
        fields.replace(form.rows(fields.size.width), form.at)
        name = self.query_one("#field-name", Words)
        name.words = ((), ((" " + form.key, "accent bold"),))
        name.repaint()
        verdict = self.query_one("#verdict", Words)
        verdict.words = (((" ", ""), *form.verdict()),)
        verdict.repaint()
        editor = self.query_one(FieldEditor)
        editor.forget()
        editor.refresh()
        self.query_one(CheckHint).repaint()

    def on_editor_edited(self, event: Editor.Edited) -> None:
        """Take what was typed."""
        event.stop()
        self._warned = False
        self._take()

    def _take(self) -> None:
        try:
            self.form.put(self.query_one(FieldEditor).text)
        except WorkbenchError as error:
            self._say(((error.message, "fail"), (f"  {error.hint}", "muted")))
            return
        self.refresh_form()

    def _say(self, words: Line) -> None:
        verdict = self.query_one("#verdict", Words)
        verdict.words = (((" ! ", "fail bold"), *words),)
        verdict.repaint()

    def on_field_editor_left(self, event: FieldEditor.Left) -> None:
        """Go to another field."""
        self.action_move(event.by)

    def on_pick_list_highlighted(self, event: PickList.Highlighted) -> None:
        """A field was clicked."""
        self.form.at = event.index
        self.show()

    def on_pick_list_chosen(self, _event: PickList.Chosen) -> None:
        """Back to typing."""
        self.query_one(FieldEditor).focus()

    def action_move(self, by: int) -> None:
        """Go *by* fields on."""
        self._take()
        at = max(0, min(len(self.form.keys) - 1, self.form.at + by))
        if at != self.form.at:
            self.form.at = at
            self.show()

    def action_save(self) -> None:
        """Write the lane, or say what is wrong and go there."""
        self._take()
        form = self.form
        try:
            form.desk.save(form.name, form.texts, new=form.new, like=form.like)
        except WorkbenchError as error:
            wrong = next((key for key in form.faults if key in form.keys), None)
            if wrong is not None:
                form.at = form.keys.index(wrong)
                self.show()
            self._say(((error.message, "fail"), (f"  {error.hint}", "muted")))
            return
        self.dismiss(form.name)

    def action_leave(self) -> None:
        """End without saving; once more is needed when something was typed."""
        self._take()
        if self.form.changed and not self._warned:
            self._warned = True
            self._say((("Nothing of this is saved.", "warn"), ("  Esc again leaves it.", "muted")))
            return
        self.dismiss(None)

    def on_resize(self, _event: events.Resize) -> None:
        """Another size."""
        self.call_after_refresh(self.refresh_form)
