"""Fetches the embedded models' weights beside the screen, which looks how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from workbench.errors import WorkbenchError
from workbench.records import dataclass
from workbench.tui.view import format as fmt
from workbench.tui.view.lines import Line

BAR = 24
"""Cells of a progress bar."""

PATIENCE = 1.0
"""Seconds to wait for the thread at the very end."""


class Weights(Protocol):
    """A model as the shelf lists it; ``size`` is in bytes."""

    @property
    def name(self) -> str: ...  # noqa: D102 - see the class
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def licence(self) -> str: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102
    @property
    def state(self) -> str: ...  # noqa: D102


class Watch(Protocol):
    """Who watches a download; see :class:`workbench.providers.models.watch.Watch`."""

    def status(self, text: str) -> None: ...  # noqa: D102
    def progress(self, done: int, total: int) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Shelf:
    """What there is to fetch, and how: ``pull`` blocks until a model is there.

    ``pull`` raises a WorkbenchError when it cannot be had.
    """

    models: Callable[[], Sequence[Weights]]
    pull: Callable[[str, Watch], object]


class Stopped(Exception):
    """The person does not want it any more; what came is kept."""


class Fetch:
    """One go at fetching models, one after the other, in a thread of its own.

    ``name`` is the model at work, ``arrived`` those that are there, ``error`` what ended it early.
    """

    def __init__(self, shelf: Shelf, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.name = ""
        self.arrived: list[str] = []
        self.error: WorkbenchError | None = None
        self.stage = ""
        self.done = self.total = 0
        self._first: tuple[int, float] | None = None
        self._shelf = shelf
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="fetch models", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """True until it has ended, well or not."""
        return self._thread.is_alive()

    def stop(self, wait: float = 0.0) -> None:
        """End it as soon as it looks up; wait so many seconds at most."""
        self._stop.set()
        self._thread.join(wait)

    def _work(self) -> None:
        try:
            for name in self.names:
                self.name, self.done, self.total, self._first = name, 0, 0, None
                self._shelf.pull(name, self)
                self.arrived.append(name)
        except Stopped:
            pass
        except WorkbenchError as error:
            self.error = error

    def status(self, text: str) -> None:
        """A stage begins."""
        self.stage, self._first = text, None
        if self._stop.is_set():
            raise Stopped

    def progress(self, done: int, total: int) -> None:
        """So many of so many bytes are there."""
        self.done, self.total = done, total
        if self._first is None:
            self._first = (done, time.monotonic())
        if self._stop.is_set():
            raise Stopped

    def words(self) -> str:
        """Say how far it is: ``45 of 98 MB, 12 MB/s, 5 s left, downloading from ...``."""
        if not self.total:
            return self.stage or "beginning"
        parts = [f"{self.done / 1e6:.0f} of {self.total / 1e6:.0f} MB"]
        begun, since = self._first or (self.done, time.monotonic())
        rate = (self.done - begun) / max(1e-3, time.monotonic() - since)
        if rate >= 1e5:
            left = fmt.duration(1000 * (self.total - self.done) / rate)
            parts += [f"{rate / 1e6:.1f} MB/s", f"{left} left"]
        return ", ".join([*parts, self.stage])

    def bar(self) -> str:
        """Return the progress of the model at work as a bar."""
        full = BAR * self.done // max(1, self.total)
        return "\u2501" * full + "\u254c" * (BAR - full)


def offer(models: Sequence[Weights], fetch: Fetch | None, name_cells: int = 10) -> list[Line]:
    """Return the lines that show the models, their sizes and how far their download is."""
    out: list[Line] = []
    for model in models:
        size = f"{model.size / 1e6:.0f} MB"
        here = model.state == "ready" or (fetch is not None and model.name in fetch.arrived)
        state = ("\u2713 here", "pass") if here else ("not fetched", "muted")
        if model.state == "partial" and not here:
            state = ("partly fetched", "warn")
        out.append(
            (
                (f"{model.name:<{name_cells}}", "bold"),
                (f"{size:>8}  ", ""),
                state,
                (f"  {model.title}, {model.licence}", "muted"),
            )
        )
        if fetch is not None and fetch.running and fetch.name == model.name and not here:
            out.append(((f"{'':<{name_cells}}", ""), (fetch.bar(), "live")))
            out.append(((f"{'':<{name_cells}}", ""), (fetch.words(), "muted")))
    return out
