"""``workbench models``: the embedded models' weights."""

from __future__ import annotations

from time import monotonic

import click

from workbench.api import models as api
from workbench.cli import diagnostics, output
from workbench.cli.group import Group

BAR_CELLS = 30
REDRAW_SECONDS = 0.1
_STATES = {"ready": "ready", "partial": "partly fetched", "missing": "not fetched"}


@click.group(cls=Group)
def models() -> None:
    """List, fetch, remove and serve the embedded models."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(*, as_json: bool) -> None:
    """List the embedded models and whether their weights are on this machine."""
    found = api.list_models()
    if as_json:
        rows = [
            {
                "name": model.name,
                "title": model.title,
                "licence": model.licence,
                "bytes": model.size,
                "state": model.state,
                "path": str(model.path),
            }
            for model in found
        ]
        output.document({"v": 1, "models": rows})
        return
    output.table(
        ("model", "what", "licence", "MB", "state"),
        [(m.name, m.title, m.licence, f"{m.size / 1e6:.0f}", _STATES[m.state]) for m in found],
    )


@models.command()
@click.argument("names", nargs=-1)
def pull(*, names: tuple[str, ...]) -> None:
    """Fetch the weights of NAMES (all embedded models when none is given).

    A download that was interrupted goes on where it stopped. What comes is checked against the
    pinned size and SHA-256; a file that differs is removed.
    """
    for name in names or tuple(model.name for model in api.list_models()):
        bar = Bar(name)
        try:
            path = api.pull_model(name, bar)
        finally:
            bar.clear()
        diagnostics.say(f"{name}: ready ({path})")


@models.command()
@click.argument("names", nargs=-1, required=True)
def rm(*, names: tuple[str, ...]) -> None:
    """Remove the weights of NAMES from this machine."""
    for name in names:
        freed = api.remove_model(name)
        said = f"removed, {freed / 1e6:.0f} MB freed" if freed else "was not here"
        diagnostics.say(f"{name}: {said}")


@models.command()
@click.argument("model")
@click.option("--threads", type=click.IntRange(1), help="Threads to use. Default: all cores.")
def serve(*, model: str, threads: int | None) -> None:
    """Serve MODEL (a name, or a GGUF file) on this machine to other programs.

    Prints the base URL and the token of an OpenAI-compatible server that only this machine can
    reach. Ends with Ctrl-C.
    """

    def ready(url: str, token: str) -> None:
        output.raw(f"base_url {url}\ntoken    {token}\n")
        diagnostics.say(f"{model} is served; end it with Ctrl-C")

    api.serve_model(model, threads, ready)


class Bar:
    """A download's progress bar on standard error; where that is no terminal, its stages."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._live = diagnostics.Live()
        self._stage = ""
        self._last = self._begun = 0.0
        self._first: int | None = None

    def status(self, text: str) -> None:
        """Name the stage that begins."""
        self._stage = text
        self._first = None
        if self._live.active:
            self._live.draw([f"{self._name} {text}"])
        else:
            diagnostics.say(f"{self._name}: {text}")

    def progress(self, done: int, total: int) -> None:
        """Draw how far the stage is, a few times a second."""
        now = monotonic()
        if self._first is None:
            self._first, self._begun = done, now
        if not self._live.active or (now - self._last < REDRAW_SECONDS and done < total):
            return
        self._last = now
        full = BAR_CELLS * done // max(1, total)
        rate = (done - self._first) / max(1e-3, now - self._begun) / 1e6
        speed = f"{rate:.0f} MB/s  " if rate >= 1 else ""
        bar = "━" * full + "╌" * (BAR_CELLS - full)
        size = f"{done / 1e6:.0f} of {total / 1e6:.0f} MB"
        self._live.draw([f"{self._name} {bar} {size}  {speed}{self._stage}"])

    def clear(self) -> None:
        """Take the bar away."""
        self._live.clear()
