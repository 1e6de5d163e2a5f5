"""Cases as a safety net on the screen: what runs beside the session, and what flipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from workbench.engine.plan import StartGuard
from workbench.model.events import CaseJudged, CasesRun, Event
from workbench.model.lane import Lane
from workbench.records import dataclass
from workbench.text import plural
from workbench.tui.view.draft import Guard, Live
from workbench.tui.view.lines import Line, Span
from workbench.tui.view.live import LiveMode
from workbench.tui.view.state import ViewModel

if TYPE_CHECKING:  # comparing is loaded when something is compared
    from workbench.tui.view.compare import Pair

Key = tuple[str, str]
"""A case and a lane."""
_GLYPHS = {"pass": ("\u2713", "pass"), "fail": ("\u2717", "fail"), "error": ("!", "fail")}


@dataclass(frozen=True, slots=True)
class Flip:
    """A case that came out differently for a lane than with the earlier prompt."""

    kind: Literal["broken", "fixed"]
    before: CaseJudged
    after: CaseJudged


class CaseWatch:
    """Asks for a background run after each race, and keeps what came of all of them.

    ``on`` may be switched; it begins as configured. ``nobody`` says why no lane is asked.
    """

    def __init__(self, model: ViewModel, guard: Guard = Guard(), live: Live = Live()) -> None:
        self.model = model
        self.guard = guard
        self.live = live
        self.on = guard.on
        self.found: dict[int, dict[Key, CaseJudged]] = {}
        self.state: CasesRun | None = None
        self.version = 0
        self.nobody = ""
        self._asked = 0
        self._session = ""
        self._before: tuple[tuple[int, int], dict[Key, CaseJudged]] | None = None

    def take(self, event: Event) -> bool:
        """Take an event if it is about cases; returns whether it was."""
        if isinstance(event, CasesRun):
            self.state = event
        elif isinstance(event, CaseJudged):
            self.found.setdefault(event.iteration, {})[event.case, event.lane] = event
        else:
            return False
        self.version += 1
        return True

    def due(self) -> StartGuard | None:
        """Return what to ask of the engine now, once for each race of ours that has ended."""
        self._follow_session()
        if not self.on or max(self.model.raced, default=0) <= self._asked:
            return None
        number = self._ended_race()
        if number is None:
            return None
        self._asked = number
        self.nobody = ""
        lanes = tuple(self._lanes())
        if not lanes:
            left_out = [f"{name}: {why}" for name, why in self._fast().left_out()]
            self.nobody = f"no lane is asked; {'; '.join(left_out)}"
            self.state = CasesRun(number, "nothing", 0)
            return None
        guard, prompt = self.guard, self.model.fold.iterations[number].started.prompt
        left = max(0.0, guard.budget - self.spent)
        return StartGuard(number, prompt, lanes, guard.suite, guard.tags, left, guard.at_once)

    def _ended_race(self) -> int | None:
        """Return the newest race of ours if it is over and was not cancelled."""
        newest = max(self.model.raced, default=None)
        found = None if newest is None else self.model.fold.iterations.get(newest)
        if found is None or found.running:
            return None
        return None if any(a.state == "cancelled" for a in found.attempts.values()) else newest

    @property
    def spent(self) -> float:
        """US dollars that cases cost in this session, as far as prices are known."""
        return sum(c.usd or 0.0 for found in self.found.values() for c in found.values())

    def _lanes(self) -> Sequence[Lane]:
        named = [self.model.lanes[n] for n in self.guard.lanes if n in self.model.lanes]
        return named or self._fast().lanes()

    def _fast(self) -> LiveMode:
        """Return who would be asked by live mode with what is left of the budget of cases."""
        return LiveMode(self.model, replace(self.live, budget=self.guard.budget - self.spent))

    def _follow_session(self) -> None:
        head = self.model.fold.head
        session = head.id if head is not None else ""
        if session != self._session:
            self._session = session
            if self._asked or self.found:
                self.found, self.state, self._asked = {}, None, 0
                self.version += 1

    # -- what came of it ------------------------------------------------------------------------

    @property
    def number(self) -> int | None:
        """The iteration to tell about: the one in view if cases ran for it, else the newest."""
        if self.model.selected in self.found:
            return self.model.selected
        return max(self.found, default=None)

    def before(self, number: int) -> Mapping[Key, CaseJudged]:
        """Return what came of the cases the last time before *number*, case by case."""
        if self._before is None or self._before[0] != (self.version, number):
            out: dict[Key, CaseJudged] = {}
            for earlier in sorted(n for n in self.found if n < number):
                out |= self.found[earlier]
            self._before = (self.version, number), out
        return self._before[1]

    def flips(self, number: int | None = None) -> list[Flip]:
        """Return what flipped against the earlier prompt, broken ones first."""
        number = self.number if number is None else number
        if number is None:
            return []
        before = self.before(number)
        out = []
        for key, after in self.found.get(number, {}).items():
            earlier = before.get(key)
            if earlier is None or "pass" not in (earlier.verdict, after.verdict):
                continue
            if earlier.verdict != after.verdict:
                out.append(Flip("fixed" if after.verdict == "pass" else "broken", earlier, after))
        return sorted(out, key=lambda flip: (flip.kind, flip.after.case))

    def pairs(self) -> list[Pair]:
        """Return the flips as pairs to compare, the answers of before and after."""
        from workbench.tui.view.compare import Pair

        return [
            Pair(
                f"{flip.kind} {flip.after.case}, {flip.after.lane}",
                f"iteration {flip.before.iteration}",
                f"iteration {flip.after.iteration}",
                flip.before.text,
                flip.after.text,
            )
            for flip in self.flips()
        ]

    # -- lines ----------------------------------------------------------------------------------

    @property
    def shown(self) -> bool:
        """True when the strip has something to say."""
        return self.on or bool(self.found)

    def line(self) -> Line:
        """Return the strip: how many pass, and what flipped."""
        head: list[Span] = [("cases ", "muted")]
        number, state = self.number, self.state
        if state is not None and state.state == "nothing" and state.iteration == self._asked:
            return (*head, (self._nothing(state), "muted"))
        if number is None:
            rest = "run after each race" if self.on else "can run after each race: none does now"
            return (*head, (rest, "muted"))
        found = self.found[number]
        passed = sum(c.verdict == "pass" for c in found.values())
        running = state is not None and state.iteration == number and state.state == "running"
        total = state.total if state is not None and state.iteration == number else len(found)
        left = max(0, total - len(found))
        of = f"{passed} of {len(found)} passed" + (f", {left} to run" if running else "")
        head.append((of, "pass bold" if passed == len(found) else "bold"))
        flips = self.flips(number)
        for kind, glyph, tone in (("broken", "\u2717", "fail"), ("fixed", "\u2713", "pass")):
            count = sum(flip.kind == kind for flip in flips)
            if count:
                head.append((f"   {glyph} {count} {kind}", f"{tone} bold"))
        if not flips and self.before(number):
            head.append(("   none flipped", "muted"))
        if state is not None and state.iteration == number and state.state in ("stopped", "budget"):
            why = "gave way to a race" if state.state == "stopped" else "budget spent"
            head.append((f"   {why}", "warn"))
        if number != self.model.selected:
            head.append((f"   iteration {number}", "muted"))
        return tuple(head)

    def _nothing(self, state: CasesRun) -> str:
        if state.left_out:
            return f"{plural(state.left_out, 'case')} in {self.guard.suite}, none fits this prompt"
        return self.nobody or f"{self.guard.suite} has no case yet"

    def items(self) -> list[tuple[Line, CaseJudged]]:
        """Return a line for each case and lane: flips first, then failures, then the rest."""
        number = self.number
        if number is None:
            return []
        flips: dict[Key, str] = {(f.after.case, f.after.lane): f.kind for f in self.flips(number)}
        rank = {"broken": 0, "fixed": 1}

        def order(c: CaseJudged) -> tuple[int, str, str]:
            usual = 3 if c.verdict == "pass" else 2
            return rank.get(flips.get((c.case, c.lane), ""), usual), c.case, c.lane

        found = sorted(self.found[number].values(), key=order)
        return [(self._item(c, flips.get((c.case, c.lane), "")), c) for c in found]

    def _item(self, judged: CaseJudged, flip: str) -> Line:
        glyph, tone = _GLYPHS.get(judged.verdict, ("\u00b7", "muted"))
        return (
            (f"{glyph} ", f"{tone} bold"),
            (f"{flip:<7}", f"{tone} bold"),
            (f"{judged.case:<16.16} ", ""),
            (f"{judged.lane:<12.12} ", "bold"),
            (f"{judged.check}: " if judged.check else "", tone),
            (judged.reason, "muted"),
        )
