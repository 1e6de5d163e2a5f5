"""Live mode: after a pause in typing the fast, free lanes are asked again. Slow and paid lanes
wait to be sent by hand, and a budget for the session is never passed.
"""

from __future__ import annotations

from workbench.model.fold import LiveAttempt
from workbench.model.lane import Lane
from workbench.tui.state import ViewModel

PAUSE = 0.8
"""Seconds without a key before the draft is sent."""

FAST_MS = 5000.0
"""A lane whose last answer took longer is not asked again by itself."""

_FREE = frozenset({"local", "scripted", "replay"})


class LiveMode:
    """Whether it is on, whom it asks, and what it has spent.

    ``budget`` is in US dollars for the session; a lane whose price is unknown is never asked.
    """

    def __init__(self, model: ViewModel, budget: float) -> None:
        self.model = model
        self.budget = budget
        self.on = False
        self._sent: dict[int, float] = {}

    def toggle(self) -> bool:
        """Switch it; returns whether it is on now."""
        self.on = not self.on
        return self.on

    def lanes(self) -> list[Lane]:
        """Return the lanes in the race that it asks: free or within the budget, and fast."""
        racing = [self.model.lanes[name] for name in self.model.in_view]
        return [lane for lane in racing if self.why_not(lane) is None]

    def why_not(self, lane: Lane) -> str | None:
        """Return why a lane waits to be sent by hand; None when live mode asks it."""
        last = self._last(lane)
        if last is not None and last.ended is not None and not self._fast(last):
            return f"its last answer took {last.ended.ms / 1000:.1f} s"
        return self._too_dear(lane, last)

    def waiting(self) -> str:
        """Return a sentence for each lane in the race that waits, and why."""
        racing = [self.model.lanes[name] for name in self.model.in_view]
        reasons = ((lane.name, self.why_not(lane)) for lane in racing)
        return " ".join(f"{name} waits for ^J: {why}." for name, why in reasons if why)

    def wanted(self) -> bool:
        """Return whether the draft should be sent now: on, changed, and complete."""
        draft = self.model.draft
        ready = bool(draft.prompt.user.strip()) and not draft.missing()
        changed = self.model.edited or self.model.iteration is None
        return self.on and ready and changed

    def sent(self, iteration: int) -> None:
        """Remember that it started an iteration: what that costs counts."""
        self._sent[iteration] = 0.0

    @property
    def spent(self) -> float:
        """US dollars that its iterations cost so far, as far as prices are known."""
        found = self.model.fold.iterations
        for number in self._sent:
            if number in found:  # what it cost is remembered when the iteration is let go
                ended = [a.ended for a in found[number].attempts.values() if a.ended is not None]
                self._sent[number] = sum(e.cost.usd or 0.0 for e in ended)
        return sum(self._sent.values())

    def _too_dear(self, lane: Lane, last: LiveAttempt | None) -> str | None:
        if lane.provider in _FREE:
            return None
        price = lane.prices
        if price is None or price.output is None:
            return "its price is not known"
        if last is None or last.ended is None:
            return "what an answer of it costs is not known yet"
        if self.spent + (last.ended.cost.usd or 0.0) * 2 > self.budget:
            return f"the budget of ${self.budget:g} would be passed"
        return None

    def _fast(self, last: LiveAttempt) -> bool:
        if last.ended is None or last.state != "complete":
            return True
        return last.ended.ms <= FAST_MS

    def _last(self, lane: Lane) -> LiveAttempt | None:
        """Return the lane's last attempt that has ended."""
        for number in sorted(self.model.fold.attempts, reverse=True):
            attempt = self.model.fold.attempts[number]
            if attempt.queued.lane == lane.name and attempt.ended is not None:
                return attempt
        return None
