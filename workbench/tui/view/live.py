"""Live mode: after a pause in typing the fast, free lanes are asked again. Slow and paid lanes
wait to be sent by hand, and a budget for the session is never passed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import floor

from workbench.engine.plan import RacePlan
from workbench.model.fold import LiveAttempt, SessionFold
from workbench.model.lane import Lane
from workbench.tui.view.draft import Live
from workbench.tui.view.state import ViewModel

_FREE = frozenset({"local", "scripted", "replay"})


class LiveMode:
    """Whether it is on, whom it asks, and what it has spent.

    A lane whose price is unknown is never asked. Where no lane is fast, the fastest of those that
    could be asked counts as fast.
    """

    def __init__(self, model: ViewModel, rules: Live = Live()) -> None:
        self.model = model
        self.rules = rules
        self.on = False
        self._fold = model.fold
        self._sent: dict[int, float] = {}
        self._before: dict[str, float] = {}

    def toggle(self) -> bool:
        """Switch it; returns whether it is on now."""
        self.on = not self.on
        return self.on

    def lanes(self) -> list[Lane]:
        """Return the lanes in the race that it asks: free or within the budget, and fast."""
        lasts = {lane.name: self._last(lane) for lane in self._racing()}
        able = [lane for lane in self._racing() if not self._too_dear(lane, lasts[lane.name])]
        took = {lane.name: _seconds(lasts[lane.name]) for lane in able}
        limit = max(self.rules.fast, min(took.values(), default=0.0))
        return [lane for lane in able if took[lane.name] <= limit]

    def left_out(self) -> list[tuple[str, str]]:
        """Return the lanes in the race that it does not ask, and why."""
        asked = {lane.name for lane in self.lanes()}
        waits = [lane for lane in self._racing() if lane.name not in asked]
        return [(lane.name, self._why_not(lane)) for lane in waits]

    def waiting(self) -> str:
        """Return a sentence for each lane that waits to be sent by hand."""
        return " ".join(f"{name} waits for ^J: {why}." for name, why in self.left_out())

    def capped(self, plan: RacePlan) -> RacePlan:
        """Return *plan* so that what it may cost at most is what is left of the budget: of its
        fallbacks, only those that are free are asked.
        """
        free = tuple(lane for lane in plan.fallbacks if lane.provider in _FREE)
        plan = replace(plan, fallbacks=free)
        paid = sum(lane.provider not in _FREE for lane in plan.lanes) * plan.repeat
        left = max(0.0, self.rules.budget - self.spent)
        share = floor(left / paid * 1e6) / 1e6 if paid else 0.0  # it is part of a check's name
        return replace(plan, max_cost=share) if paid else plan

    def can_ask(self, lanes: Iterable[Lane]) -> bool:
        """Return whether it is known what is left for *lanes*: not while a race runs, if one of
        them costs money.
        """
        return not self.model.running or all(lane.provider in _FREE for lane in lanes)

    def wanted(self) -> bool:
        """Return whether the draft should be sent now: on, changed, and complete."""
        draft = self.model.draft
        ready = bool(draft.prompt.user.strip()) and not draft.missing()
        changed = self.model.edited or self.model.iteration is None
        return self.on and ready and changed

    def sent(self, iteration: int) -> None:
        """Remember that it started an iteration: what that costs counts."""
        self._turn_to_session()
        self._sent[iteration] = 0.0

    @property
    def spent(self) -> float:
        """US dollars that it spent in this session so far, as far as prices are known."""
        self._turn_to_session()
        return self._before.get(_session(self._fold), 0.0) + self._counted()

    def _counted(self) -> float:
        found = self._fold.iterations
        for number in self._sent:
            if number in found:  # what it cost is remembered when the iteration is let go
                ended = [a.ended for a in found[number].attempts.values() if a.ended is not None]
                self._sent[number] = sum(e.cost.usd or 0.0 for e in ended)
        return sum(self._sent.values())

    def _turn_to_session(self) -> None:
        """Keep what was spent in a session that was left: it may be opened again."""
        if self._fold is not self.model.fold:
            left = _session(self._fold)
            self._before[left] = self._before.get(left, 0.0) + self._counted()
            self._fold, self._sent = self.model.fold, {}

    def _too_dear(self, lane: Lane, last: LiveAttempt | None) -> str | None:
        if lane.provider in _FREE:
            return None
        price = lane.prices
        if price is None or price.output is None:
            return "its price is not known"
        if last is None or last.ended is None:
            return "what an answer of it costs is not known yet"
        if self.spent + (last.ended.cost.usd or 0.0) * 2 > self.rules.budget:
            return f"the budget of ${self.rules.budget:g} would be passed"
        return None

    def _why_not(self, lane: Lane) -> str:
        last = self._last(lane)
        return self._too_dear(lane, last) or f"its last answer took {_seconds(last):.1f} s"

    def _racing(self) -> list[Lane]:
        return [self.model.lanes[name] for name in self.model.in_view]

    def _last(self, lane: Lane) -> LiveAttempt | None:
        """Return the lane's last attempt that has ended."""
        for number in sorted(self.model.fold.attempts, reverse=True):
            attempt = self.model.fold.attempts[number]
            if attempt.queued.lane == lane.name and attempt.ended is not None:
                return attempt
        return None


def _seconds(last: LiveAttempt | None) -> float:
    """Return how long a lane's last answer took; 0 for one that did not get to its end."""
    whole = last is not None and last.ended is not None and last.state == "complete"
    return last.ended.ms / 1000 if whole and last and last.ended else 0.0


def _session(fold: SessionFold) -> str:
    return "" if fold.head is None else fold.head.id
