"""The work of a run: units sent through the engine's own attempt runner, journalled as they go."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic, monotonic_ns

from workbench.api.endings import endings
from workbench.engine.abort import LaneHistory
from workbench.engine.attempt import Bench
from workbench.engine.clock import LoopClock
from workbench.engine.core import Tools
from workbench.engine.grading import Answer
from workbench.engine.journal import JournalLike
from workbench.engine.plan import OpenSession
from workbench.engine.spending import Spending
from workbench.engine.unit import Desk, UnitSpec, send_unit
from workbench.model.confidential import public
from workbench.model.events import (
    EPHEMERAL,
    Annotated,
    AttemptQueued,
    Event,
    IterationEnded,
    IterationStarted,
    Notice,
)
from workbench.model.fold import LiveAttempt
from workbench.model.lane import Lane
from workbench.providers.base import Provider
from workbench.suites.case import Case
from workbench.suites.plan import Unit, judged_by, prompt_of
from workbench.suites.results import Truth, UnitResult, unit_result
from workbench.suites.run import Runner, RunPlan, Stop

_FLUSH_S = 0.2
_SYNC_S = 1.0


Key = tuple[str, str, int]
"""Case, lane and repeat."""

Seen = Callable[[UnitResult | None, int], None]
"""Hears each result with the number of units planned, and None several times a second."""


class RunWork:
    """One run in one event loop: sends units through the engine's own attempt runner.

    *recorded* are the answers of an earlier run that this one goes on with, *truths* what is known
    to be right, by case.
    """

    def __init__(
        self,
        tools: Tools,
        opened: OpenSession,
        lanes: Mapping[str, Lane],
        cases: Mapping[str, Case],
        plan: RunPlan,
        units: Sequence[Unit],
        fallbacks: tuple[Lane, ...],
        recorded: Mapping[Key, str | None],
        truths: Mapping[str, Truth],
    ) -> None:
        self._tools = tools
        self._opened = opened
        self._lanes = lanes
        self._shown = tuple(map(public, lanes.values()))
        self._cases = cases
        self._plan = plan
        self._units = units
        self._fallbacks = fallbacks
        self._recorded = recorded
        self._truths = truths
        self._to_send = {unit.key for unit in units}
        self._begun: set[Key] = set()
        self._numbering = asyncio.Lock()
        self._answers: dict[tuple[str, int], dict[str, Answer]] = {}
        self._left = Counter(unit.case for unit in units)
        self._journal: JournalLike | None = None
        self._providers: dict[str, Provider] = {}
        self._live: dict[int, LiveAttempt] = {}
        self._iterations: dict[str, tuple[int, int]] = {}
        self.results: list[UnitResult] = []
        self.notices: list[Notice] = []
        self.session_id = ""
        self.sent = 0

    async def run(self, seen: Seen | None) -> tuple[Stop, float]:
        """Send the units; return why it ended and how many seconds it took."""
        begun = monotonic()
        self._journal = self._tools.open_session(self._opened).journal
        self._journal.on_problem = self.notices.append
        self._bench = Bench(
            self._emit,
            Spending(self._tools.price, self._tools.billing),
            LaneHistory(),
            LoopClock.of_running_loop(),
            self._tools.services.turns,
        )

        def take(result: UnitResult) -> None:
            self.results.append(result)
            if seen is not None:
                seen(result, len(self._units))

        runner = self._runner = Runner(
            self._units, self._send, self._plan.limits, take, self._give_up
        )
        loop = asyncio.get_running_loop()
        for number in endings():
            with suppress(ValueError, RuntimeError):  # only a main thread may handle signals
                loop.add_signal_handler(number, runner.stop, "interrupted")
        keeper = asyncio.create_task(self._keep(self._journal, seen))
        try:
            stopped = await runner.run()
        finally:
            keeper.cancel()
            await self._close(self._journal)
        return stopped, monotonic() - begun

    async def _keep(self, journal: JournalLike, seen: Seen | None) -> None:
        """Flush often and bring the file to the disk once a second, not at the end of each case."""
        waited = 0.0
        while True:
            if seen is not None:
                seen(None, len(self._units))
            await asyncio.sleep(_FLUSH_S)
            waited += _FLUSH_S
            if waited >= _SYNC_S:
                waited = 0.0
                await journal.sync()
            else:
                journal.flush()

    async def _close(self, journal: JournalLike) -> None:
        for number in endings():
            with suppress(ValueError, RuntimeError):
                asyncio.get_running_loop().remove_signal_handler(number)
        await journal.sync()
        self.session_id = journal.session_id
        journal.close()
        for provider in self._providers.values():
            await provider.close()
        await self._tools.services.close()

    async def _send(self, unit: Unit) -> UnitResult:
        """Send one unit and return what came of it."""
        self.sent += 1
        self._begun.add(unit.key)
        answers = self._answers_beside(unit)
        made: list[int] = []

        async def queue(build: Callable[[int, int], AttemptQueued]) -> tuple[AttemptQueued, int]:
            async with self._numbering:  # lanes of one case share an iteration
                queued = await self._begin(unit, build)
            made.append(queued.attempt)
            self._live[queued.attempt] = LiveAttempt(queued)
            return queued, self._iterations[unit.case][1]

        desk = Desk(
            self._bench,
            self._provider,
            self._tools.pipeline,
            self._tools.lane,
            queue,
            answers,
            lambda text: _settle(answers[unit.lane], text),
            lambda: self._runner.hand_over(unit),
        )
        try:
            last = await send_unit(self._spec(unit), desk)
            truth = self._truths.get(unit.case, Truth())
            return unit_result(unit.case, self._live[last].record(), unit.lane, truth)
        finally:
            for number in made:
                self._live.pop(number, None)
            self._end_unit(unit)

    def _spec(self, unit: Unit) -> UnitSpec:
        return UnitSpec(
            unit.case,
            self._lanes[unit.lane],
            unit.repeat,
            unit.messages,
            unit.checks,
            self._plan.abort,
            self._fallbacks,
            audit=self._plan.audit,
        )

    def _answers_beside(self, unit: Unit) -> dict[str, Answer]:
        """Return the answers of all lanes to the same case in the same repeat, come or to come."""
        place = unit.case, unit.repeat
        found = self._answers.get(place)
        if found is None:
            loop = asyncio.get_running_loop()
            found = self._answers[place] = {lane: loop.create_future() for lane in self._lanes}
            for lane, answer in found.items():
                key = (unit.case, lane, unit.repeat)
                if key not in self._to_send:
                    _settle(answer, self._recorded.get(key))
        return found

    def _give_up(self) -> None:
        """Nothing new starts: answers of units not begun never come."""
        for (case, repeat), answers in self._answers.items():
            for lane, answer in answers.items():
                if (case, lane, repeat) not in self._begun:
                    _settle(answer, None)

    async def _begin(self, unit: Unit, build: Callable[[int, int], AttemptQueued]) -> AttemptQueued:
        """Write the attempt down before its request leaves, with its iteration if it is new."""
        journal = self._journal
        if journal is None:
            raise RuntimeError("the run has not begun")
        known = self._iterations.get(unit.case)
        if known is None:
            events = await journal.begin(lambda i, a: [*self._announce(i, unit.case), build(i, a)])
        else:
            events = await journal.reserve(lambda a: [build(known[0], a)])
        queued = next(e for e in events if isinstance(e, AttemptQueued))
        if known is None:
            self._iterations[unit.case] = (queued.iteration, monotonic_ns())
        return queued

    def _announce(self, number: int, case_id: str) -> list[Event]:
        case = self._cases[case_id]
        prompt, variables = prompt_of(case)
        utc = datetime.now(UTC).isoformat(timespec="milliseconds")
        return [
            IterationStarted(
                number,
                prompt,
                self._shown,
                judged_by(case, self._plan.checks),
                utc,
                variables=variables,
                abort=self._plan.abort,
                repeat=self._plan.repeat,
            ),
            Annotated(number, utc, name=case_id),
        ]

    def _end_unit(self, unit: Unit) -> None:
        case_id = unit.case
        self._left[case_id] -= 1
        if not self._left[case_id] and self._journal is not None:
            for repeat in range(1, self._plan.repeat + 1):
                self._answers.pop((case_id, repeat), None)
            number, zero = self._iterations.pop(case_id)
            ms = (monotonic_ns() - zero) / 1e6
            self._journal.append(IterationEnded(number, round(ms, 3)))

    def _provider(self, lane: Lane) -> Provider:
        found = self._providers.get(lane.name)
        if found is None:
            found = self._providers[lane.name] = self._tools.provider(lane, self._tools.services)
        return found

    def _emit(self, event: Event) -> None:
        if self._journal is not None and not isinstance(event, EPHEMERAL):
            self._journal.append(event)
        number = getattr(event, "attempt", None)
        live = self._live.get(number) if isinstance(number, int) else None
        if live is not None:
            live.apply(event)


def _settle(answer: Answer, text: str | None) -> None:
    if not answer.done():
        answer.set_result(text)
