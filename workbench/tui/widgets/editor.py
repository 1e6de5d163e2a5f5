"""The editors of the prompt and of the checks."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.document._history import EditHistory
from textual.message import Message
from textual.widgets import TextArea
from textual.widgets.text_area import TextAreaTheme

from workbench.model.prompt import BRACED, VARIABLE
from workbench.text import visible_line
from workbench.tui.painter import Painter

_TEXTS = 16
"""Texts shown before of which one can still undo the edits when they are shown again."""


class Editor(TextArea):
    """A text area that colours ``{{ variables }}`` and shows control characters instead of
    obeying them. It says :class:`Edited` once per change.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+home", "text_edge(False)", "Start of the text", show=False),
        Binding("ctrl+end", "text_edge(True)", "End of the text", show=False),
        Binding("ctrl+shift+home", "text_edge(False, True)", "Select to the start", show=False),
        Binding("ctrl+shift+end", "text_edge(True, True)", "Select to the end", show=False),
        Binding("alt+a", "select_all", "Select all", show=False, priority=True),
    ]

    class Edited(Message):
        """The text was changed by the person."""

        def __init__(self, editor: Editor) -> None:
            super().__init__()
            self.editor = editor

        @property
        def control(self) -> Editor:
            """The editor, for handlers that select by widget."""
            return self.editor

    def __init__(
        self,
        painter: Painter,
        text: str,
        *,
        id: str,
        placeholder: str = "",
        template: bool = True,
        ground: str = "surface",
    ) -> None:
        super().__init__(
            text,
            id=id,
            soft_wrap=True,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
            placeholder=placeholder,
        )
        self.painter = painter
        self.template = template
        self.ground = ground
        self._shown = text
        self._left: dict[str, EditHistory] = {}
        self.wear()

    @classmethod
    @lru_cache(maxsize=8)
    def _get_component_classes(cls) -> frozenset[str]:
        """Return the parts to look up in the style sheet whenever something changes. All others
        have the painter's colours; looking them up was a tenth of the first frame.
        """
        return frozenset({"text-area--placeholder"})

    def wear(self) -> None:
        """Take the colours of the painter's theme."""
        ground = self.ground
        chosen = "panel" if ground != "panel" else "surface"
        style = self.painter.style
        plain = style("", ground)
        self.register_theme(
            TextAreaTheme(
                name="workbench",
                base_style=plain,
                gutter_style=plain,
                cursor_line_style=plain,
                cursor_line_gutter_style=plain,
                cursor_style=style("reverse", ground),
                selection_style=Style(
                    bgcolor=style("", chosen).bgcolor,
                    reverse=self.painter.theme.ansi or None,
                ),
                bracket_matching_style=style("bold", ground),
                syntax_styles={"variable": style("accent bold", ground)},
            )
        )
        self.theme = "css"
        self.theme = "workbench"

    def load(self, text: str) -> None:
        """Show another text; not an edit of the person's. What was done to a text can still be
        undone when the same text is shown again, and never by undoing in another one.
        """
        if text == self.text:
            return
        old = self.history
        self._left[self.text] = old
        while len(self._left) > _TEXTS:
            self._left.pop(next(iter(self._left)))
        kept = self._left.pop(text, None)
        limits = old.max_checkpoints, old.checkpoint_timer, old.checkpoint_max_characters
        self._shown = text
        self.history = EditHistory(*limits)  # setting the text clears the one in force
        self.text = text
        self.history = kept or self.history

    def action_text_edge(self, end: bool, select: bool = False) -> None:
        """Go to the start or the *end* of the whole text; with *select* what is passed over is
        selected.
        """
        document = self.document
        self.move_cursor(document.end if end else document.start, select=select)

    def take(self, text: str) -> None:
        """Put *text* in place of all of it, as one edit of the person's that can be undone."""
        if text != self.text:
            self.history.checkpoint()
            self.replace(text, self.document.start, self.document.end)
            self.history.checkpoint()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Tell edits from loads."""
        event.stop()
        if self.text != self._shown:
            self._shown = self.text
            self.post_message(self.Edited(self))

    def get_line(self, line_index: int) -> Text:
        """Return a line to draw: characters a terminal would obey are shown one for one."""
        line = self.document.get_line(line_index)
        shown = line if line.isascii() and line.isprintable() else one_for_one(line)
        text = Text(shown, end="", no_wrap=True)
        if self.template:
            for match in BRACED.finditer(line):  # sent as it stands: it may be meant as one
                text.stylize(self.painter.style("warn", self.ground), match.start(), match.end())
            for match in VARIABLE.finditer(line):
                tone = "muted" if match.group(1) else "accent bold"
                text.stylize(self.painter.style(tone, self.ground), match.start(), match.end())
        return text


def one_for_one(line: str) -> str:
    """Make a line visible without moving any character: offsets must stay what they are."""
    return "".join(
        shown if len(shown := visible_line(char)) == 1 else "\t" if char == "\t" else "\u00b7"
        for char in line
    )
