"""One line to type, in dialogs."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Input

from workbench.tui.widgets.editor import one_for_one


class LineInput(Input):
    """An input whose text is shown, never obeyed: it may come from a session of somebody else."""

    @property
    def _value(self) -> Text:
        shown = one_for_one(self.value).replace("\t", " ")
        return Text(shown, no_wrap=True, overflow="ignore", end="")
