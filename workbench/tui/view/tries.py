"""Who answered in a lane's place: its own first try, a retry, or its fallback."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.model.fold import LiveAttempt
from workbench.model.lane import Lane
from workbench.tui.view import format as fmt
from workbench.tui.view.lines import Line, Span


def tries_of(attempt: LiveAttempt, attempts: Mapping[int, LiveAttempt]) -> list[LiveAttempt]:
    """Return an attempt and those it took the place of, the first try first."""
    found = [attempt]
    while (before := attempts.get(_before(found[0]))) is not None:
        found.insert(0, before)
    return found


def _before(attempt: LiveAttempt) -> int:
    return attempt.queued.retry_of or attempt.queued.fallback_of or 0


def instead(lane: Lane, attempt: LiveAttempt) -> list[Span]:
    """Return what the head of a lane's pane says when it was not the first try that answered."""
    if attempt.queued.lane != lane.name:
        return [(f"fallback {attempt.queued.lane}  ", "warn")]
    return [("retry  ", "warn")] if attempt.queued.retry_of is not None else []


def tries_lines(tries: list[LiveAttempt]) -> list[Line]:
    """Return a row for every try; nothing for one."""
    if len(tries) < 2:
        return []
    rows: list[Line] = [(("Tries", "bold"),)]
    for live in tries:
        one = live.record()
        what = "first" if one.retry_of is None else "retry"
        what = "fallback" if one.fallback_of is not None else what
        reason = one.error.message if one.error is not None else ""
        rows.append(
            (
                (f"  {one.number:>3} {what:<9}", "muted"),
                (f"{one.lane}  ", "bold"),
                (one.state, "fail" if one.state == "error" else ""),
                (f"  {fmt.duration(one.total_ms)}", ""),
                (f"  {reason}" if reason else "", "muted"),
            )
        )
    return rows
