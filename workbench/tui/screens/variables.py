"""The table of variables: one editor for each value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll

from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.screens.modal import Modal
from workbench.tui.view.key_line import CANCEL
from workbench.tui.widgets.editor import Editor
from workbench.tui.widgets.strips import Label


class VariablesScreen(Modal[Mapping[str, str] | None]):
    """Ends with the values, or None when left. With *send*, they are wanted to send the prompt."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,f4,f5", "done", "Done", show=False, priority=True),
        Binding("escape", "leave", "Leave", show=False),
    ]

    def __init__(
        self,
        painter: Painter,
        names: tuple[str, ...],
        values: Mapping[str, str],
        *,
        send: bool = False,
    ) -> None:
        super().__init__()
        self.painter = painter
        self.names = names
        self.values = values
        self.send = send
        self._warned = False

    def compose(self) -> ComposeResult:
        """One row for each variable."""
        missing = ", ".join(name for name in self.names if name not in self.values)
        wanted = f"   a value is missing: {missing}" if self.send and missing else ""
        with Vertical(classes="dialog wide low"):
            yield Words(self.painter, (("Variables", "bold"), (wanted, "warn")), ())
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
            yield Words(self.painter, (), id="values-told")
            done = "send with these values" if self.send else "take the values"
            yield Keys(self.painter, ("^J", done), ("Tab", "next value"), last=CANCEL)

    def on_mount(self) -> None:
        """Begin where a value is missing."""
        first = next((i for i, name in enumerate(self.names) if name not in self.values), 0)
        self.query_one(f"#value-{first}").focus()

    def _typed(self) -> dict[str, str]:
        values = dict(self.values)
        for index, name in enumerate(self.names):
            text = self.query_one(f"#value-{index}", Editor).text
            if text or name in self.values:
                values[name] = text
        return values

    def action_done(self) -> None:
        """End with what was typed."""
        self.dismiss(self._typed())

    def action_leave(self) -> None:
        """End without, once it was said that what was typed is lost by that."""
        if self._warned or self._typed() == self.values:
            self.dismiss(None)
            return
        self._warned = True
        told = self.query_one("#values-told", Words)
        told.words = ((("Esc again drops what you typed, ^J keeps it.", "warn"),),)
        told.repaint()
