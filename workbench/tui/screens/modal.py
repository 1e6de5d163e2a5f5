"""What every dialog shares: a modal screen that cannot hold anybody."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

Result = TypeVar("Result")


class Modal(ModalScreen[Result]):
    """A dialog. The application's own keys end at a modal screen, so Ctrl+C is bound again here
    (Ctrl+Q comes before every screen's keys).
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (112, "-broad")]  # noqa: RUF012 - of Screen
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "app.help_quit", show=False, system=True)
    ]
