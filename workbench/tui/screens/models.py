"""The offer to fetch the embedded models, with their sizes, and how far the download is."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from workbench.tui.painter import Painter
from workbench.tui.screens.dialogs import Keys, Words
from workbench.tui.screens.modal import Modal
from workbench.tui.view.fetch import Fetch, Shelf, offer
from workbench.tui.view.key_line import Key
from workbench.tui.view.lines import Line
from workbench.tui.widgets.reader import Reader

LOOK = 0.2
"""Seconds between two looks at the download."""

WHAT = (
    "Two real models that run on this machine, without key or account.",
    "What comes is checked against a pinned size and SHA-256.",
)
ASK: tuple[Key, ...] = (("Enter", "fetch what is missing"),)
WAIT: tuple[Key, ...] = (("x", "stop it, what came is kept"),)


class ModelsScreen(Modal[None]):
    """Shows the models; Enter fetches those that are missing, also after it was closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+j,f5", "fetch", "Fetch", show=False, priority=True),
        Binding("x", "stop", "Stop", show=False),
        Binding("escape,q", "leave", "Close", show=False),
    ]

    def __init__(
        self,
        painter: Painter,
        shelf: Shelf,
        current: Callable[[], Fetch | None],
        begin: Callable[[list[str]], None],
    ) -> None:
        super().__init__()
        self.painter = painter
        self.shelf = shelf
        self.current = current
        self.begin = begin

    def compose(self) -> ComposeResult:
        """What it is, the models, what can be done."""
        with Vertical(classes="dialog wide low"):
            yield Words(self.painter, (("Embedded models", "bold"),), ())
            yield Reader(self.painter, id="models")
            yield Words(self.painter, (), id="error")
            yield Keys(self.painter, id="model-keys")

    def on_mount(self) -> None:
        """Look how far it is, a few times a second."""
        self.query_one(Reader).focus()
        self.look()
        self.set_interval(LOOK, self.look, name="download")

    def look(self) -> None:
        """Show the models as they are now."""
        fetch, models = self.current(), self.shelf.models()
        lines: list[Line] = [*(((text, "muted"),) for text in WHAT), (), *offer(models, fetch)]
        reader = self.query_one(Reader)
        reader.styles.height = len(WHAT) + 1 + len(models) + 2
        reader.load(lines, reader.top)
        running = fetch is not None and fetch.running
        missing = any(model.state != "ready" for model in models)
        keys = self.query_one(Keys)
        keys.keys = WAIT if running else ASK if missing else ()
        keys.repaint()
        error = fetch.error if fetch is not None else None
        hint = (f" {error.hint}", "muted") if error is not None and error.hint else ("", "")
        words = self.query_one("#error", Words)
        words.words = (() if error is None else ((error.message, "fail"), hint),)
        words.repaint()

    def action_fetch(self) -> None:
        """Fetch what is missing."""
        missing = [model.name for model in self.shelf.models() if model.state != "ready"]
        fetch = self.current()
        if missing and (fetch is None or not fetch.running):
            self.begin(missing)
        self.look()

    def action_stop(self) -> None:
        """Stop the download; what came is kept and it goes on there the next time."""
        fetch = self.current()
        if fetch is not None:
            fetch.stop()
        self.look()

    def action_leave(self) -> None:
        """Close; a download goes on."""
        self.dismiss(None)
