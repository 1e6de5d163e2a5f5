"""The one fold that makes records out of events, wherever they come from: a running engine, a
session file or a replay. Live and replay cannot disagree because both go through here.

:class:`SessionFold` is fed events in order and keeps mutable state that a screen can read cheaply
while it streams; :meth:`SessionFold.session` and :meth:`LiveAttempt.record` give frozen records.
An event about an attempt or iteration nobody started is ignored and counted in ``strays``: a
damaged session file loses what was damaged, not what follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.model.attempt import TERMINAL, Attempt, AttemptState, JudgeReply, Tokens
from workbench.model.events import (
    Annotated,
    AttemptAborted,
    AttemptEnded,
    AttemptQueued,
    AttemptStarted,
    Chunks,
    Earlier,
    Event,
    FailedFirst,
    IterationEnded,
    IterationStarted,
    Judged,
    LaneReady,
    LaneStatus,
    Notice,
    SessionStarted,
    VerdictReached,
)
from workbench.model.session import Iteration, Session
from workbench.model.verdict import CheckResult, FirstFailure, Severity, VerdictName


class LiveAttempt:
    """The state of one attempt while its events arrive.

    ``parts`` are the answer's chunk texts in order (never joined while streaming), ``chars`` their
    total length and ``reasoning_chars`` that of the reasoning; ``version`` grows with every event,
    so that a widget can see cheaply whether anything changed.
    """

    __slots__ = (
        "aborted_by",
        "chars",
        "checks",
        "ended",
        "first_failure",
        "iteration",
        "judged",
        "parts",
        "queued",
        "reasoning_chars",
        "reasoning_parts",
        "reasoning_times",
        "started",
        "state",
        "status",
        "times",
        "version",
    )

    def __init__(self, queued: AttemptQueued) -> None:
        self.queued = queued
        self.iteration = queued.iteration
        self.state: AttemptState = "queued"
        self.status = ""
        self.started: AttemptStarted | None = None
        self.parts: list[str] = []
        self.times: list[float] = []
        self.reasoning_parts: list[str] = []
        self.reasoning_times: list[float] = []
        self.chars = 0
        self.reasoning_chars = 0
        severities: tuple[Severity, ...] = queued.severities or tuple("fail" for _ in queued.checks)
        self.judged: list[JudgeReply] = []
        self.checks: list[CheckResult] = [
            CheckResult(name, severity=severity)
            for name, severity in zip(queued.checks, severities, strict=False)
        ]
        self.first_failure: FirstFailure | None = None
        self.aborted_by: AttemptAborted | None = None
        self.ended: AttemptEnded | None = None
        self.version = 0

    @property
    def number(self) -> int:
        """The attempt's number within its session."""
        return self.queued.attempt

    @property
    def live(self) -> bool:
        """True until the attempt has ended."""
        return self.state not in TERMINAL

    @property
    def ttft_ms(self) -> float | None:
        """Time to the first answer text in milliseconds."""
        return self.times[0] if self.times else None

    @property
    def text(self) -> str:
        """The answer so far (joins all parts: not for every frame)."""
        return "".join(self.parts)

    @property
    def verdict(self) -> VerdictName:
        """The attempt's verdict from its checks and its end. Warnings never fail an attempt."""
        if self.first_failure is not None:
            return "error" if self.first_failure.kind == "provider" else "fail"
        counted = [c.verdict for c in self.checks if c.severity == "fail"]
        if "error" in counted or self.state == "error":
            return "error"
        if self.live or self.state in ("cancelled", "aborted") or "pending" in counted:
            return "pending"
        return "pass"

    def apply(self, event: Event) -> None:
        """Take one event about this attempt."""
        self.version += 1
        match event:
            case Chunks():
                self._take_chunks(event)
            case VerdictReached():
                self._take_verdict(event)
            case LaneStatus() if self.live:
                self.status = event.status
                self.state = "connecting" if self.state == "queued" else self.state
            case AttemptStarted():
                self.started = event
                self.state = "waiting"
                self.status = ""
            case FailedFirst():
                self.first_failure = _first_failure(event)
            case Judged():
                reply = JudgeReply(event.index, event.text, event.ms, event.tokens, event.usd)
                self.judged.append(reply)
            case AttemptAborted():
                self.aborted_by = event
            case AttemptEnded():
                self.ended = event
                self.state = event.state
                self.status = ""
            case _:
                pass

    def _take_chunks(self, event: Chunks) -> None:
        thought = event.channel == "reasoning"
        parts = self.reasoning_parts if thought else self.parts
        times = self.reasoning_times if thought else self.times
        chars = 0
        for ms, text in event.pieces:
            times.append(ms)
            parts.append(text)
            chars += len(text)
        if thought:
            self.reasoning_chars += chars
        else:
            self.chars += chars
            self.state = "streaming" if self.live else self.state

    def _take_verdict(self, event: VerdictReached) -> None:
        if not 0 <= event.index < len(self.checks):
            return
        self.checks[event.index] = CheckResult(
            event.name,
            event.verdict,
            event.at_char,
            event.at_token,
            event.ms,
            event.reason,
            event.span,
            event.severity,
        )

    def record(self) -> Attempt:
        """Return the frozen record as of now."""
        queued, started = self.queued, self.started
        end = self.ended or _NOT_YET
        return Attempt(
            number=queued.attempt,
            iteration=queued.iteration,
            lane=queued.lane,
            model=queued.model,
            repeat=queued.repeat,
            state=self.state,
            text=self.text,
            reasoning="".join(self.reasoning_parts) if self.reasoning_parts else None,
            chunks=tuple(zip(self.times, self.parts, strict=True)),
            reasoning_chunks=tuple(zip(self.reasoning_times, self.reasoning_parts, strict=True)),
            checks=tuple(self.checks),
            verdict=self.verdict,
            first_failure=self.first_failure,
            utc=started.utc if started else None,
            race_ms=started.race_ms if started else 0.0,
            connect_ms=started.connect_ms if started else None,
            reasoning_ttft_ms=self.reasoning_times[0] if self.reasoning_times else None,
            ttft_ms=self.ttft_ms,
            abort_ms=self.aborted_by.ms if self.aborted_by else None,
            retry_of=queued.retry_of,
            fallback_of=queued.fallback_of,
            origin=(started.origin if started else None) or queued.origin,
            total_ms=end.ms if self.ended else None,
            clock_error_ms=end.clock_error_ms,
            tokens=end.tokens,
            tokens_per_s=_rate(end.tokens, [*self.reasoning_times, *self.times]),
            cost=end.cost,
            avoided=end.avoided,
            audit=end.audit,
            judged=tuple(self.judged),
            finish_reason=end.finish_reason,
            error=end.error,
            served_model=end.served_model,
            request_id=end.request_id,
            provider_data=dict(end.provider_data),
            row=queued.row,
        )


def _first_failure(event: FailedFirst) -> FirstFailure:
    return FirstFailure(
        event.kind, event.check, event.at_char, event.at_token, event.ms, event.reason
    )


_NOT_YET = AttemptEnded(0, "queued", 0.0)
"""What is known of an end that has not come: nothing."""


def _rate(tokens: Tokens, times: list[float]) -> float | None:
    """Output tokens ÷ (last − first chunk), per second; None when either is unknown."""
    if tokens.output is None or len(times) < 2 or times[-1] <= times[0]:
        return None
    return tokens.output / ((times[-1] - times[0]) / 1000)


class LiveIteration:
    """The state of one iteration while its attempts run; attempts stand in order of number."""

    __slots__ = ("attempts", "ended", "marks", "started")

    def __init__(self, started: IterationStarted) -> None:
        self.started = started
        self.attempts: dict[int, LiveAttempt] = {}
        self.ended: IterationEnded | None = None
        self.marks = Annotated(started.iteration, "", "", False, "")

    @property
    def number(self) -> int:
        """The iteration's number within its session."""
        return self.started.iteration

    @property
    def running(self) -> bool:
        """True until the race is over."""
        return self.ended is None

    def annotate(self, mark: Annotated) -> None:
        """Lay a person's mark over the earlier ones; None leaves a field as it was."""
        old = self.marks
        self.marks = Annotated(
            mark.iteration,
            mark.utc,
            old.name if mark.name is None else mark.name,
            old.star if mark.star is None else mark.star,
            old.note if mark.note is None else mark.note,
        )

    def record(self) -> Iteration:
        """Return the frozen record as of now."""
        s = self.started
        return Iteration(
            number=s.iteration,
            prompt=s.prompt,
            lanes=s.lanes,
            checks=s.checks,
            utc=s.utc,
            parent=s.parent,
            variables=dict(s.variables),
            abort=s.abort,
            abort_on=s.abort_on,
            repeat=s.repeat,
            sequential=s.sequential,
            attempts=tuple(a.record() for a in self.attempts.values()),
            total_ms=self.ended.ms if self.ended else None,
            name=self.marks.name or "",
            star=bool(self.marks.star),
            note=self.marks.note or "",
            rows=s.rows,
            at_once=s.at_once,
        )


class SessionFold:
    """Feed it every event of a session, in order."""

    def __init__(self) -> None:
        self.head: SessionStarted | None = None
        self.iterations: dict[int, LiveIteration] = {}
        self.attempts: dict[int, LiveAttempt] = {}
        self.lanes: dict[str, LaneReady] = {}
        self.notices: list[Notice] = []
        self.earlier = 0
        self.strays = 0
        self._newest = 0
        self._unsorted = False

    def apply(self, event: Event) -> None:
        """Take one event. Never raises on events that do not fit: they count as ``strays``."""
        match event:
            case SessionStarted():
                self.head = self.head or event
            case IterationStarted():
                self._take_start(event)
            case AttemptQueued():
                self._take_attempt(event)
            case IterationEnded() | Annotated():
                self._take_iteration(event)
            case Notice():
                self.notices.append(event)
            case LaneReady():
                self.lanes[event.lane] = event
            case Earlier():
                self.earlier = event.count
            case _:
                attempt = self.attempts.get(getattr(event, "attempt", 0))
                if attempt is None:
                    self.strays += 1
                else:
                    attempt.apply(event)

    def _take_start(self, event: IterationStarted) -> None:
        if event.iteration in self.iterations:
            self.strays += 1
            return
        self._unsorted |= event.iteration < self._newest
        self._newest = max(self._newest, event.iteration)
        self.iterations[event.iteration] = LiveIteration(event)

    def _take_attempt(self, event: AttemptQueued) -> None:
        iteration = self.iterations.get(event.iteration)
        if iteration is None or event.attempt in self.attempts:
            self.strays += 1
            return
        attempt = LiveAttempt(event)
        self.attempts[event.attempt] = attempt
        iteration.attempts[event.attempt] = attempt

    def _take_iteration(self, event: IterationEnded | Annotated) -> None:
        iteration = self.iterations.get(event.iteration)
        if iteration is None:
            self.strays += 1
        elif isinstance(event, IterationEnded):
            iteration.ended = event
        else:
            iteration.annotate(event)

    def apply_all(self, events: Iterable[Event]) -> SessionFold:
        """Take many events and return self."""
        for event in events:
            self.apply(event)
        self.settle()
        return self

    def settle(self) -> None:
        """Put iterations that were said after newer ones (see ``LoadEarlier``) in their place."""
        if self._unsorted:
            self._unsorted = False
            self.iterations = dict(sorted(self.iterations.items()))
            self.attempts = dict(sorted(self.attempts.items()))

    def forget(self, number: int) -> None:
        """Let go of an iteration and its attempts; it counts as an earlier one from now on."""
        iteration = self.iterations.pop(number, None)
        self.earlier += iteration is not None
        for attempt in iteration.attempts if iteration is not None else ():
            self.attempts.pop(attempt, None)

    def session(self, fallback: Mapping[str, str] | None = None) -> Session:
        """Return the frozen record of the whole session.

        *fallback* fills ``id``, ``title``, ``utc`` and ``app`` where the head was lost.
        """
        given = fallback or {}
        head = self.head or SessionStarted(
            given.get("id", ""), given.get("title", ""), given.get("utc", ""), given.get("app", "")
        )
        return Session(
            id=head.id,
            title=head.title,
            utc=head.utc,
            app=head.app,
            iterations=tuple(i.record() for i in self.iterations.values()),
        )
