"""Cases as a safety net: chosen cases sent with a new version of the prompt, beside the session.

It is a race like any other, with a data row for each case, kept in a session of its own. It begins
after a race has ended and gives way as soon as another one starts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from workbench.engine.attempt import Bench
from workbench.engine.journal import JournalLike
from workbench.engine.plan import RacePlan
from workbench.engine.race import Race, RaceTools
from workbench.errors import WorkbenchError
from workbench.model.events import (
    EPHEMERAL,
    Annotated,
    AttemptEnded,
    CaseJudged,
    CasesRun,
    CasesState,
    Event,
    IterationStarted,
)
from workbench.model.fold import LiveAttempt, LiveIteration, SessionFold
from workbench.records import dataclass

AFTER = "after iteration "
"""How an iteration of the guard's session is named: after the one whose prompt it sent."""


@dataclass(frozen=True, slots=True)
class GuardJob:
    """What is to be run: ``plan`` is None when no case fits. ``earlier`` are the iterations of the
    guard's session so far; ``left_out`` counts cases that do not fit the prompt.
    """

    plan: RacePlan | None
    journal: JournalLike
    earlier: Sequence[LiveIteration] = ()
    left_out: int = 0


def guarded(iteration: LiveIteration) -> int | None:
    """Return the iteration of the guarded session that *iteration* was run for."""
    name = iteration.marks.name or ""
    number = name.removeprefix(AFTER)
    return int(number) if name.startswith(AFTER) and number.isdigit() else None


def judged(number: int, attempt: LiveAttempt) -> CaseJudged:
    """Return what came of one case for a lane."""
    failure, end = attempt.first_failure, attempt.ended
    return CaseJudged(
        number,
        attempt.queued.row or "",
        attempt.queued.lane,
        attempt.verdict,
        failure.check if failure else None,
        failure.reason if failure else "",
        attempt.text,
        None if end is None else end.cost.usd,
    )


class GuardRun:
    """One background run. ``listener`` hears :class:`CaseJudged` and :class:`CasesRun`."""

    def __init__(
        self,
        number: int,
        job: GuardJob,
        budget: float | None,
        listener: Callable[[Event], None],
    ) -> None:
        self._number = number
        self._job = job
        self._budget = budget
        self._listener = listener
        self._fold = SessionFold()
        self._told: set[int] = set()
        self._spent = 0.0
        self._race: Race | None = None
        self._state: CasesState = "done"

    async def run(
        self, bench: Callable[[Callable[[Event], None]], Bench], tools: RaceTools
    ) -> None:
        """Send the cases; *bench* and *tools* are the engine's own, with this run's listener.

        Raises:
            WorkbenchError: a case's check cannot be read, or nothing can be numbered.
        """
        job = self._job
        total = 0 if job.plan is None else len(job.plan.rows) * len(job.plan.lanes)
        state: CasesState = "nothing" if job.plan is None else "running"
        self._say(state, total)
        if job.plan is None:
            return
        mine = RaceTools(
            bench(self._take), job.journal, self._fold.apply, tools.lane, tools.provider,
            tools.pipeline,
        )  # fmt: skip
        race = self._race = Race(job.plan, mine)
        try:
            for event in await race.start():
                self._fold.apply(event)
                if isinstance(event, IterationStarted):
                    utc = datetime.now(UTC).isoformat(timespec="milliseconds")
                    self._take(Annotated(event.iteration, utc, f"{AFTER}{self._number}"))
            await race.run()
        except WorkbenchError:
            self._state = "stopped"
            raise
        finally:
            await job.journal.sync()
            job.journal.close()
            self._say(self._state, total)

    def stop(self, why: CasesState = "stopped") -> None:
        """Cancel what runs: what has been judged stays."""
        self._state = why
        if self._race is not None:
            self._race.cancel()

    def _say(self, state: CasesState, total: int) -> None:
        self._listener(CasesRun(self._number, state, total, self._job.left_out))

    def _take(self, event: Event) -> None:
        self._fold.apply(event)
        if not isinstance(event, EPHEMERAL):
            self._job.journal.append(event)
        number = getattr(event, "attempt", None)
        attempt = self._fold.attempts.get(number) if isinstance(number, int) else None
        if attempt is None or attempt.live or number in self._told:
            return
        if isinstance(event, AttemptEnded):
            self._job.journal.flush()
            self._spent += event.cost.usd or 0.0
            if self._budget is not None and self._spent >= self._budget:
                self.stop("budget")
        if attempt.verdict != "pending":
            self._told.add(attempt.number)
            self._listener(judged(self._number, attempt))
