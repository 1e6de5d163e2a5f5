"""Says what happens in a race: a line for what matters, none per token, never silent for long."""

from __future__ import annotations

import time

from workbench.model.events import (
    AttemptEnded,
    AttemptStarted,
    Chunks,
    Event,
    FailedFirst,
    IterationEnded,
    IterationStarted,
    LaneReady,
    LaneStatus,
    Notice,
)
from workbench.model.fold import LiveAttempt, LiveIteration
from workbench.text import plural
from workbench.tui.plain import listing, words
from workbench.tui.plain.voice import Voice
from workbench.tui.view.state import Clock, ViewModel

QUIET = 10.0
"""Seconds without a word after which it says that it still runs; twice as long each time."""

LONGEST = 60.0
TENTHS = 10
APART = 3.0
"""Where many answers are under way, progress is said at every tenth, so many seconds apart."""

ANSWER_LINES = 5
"""Lines of each answer that are said after a race without being asked for."""


class Narrator:
    """Follows the races of a view-model. ``answer_lines`` is how much of each answer is said after
    a race; None: the whole answer.
    """

    def __init__(self, model: ViewModel, voice: Voice, clock: Clock = time.monotonic) -> None:
        self.model = model
        self.voice = voice
        self.answer_lines: int | None = ANSWER_LINES
        self._clock = clock
        self._began: set[int] = set()
        self._ready: dict[str, str] = {}
        self._many: LiveIteration | None = None
        self._tenth = 0
        self._failed = self._ended = 0
        self._spoke = self._started = clock()
        self._wait = QUIET

    def say(self, line: str) -> None:
        """Say a line; the silence begins anew."""
        self._spoke = self._clock()
        self.voice.say(line)

    def begin(self) -> None:
        """A race begins."""
        self._spoke = self._started = self._clock()
        self._wait = QUIET
        self._many, self._tenth, self._failed, self._ended = None, 0, 0, 0

    # -- events ---------------------------------------------------------------------------------

    def tell(self, event: Event) -> None:
        """Say what an event means, once the view-model has taken it."""
        match event:
            case IterationStarted():
                self._start(event)
            case LaneReady():
                self._readiness(event)
            case Notice():
                self.say(f"{event.message} {event.hint}".strip())
            case _ if self._many is not None:
                self._tell_many(event, self._many)
            case _:
                self._tell_one(event)

    def _readiness(self, event: LaneReady) -> None:
        """Say once that a lane is ready, or why it cannot be."""
        said = words.readiness(event)
        if not (event.ready or event.failed):
            self._ready.pop(event.lane, None)
        elif self._ready.get(event.lane) != said:
            self._ready[event.lane] = said
            self.say(said)

    def _start(self, event: IterationStarted) -> None:
        names = ", ".join(lane.name for lane in event.lanes)
        each = max(1, len(event.rows)) * event.repeat
        what = f"Iteration {event.iteration} goes to {names}."
        if each > 1:
            self._many = self.model.fold.iterations[event.iteration]
            rows = f"{plural(len(event.rows), 'data row')}, " if event.rows else ""
            what = f"{what} {rows}{each * len(event.lanes)} answers."
        self.say(f"{what} Ctrl+C stops it.")

    def _tell_one(self, event: Event) -> None:
        attempts = self.model.fold.attempts
        match event:
            case LaneStatus() if event.status != "connecting":
                self.say(f"{attempts[event.attempt].queued.lane}: {event.status}.")
            case AttemptStarted():
                self._began.discard(event.attempt)
            case Chunks() if event.attempt not in self._began and event.channel == "answer":
                self._began.add(event.attempt)
                name = attempts[event.attempt].queued.lane
                self.say(f"{name}: first words after {words.time(event.pieces[0][0])}.")
            case FailedFirst() if event.kind != "provider":
                attempt = attempts[event.attempt]
                if attempt.first_failure is not None:
                    self.say(f"{attempt.queued.lane} {words.failure(attempt.first_failure)}.")
            case AttemptEnded():
                self.say(words.verdict(attempts[event.attempt], heard=True))
            case _:
                pass

    def _tell_many(self, event: Event, race: LiveIteration) -> None:
        if isinstance(event, FailedFirst):
            self._failed += 1
            if self._failed == 1:
                self.say(f"First failure: {words.which(self.model.fold.attempts[event.attempt])}.")
        elif isinstance(event, AttemptEnded):
            self._ended += 1
            tenth = TENTHS * self._ended // self._total(race)
            if self._tenth < tenth < TENTHS and self._clock() - self._spoke >= APART:
                self._tenth = tenth
                self.say(self._progress(race))

    # -- progress -------------------------------------------------------------------------------

    def patience(self) -> float:
        """Return for how many seconds it may still be silent."""
        return max(0.0, self._spoke + self._wait - self._clock())

    def breathe(self) -> None:
        """Say that it still runs, when nothing was said for long."""
        if self.patience() > 0:
            return
        current = self.model.iteration
        self._wait = min(LONGEST, 2 * self._wait)
        after = words.time((self._clock() - self._started) * 1000)
        if self._many is not None:
            self.say(f"Still running after {after}: {self._progress(self._many)}")
            return
        attempts = () if current is None else current.attempts.values()
        running = [words.so_far(a) for a in attempts if a.live]
        self.say(f"Still running after {after}: {', '.join(running) or 'waiting'}.")

    def _progress(self, race: LiveIteration) -> str:
        return f"{self._ended} of {self._total(race)} answers, {self._failed} failed."

    def _total(self, race: LiveIteration) -> int:
        started = race.started
        wanted = max(1, len(started.rows)) * started.repeat * len(started.lanes)
        return max(wanted, len(race.attempts))

    # -- the end --------------------------------------------------------------------------------

    def finish(self, event: IterationEnded) -> None:
        """Say in one sentence what came of a race, then what was answered."""
        race = self.model.fold.iterations[event.iteration]
        self.say(words.summary(self.model, race))
        if self._many is not None:
            self.voice.say(*listing.tallies(self.model, race))
            if race.started.rows:
                self.voice.say("To hear which rows failed: rows")
            return
        for attempt in race.attempts.values():
            self._answer(attempt)

    def _answer(self, attempt: LiveAttempt) -> None:
        if self.answer_lines != 0 and (attempt.text or self.answer_lines is None):
            self.voice.say(*words.answer(attempt, self.answer_lines))
