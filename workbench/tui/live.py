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
        self._sent: set[int] = set()

    def toggle(self) -> bool:
        """Switch it; returns whether it is on now."""
        self.on = not self.on
        return self.on

    def lanes(self) -> list[Lane]:
        """Return the lanes in the race that it asks: free or within the budget, and fast."""
        racing = [self.model.lanes[name] for name in self.model.in_view]
        return [lane for lane in racing if self._affordable(lane) and self._fast(lane)]

    def wanted(self) -> bool:
        """Return whether the draft should be sent now: on, changed, and complete."""
        draft = self.model.draft
        ready = bool(draft.prompt.user.strip()) and not draft.missing()
        changed = self.model.edited or self.model.iteration is None
        return self.on and ready and changed

    def sent(self, iteration: int) -> None:
        """Remember that it started an iteration: what that costs counts."""
        self._sent.add(iteration)

    @property
    def spent(self) -> float:
        """US dollars that its iterations cost so far, as far as prices are known."""
        found = self.model.fold.iterations
        attempts = [a for n in self._sent if n in found for a in found[n].attempts.values()]
        return sum(a.ended.cost.usd or 0.0 for a in attempts if a.ended is not None)

    def _affordable(self, lane: Lane) -> bool:
        if lane.provider in _FREE:
            return True
        price = lane.prices
        last = self._last(lane)
        if price is None or price.output is None or last is None or last.ended is None:
            return False
        return self.spent + (last.ended.cost.usd or 0.0) * 2 <= self.budget

    def _fast(self, lane: Lane) -> bool:
        last = self._last(lane)
        if last is None or last.ended is None or last.state != "complete":
            return True
        return last.ended.ms <= FAST_MS

    def _last(self, lane: Lane) -> LiveAttempt | None:
        """Return the lane's last attempt that has ended."""
        for number in sorted(self.model.fold.attempts, reverse=True):
            attempt = self.model.fold.attempts[number]
            if attempt.queued.lane == lane.name and attempt.ended is not None:
                return attempt
        return None
