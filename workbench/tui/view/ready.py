"""How a lane stands that was not asked yet: loading, ready, or why it cannot be used."""

from __future__ import annotations

from workbench.model.events import LaneReady
from workbench.tui.view.lines import Line

ASKED = "loading"
"""What a lane does from the moment it was asked to make itself ready until it says more."""


def asked(lane: str) -> LaneReady:
    """Return how a lane stands that has just been asked to make itself ready."""
    return LaneReady(lane, False, ASKED)


def state(ready: LaneReady | None) -> Line:
    """Return the right end of a pane's head: one sign, one word."""
    if ready is None or ready.ready:
        return (("\u00b7 ready", "muted bold"),)
    if ready.failed:
        return (("! not ready", "fail bold"),)
    return (("\u25cc loading", "live bold"),)


def words(ready: LaneReady | None) -> Line:
    """Return what there is to say: what is being done, or what is wrong and what to do."""
    if ready is None or ready.ready:
        return ()
    if ready.failed:
        return ((ready.status, "fail"), (f" {ready.hint}" if ready.hint else "", "muted"))
    return ((ready.status, "muted"),) if ready.status != ASKED else ()
