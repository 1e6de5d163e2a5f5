"""Dialogs: lists to choose from, and the help."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size

from workbench.records import dataclass
from workbench.tui.bindings import key_label, keys_of
from workbench.tui.commands import grouped
from workbench.tui.painter import Painter
from workbench.tui.screens.modal import Modal
from workbench.tui.view.key_line import CANCEL, CLOSE, Key, key_line
from workbench.tui.view.lines import Line, boxed
from workbench.tui.widgets.pick_list import PickList
from workbench.tui.widgets.plain import Plain
from workbench.tui.widgets.reader import Reader

if TYPE_CHECKING:
    from textual.widgets import Input


class Words(Plain):
    """A fixed line or two on a dialog's ground."""

    ground = "surface"

    def __init__(self, painter: Painter, *lines: Line, id: str | None = None) -> None:
        super().__init__(painter, id=id)
        self.words = lines
        self.styles.height = len(lines)

    def lines(self, size: Size) -> Sequence[Line]:
        """Return the words."""
        del size
        return self.words


class Keys(Plain):
    """The last line of a dialog or screen: its keys, as many as fit, Esc always.

    On a dialog a row of air is above it; with *margin* it is a screen's, at the very end.
    """

    ground = "surface"

    def __init__(
        self,
        painter: Painter,
        *keys: Key,
        last: Sequence[Key] = CLOSE,
        margin: bool = False,
        id: str | None = None,
    ) -> None:
        super().__init__(painter, id=id)
        self.keys = keys
        self.last = last
        self.margin = margin
        self.styles.height = 1 if margin else 2

    def lines(self, size: Size) -> Sequence[Line]:
        """Return the line."""
        if self.margin:
            return (((" ", ""), *key_line(self.keys, size.width - 2, self.last)),)
        return ((), key_line(self.keys, size.width, self.last))


@dataclass(frozen=True, slots=True)
class Choice:
    """What a :class:`Picker` offers. ``highlighted(index)`` is told of every move (a preview)."""

    title: str
    items: Sequence[Line]
    at: int = 0
    highlighted: Callable[[int], None] | None = None


class Picker(Modal[int | None]):
    """Choose one of a list; ends with its index, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", show=False)]

    def __init__(self, painter: Painter, choice: Choice) -> None:
        super().__init__()
        self.painter = painter
        self.choice = choice

    def compose(self) -> ComposeResult:
        """Title, list, hint."""
        choice = self.choice
        with Vertical(classes="dialog"):
            yield Words(self.painter, ((choice.title, "bold"),), ())
            yield PickList(self.painter, choice.items, at=choice.at, id="items")
            move = "move" if choice.highlighted is None else "try"
            yield Keys(self.painter, ("\u2191\u2193", move), ("Enter", "choose"), last=CANCEL)

    def on_mount(self) -> None:
        """As high as the list, as the screen allows."""
        self.query_one("#items").styles.height = max(1, min(len(self.choice.items), 14))

    def on_pick_list_highlighted(self, event: PickList.Highlighted) -> None:
        """Preview."""
        if self.choice.highlighted is not None:
            self.choice.highlighted(event.index)

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        """End with the choice."""
        self.dismiss(event.index)

    def action_leave(self) -> None:
        """End without one."""
        self.dismiss(None)


class Ask(Modal[str | None]):
    """Ask for one line of text; ends with it, or None. With *empty*, an empty line is an answer;
    *problem* is why the line cannot be taken that is asked for again.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", show=False)]

    def __init__(
        self,
        painter: Painter,
        question: str,
        answer: str = "",
        *,
        empty: bool = False,
        problem: str = "",
    ) -> None:
        super().__init__()
        self.empty = empty
        self.problem = problem
        self.painter = painter
        self.question = question
        self.answer = answer

    def compose(self) -> ComposeResult:
        """Question, line, hint."""
        from workbench.tui.widgets.line_input import LineInput

        with Vertical(classes="dialog"):
            yield Words(self.painter, ((self.question, "bold"),), ())
            yield LineInput(self.answer, compact=True)
            if self.problem:
                said = boxed(((self.problem, "fail"),), min(58, self.app.size.width - 12), 4)
                yield Words(self.painter, (), *said)
            yield Keys(self.painter, ("Enter", "take it"), last=CANCEL)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """End with what was typed."""
        text = event.value.strip()
        self.dismiss(text if text or self.empty else None)

    def action_leave(self) -> None:
        """End without."""
        self.dismiss(None)


def help_lines(keymap: Mapping[str, str]) -> list[Line]:
    """Return the help screen's lines: every action of every group, with keys and meaning."""
    out: list[Line] = []
    for group, actions in grouped().items():
        out += [((group, "bold"),)]
        for action in actions:
            keys = "  ".join(key_label(key) for key in keys_of(action, keymap))
            out.append(((f"  {keys:<14} ", "accent"), (action.help, "")))
        out.append(())
    out += [
        (("Moving", "bold"),),
        (("  Tab            ", "accent"), ("To the next part of the screen, Shift+Tab back.", "")),
        (("  ^Home  ^End    ", "accent"), ("To the start or end of a text; Shift selects.", "")),
        (("  Alt+A          ", "accent"), ("Select a whole text.", "")),
        (("  ^Z  ^Y         ", "accent"), ("Undo, redo.", "")),
        (),
        (("Signs", "bold"),),
        (
            ("  \u2713 ", "pass"),
            ("passed  ", ""),
            ("\u2717 ", "fail"),
            ("failed  ", ""),
            ("\u25b2 ", "warn"),
            ("warning  ", ""),
            ("! ", "fail"),
            ("error  ", ""),
            ("\u25a0 ", "warn"),
            ("stopped  ", ""),
            ("\u2026 ", "warn"),
            ("truncated", ""),
        ),
        (
            ("  \u2508 ", "muted"),
            ("waiting  ", ""),
            ("\u25cf ", "live"),
            ("first token  ", ""),
            ("\u2501 ", "live"),
            ("streaming  ", ""),
            ("\u254c ", "fail"),
            ("still streaming after its failure", ""),
        ),
    ]
    return out


class HelpScreen(Modal[None]):
    """Every key and every sign."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q,enter", "leave", "Close", show=False)
    ]

    def __init__(self, painter: Painter, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self.painter = painter
        self.keymap = keymap

    def compose(self) -> ComposeResult:
        """A list that scrolls."""
        with Vertical(classes="dialog wide tall"):
            yield Words(self.painter, (("Keys and signs", "bold"),), ())
            yield Reader(self.painter, help_lines(self.keymap), id="items")
            yield Keys(self.painter, ("\u2191\u2193", "scroll"))

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
