"""A run's progress on standard error, and why a result is no pass."""

from __future__ import annotations

from collections import Counter
from time import monotonic

from workbench.cli import diagnostics
from workbench.suites.results import UnitResult
from workbench.text import visible_line

_REDRAW_SECONDS = 0.1
_BAR_CELLS = 30


class Progress:
    """A bar on standard error, where that is a terminal."""

    def __init__(self) -> None:
        self._live = diagnostics.Live()
        self._last = 0.0
        self._begun = monotonic()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._failed = ""

    def __call__(self, result: UnitResult | None, planned: int) -> None:
        """Count a result; draw a few times a second, also when nothing came."""
        if result is not None:
            self._counts[result.lane, result.verdict] += 1
            if result.verdict in ("fail", "error"):
                self._failed = f"{result.lane}: {result.case}: {why(result)}"
        now = monotonic()
        if not self._live.active or now - self._last < _REDRAW_SECONDS:
            return
        self._last = now
        done, seconds = self._counts.total(), now - self._begun
        full = _BAR_CELLS * done // max(1, planned)
        bar = "━" * full + "╌" * (_BAR_CELLS - full)
        lines = [f"{bar} {done} of {planned}  {seconds:.0f} s  {done / max(1e-3, seconds):.1f}/s"]
        for lane in dict.fromkeys(lane for lane, _ in self._counts):
            said = (f"{self._counts[lane, v]} {v}" for v in ("pass", "fail", "error", "pending"))
            lines.append(f"{lane}: {'  '.join(said)}")
        if self._failed:
            lines.append(visible_line(f"last failure: {self._failed}"))
        self._live.draw(lines)

    def clear(self) -> None:
        """Take the bar away."""
        self._live.clear()


def why(result: UnitResult) -> str:
    """Return the first reason of a result that did not pass."""
    return f"{result.check or result.kind or result.state}: {result.reason}"
