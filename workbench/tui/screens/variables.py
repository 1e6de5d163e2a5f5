"""The table of variables: one editor for each value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll

from workbench.tui.key_line import CANCEL
from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.screens.modal import Modal
from workbench.tui.widgets.editor import Editor
from workbench.tui.widgets.strips import Label


class VariablesScreen(Modal[Mapping[str, str] | None]):
    """Ends with the values, or None when left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,f4,f5", "done", "Done", show=False, priority=True),
        Binding("escape", "leave", "Leave", show=False),
    ]

    def __init__(self, painter: Painter, names: tuple[str, ...], values: Mapping[str, str]) -> None:
        super().__init__()
        self.painter = painter
        self.names = names
        self.values = values

    def compose(self) -> ComposeResult:
        """One row for each variable."""
        with Vertical(classes="dialog wide"):
            yield Words(self.painter, (("Variables", "bold"),), ())
            with VerticalScroll(id="values", can_focus=False):
                for index, name in enumerate(self.names):
                    with Horizontal(classes="value"):
                        label = Label(self.painter, name, id=f"name-{index}")
                        label.ground = "surface"
                        yield label
                        yield Editor(
                            self.painter,
                            self.values.get(name, ""),
                            id=f"value-{index}",
                            template=False,
                            ground="panel",
                        )
            yield Keys(self.painter, ("^J", "take the values"), ("Tab", "next value"), last=CANCEL)

    def action_done(self) -> None:
        """End with what was typed."""
        values = dict(self.values)
        for index, name in enumerate(self.names):
            text = self.query_one(f"#value-{index}", Editor).text
            if text or name in self.values:
                values[name] = text
        self.dismiss(values)

    def action_leave(self) -> None:
        """End without."""
        self.dismiss(None)
