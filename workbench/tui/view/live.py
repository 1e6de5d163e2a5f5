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
        return [lane for lane, why in self._standing() if why is None]

    def left_out(self) -> list[tuple[str, str]]:
        """Return the lanes in the race that it does not ask, and why."""
        return [(lane.name, why) for lane, why in self._standing() if why is not None]

    def waiting(self) -> str:
        """Return a sentence for each lane that waits to be sent by hand."""
        return " ".join(f"{name} waits for ^J: {why}." for name, why in self.left_out())

    def capped(self, plan: RacePlan) -> RacePlan:
        """Return *plan* so that what it may cost at most is what is left of the budget: of its
        fallbacks, only those that are free are asked.
        """
        free = tuple(lane for lane in plan.fallbacks if lane.free)
        plan = replace(plan, fallbacks=free)
        paid = sum(not lane.free for lane in plan.lanes) * plan.repeat
        left = max(0.0, self.rules.budget - self.spent)
        share = floor(left / paid * 1e6) / 1e6 if paid else 0.0  # it is part of a check's name
        return replace(plan, max_cost=share) if paid else plan

    def can_ask(self, lanes: Iterable[Lane]) -> bool:
        """Return whether it is known what is left for *lanes*: not while a race runs, if one of
        them costs money.
        """
        return not self.model.running or all(lane.free for lane in lanes)

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
        if lane.free:
            return None
        price = lane.prices
        if price is None or price.output is None:
            return "its price is not known"
        if last is None or last.ended is None:
            return "what an answer of it costs is not known yet"
        if self.spent + (last.ended.cost.usd or 0.0) * 2 > self.rules.budget:
            return f"the budget of ${self.rules.budget:g} would be passed"
        return None

    def _standing(self) -> list[tuple[Lane, str | None]]:
        """Return every lane in the race with why it is not asked: None for one that is."""
        racing = [self.model.lanes[name] for name in self.model.in_view]
        lasts = self._lasts()
        dear = {lane.name: self._too_dear(lane, lasts.get(lane.name)) for lane in racing}
        took = {name: _seconds(lasts.get(name)) for name in dear}
        able = [took[name] for name, why in dear.items() if why is None]
        limit = max(self.rules.fast, min(able, default=0.0))
        slow = {name: f"its last answer took {s:.1f} s" for name, s in took.items() if s > limit}
        return [(lane, dear[lane.name] or slow.get(lane.name)) for lane in racing]

    def _lasts(self) -> dict[str, LiveAttempt]:
        """Return each lane's last attempt that has ended."""
        found: dict[str, LiveAttempt] = {}
        for number, attempt in self.model.fold.attempts.items():
            lane = attempt.queued.lane
            if attempt.ended is not None and (lane not in found or number > found[lane].number):
                found[lane] = attempt
        return found


def _seconds(last: LiveAttempt | None) -> float:
    """Return how long a lane's last answer took; 0 for one that did not get to its end."""
    whole = last is not None and last.ended is not None and last.state == "complete"
    return last.ended.ms / 1000 if whole and last and last.ended else 0.0


def _session(fold: SessionFold) -> str:
    return "" if fold.head is None else fold.head.id
