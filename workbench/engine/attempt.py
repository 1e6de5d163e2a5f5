"""One attempt: provider → stamp → checks → events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from random import random
from time import monotonic_ns

from workbench.checks.pipeline import Pipeline
from workbench.engine.abort import AbortPolicy, LaneHistory
from workbench.engine.audit import Chunk, Shadow
from workbench.engine.clock import LoopClock
from workbench.engine.grading import RaceContext
from workbench.engine.judging import NOTHING, SLICE, Judgement, StreamJudge, by_turns
from workbench.engine.spending import NOT_ASKED, NOT_SENT, Spending
from workbench.errors import ProviderError
from workbench.model.attempt import (
    AttemptError,
    AttemptState,
    Audit,
    Avoided,
    Channel,
    Cost,
    Origin,
    Tokens,
)
from workbench.model.events import (
    AttemptAborted,
    AttemptEnded,
    AttemptStarted,
    Chunks,
    Event,
    Judged,
    LaneStatus,
)
from workbench.model.lane import Lane
from workbench.providers.base import Delta, Final, Provider, Request, Sent, StreamItem
from workbench.providers.turns import Turns
from workbench.records import dataclass

Emit = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Bench:
    """What every attempt of an engine works with.

    ``spending`` prices attempts; ``history`` knows what earlier answers of each lane looked like;
    ``clock`` reads the delay of the engine's loop, ``turns`` wakes those who read answers.
    """

    emit: Emit
    spending: Spending
    history: LaneHistory
    clock: LoopClock
    turns: Turns


class AttemptRun:
    """Runs one attempt to its end, whatever happens, and emits its events in order."""

    def __init__(
        self,
        number: int,
        lane: Lane,
        request: Request,
        pipeline: Pipeline,
        abort: AbortPolicy,
        bench: Bench,
        race_zero_ns: int,
        repeat: int = 1,
        fresh: Callable[[], Pipeline] | None = None,
    ) -> None:
        self.number = number
        self.repeat = repeat
        self.lane = lane
        self._request = request
        self._abort = abort
        self._bench = bench
        self._emit = bench.emit
        self._race_zero_ns = race_zero_ns
        self._fresh = fresh
        self._pipeline = pipeline
        self._shadow: Shadow | None = None
        self._kept: list[Chunk] = []
        self._judge = StreamJudge(number, pipeline, cost_so_far=self._cost_so_far)
        self._zero_ns: int | None = None
        self._begun_ns = monotonic_ns()
        self._origin: Origin = "live"
        self._final: Final | None = None
        self._so_far: Callable[[], Final] | None = None
        self._error: AttemptError | None = None
        self._stop: AttemptState | None = None
        self._reader: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._output: list[tuple[float, str]] = []
        self._channel: Channel = "answer"
        self._first_ms: float | None = None
        self._last_ms = 0.0
        self._mark: Sequence[int] = ()
        self._judging = False
        self._settling = False
        self._audit: Audit | None = None
        self._last_word: Judgement | None = None
        self.ended = False
        self.failure: ProviderError | None = None

    async def run(self, provider: Provider, pause_s: float = 0.0) -> None:
        """Prepare, stream, judge, end. Provider errors end the attempt, never the race.

        *pause_s* is waited before anything else. ``failure`` holds the provider's error afterwards,
        if that is how it ended.
        """
        self._mark = self._bench.clock.mark()
        waiting = f"trying again in {pause_s:.1f} s" if pause_s else "connecting"
        self._emit(LaneStatus(self.number, waiting))
        self._reader = asyncio.create_task(self._read(provider, pause_s))
        try:
            await self._reader
        except asyncio.CancelledError:
            if self._stop is None:  # not ours: the engine itself is being cancelled
                self._stop = "cancelled"
                self._finish()
                raise
        except ProviderError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - a defect of an adapter is this lane's alone
            broken = f"The adapter {self.lane.provider!r} broke: {error!r}."
            self._fail(ProviderError(broken, "This is a defect of Workbench; please report it."))
        try:
            await self._settle()
        except asyncio.CancelledError:
            self._stop = "cancelled"  # the thread may still be judging: nobody else does
            raise
        finally:
            self._finish()

    @property
    def text(self) -> str:
        """The answer, for checks that are graded at its end."""
        return "".join(text for _, text, channel in self._kept if channel == "answer")

    @property
    def answered(self) -> bool:
        """True when the provider's answer is whole."""
        return (
            self.ended and self._stop is None and self._final is not None and self._final.complete
        )

    async def grade(self, context: RaceContext) -> None:
        """Let the graded checks decide after the end; an answer that broke off is not graded."""
        try:
            if self.answered and self._shadow is None and self._pipeline.undecided and self._final:
                context.heard(self._final.provider_data)
                decided = await self._pipeline.grade(self.text, context)
                for index, replies in self._pipeline.replies.items():
                    for r in replies:
                        self._emit(Judged(self.number, index, r.text, r.ms, r.tokens, r.usd))
                self._announce_end(self._judge.graded(decided, self._ms(monotonic_ns())))
        finally:
            self._pipeline.close()

    def cancel(self) -> None:
        """Stop now, at the person's wish. What arrived is kept."""
        self._stop_reading("cancelled")
        if self._reader is None:
            self._finish()

    def _stop_reading(self, state: AttemptState) -> None:
        if self._stop is None and not self._settling and not self.ended:
            self._stop = state
            # The reader stops by itself when it is the one who asks: its own cancellation would
            # interrupt the closing of the stream.
            if self._reader is not None and asyncio.current_task() is not self._reader:
                self._reader.cancel()

    async def _read(self, provider: Provider, pause_s: float) -> None:
        if pause_s:
            await asyncio.sleep(pause_s)
            self._begun_ns = monotonic_ns()
        await provider.prepare(lambda text: self._emit(LaneStatus(self.number, text)))
        async with aclosing(provider.stream(self._request)) as stream:
            async for batch in stream:
                await self._take(batch)
                if self._stop is not None:
                    return

    async def _take(self, batch: Sequence[StreamItem]) -> None:
        for item in batch:
            if isinstance(item, Delta):
                if self._shadow is not None:
                    self._shadow.add(self._ms(item.stamp_ns), item.text, item.channel)
                elif len(item.text) > SLICE:
                    await self._take_long(item)
                else:
                    judged = self._judge.chunk(self._keep(item), item.text, item.channel)
                    if judged is not NOTHING:
                        self._announce(judged)
                if self._stop is not None:
                    break
            elif isinstance(item, Sent):
                self._start(item)
            else:
                self._final = item
        self._send_output()
        self._arm()

    def _start(self, sent: Sent) -> None:
        self._zero_ns = sent.stamp_ns
        self._so_far = sent.so_far
        race_ms = (sent.stamp_ns - self._race_zero_ns) / 1e6
        utc = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._origin = sent.origin
        origin = None if sent.origin == "live" else sent.origin
        self._emit(AttemptStarted(self.number, utc, round(race_ms, 3), sent.connect_ms, origin))

    async def _take_long(self, delta: Delta) -> None:
        """Take a chunk that other lanes cannot wait for; its timers wait until it is judged."""
        ms = self._keep(delta)
        self._disarm()
        self._judging = True
        try:
            self._announce(await by_turns(self._judge.slices(ms, delta.text, delta.channel)))
        finally:
            self._judging = False

    def _keep(self, delta: Delta) -> float:
        """Keep a chunk for the record and the next event; return when it came."""
        ms = self._ms(delta.stamp_ns)
        self._kept.append((ms, delta.text, delta.channel))
        if delta.channel != self._channel:
            self._send_output()
            self._channel = delta.channel
        if delta.text:
            self._output.append((ms, delta.text))
            self._first_ms = ms if self._first_ms is None else self._first_ms
            self._last_ms = ms
        return ms

    def _send_output(self) -> None:
        if self._output:
            self._emit(Chunks(self.number, tuple(self._output), self._channel))
            self._output = []

    def _announce(self, judged: Judgement) -> None:
        if judged.verdicts:
            self._send_output()
        self._announce_end(judged)
        for verdict in judged.verdicts:
            if self._stop or self._final or self._shadow or not self._abort.wants(verdict):
                continue
            audited = self._fresh is not None and self._abort.audits(verdict, random)
            self._emit(AttemptAborted(self.number, verdict.ms, verdict.name, audited))
            if audited and self._fresh is not None:
                self._shadow = Shadow(verdict, self._kept, self._fresh)
            else:
                self._stop_reading("aborted")

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        """Set the timer to when a check next wants to look at the clock, chunk or no chunk."""
        self._disarm()
        due = self._judge.due_ms
        if due is None or self._zero_ns is None or self._stop or self._final or self._shadow:
            return
        loop, turns = asyncio.get_running_loop(), self._bench.turns
        delay = max(0.0, (self._zero_ns - monotonic_ns()) / 1e9 + due / 1000)
        # Let the reader take first what arrived before the deadline and still waits.
        self._timer = loop.call_later(
            delay, turns.after, lambda: loop.call_soon(self._look_at_clock, due)
        )

    def _look_at_clock(self, due_ms: float) -> None:
        if self.ended or self._stop or self._final or self._shadow or self._judging:
            return
        if self._judge.due_ms != due_ms:
            return
        self._announce(self._judge.timer(due_ms))
        self._arm()

    def _fail(self, error: ProviderError) -> None:
        self._send_output()
        self.failure = error
        self._error = AttemptError(error.kind, error.message, error.hint, error.status, error.body)

    async def _settle(self) -> None:
        """Judge a whole answer that takes its time to be judged without holding up others."""
        final = self._final
        if self._stop is not None or self._error is not None or not (final and final.complete):
            return
        self._settling = True
        ms = self._ms(final.stamp_ns)
        if self._shadow is not None:
            self._audit = await by_turns(self._shadow.audit(ms, final.tokens.output))
        elif self._judge.heavy:
            self._send_output()
            self._last_word = await asyncio.to_thread(self._judge.end, ms)

    def _finish(self) -> None:
        """Emit what only the end knows; exactly once."""
        if self.ended:
            return
        self._disarm()
        self._send_output()
        now_ms = self._ms(self._final.stamp_ns if self._final else monotonic_ns())
        state = self._state()
        if self._stop is None and self._shadow is None:
            if self._error is not None:
                self._announce_end(self._judge.provider_failed(now_ms, self._error.message))
            elif self._final is None or not self._final.complete:
                reason = "The stream stopped before the provider said it was complete."
                self._announce_end(self._judge.provider_failed(now_ms, reason))
            else:
                self._announce_end(self._last_word or self._judge.end(now_ms))
        self.ended = True
        self._emit(self._end_event(state, now_ms))
        if not self.answered:
            self._pipeline.close()

    def _announce_end(self, judged: Judgement) -> None:
        for verdict in judged.verdicts:
            self._emit(verdict)
        if judged.failed is not None:
            self._emit(judged.failed)

    def _state(self) -> AttemptState:
        if self._shadow is not None:
            return "aborted"
        if self._stop is not None:
            return self._stop
        if self._error is not None:
            return "error"
        if self._final is None or not self._final.complete:
            return "truncated"
        return "truncated" if self._final.finish_reason == "length" else "complete"

    def _end_event(self, state: AttemptState, ms: float) -> AttemptEnded:
        final, bench, live = self._final, self._bench, self._origin == "live"
        so_far, self._so_far = self._so_far, None  # it holds all of the response
        final = so_far() if final is None and so_far is not None else final
        tokens = final.tokens if final else Tokens()
        if tokens.output is None:
            tokens = Tokens(
                tokens.prompt, self._judge.tokens, tokens.reasoning, tokens.cached, "estimated"
            )
        elif live and state in ("complete", "truncated") and self._first_ms is not None:
            bench.history.add(self.lane.name, tokens.output, self._first_ms, self._last_ms)
        return AttemptEnded(
            self.number,
            state,
            round(ms, 3),
            tokens=tokens,
            cost=self._cost(state, tokens),
            avoided=self._avoided() if live and state == "aborted" else None,
            finish_reason=final.finish_reason if final else None,
            error=self._error,
            clock_error_ms=bench.clock.error_ms(self._mark),
            served_model=final.served_model if final else None,
            request_id=final.request_id if final else None,
            provider_data=final.provider_data if final else {},
            audit=self._audit,
        )

    def _cost(self, state: AttemptState, tokens: Tokens) -> Cost:
        if self._origin != "live" or self._zero_ns is None:
            return NOT_SENT if self._origin == "live" else NOT_ASKED
        whole = self._final is not None and self._final.complete
        stopped = state in ("aborted", "cancelled") or self._judge.tokens > 0
        return self._bench.spending.cost(self.lane, tokens, cut=stopped and not whole)

    def _avoided(self) -> Avoided:
        usd = self._bench.spending.price(self.lane, Tokens(0, 1, source="estimated")).usd
        if self._audit is not None and self._shadow is not None:
            return self._shadow.avoided(self._audit, self._judge.tokens, usd)
        cap = self._request.params.max_tokens
        counted, pace = self._judge.tokens, self._pace_ms()
        found = self._bench.history.avoided(self.lane.name, counted, pace, cap, usd)
        return self._bench.spending.saved(self.lane, found)

    def _pace_ms(self) -> float | None:
        count = self._judge.tokens
        if count < 2 or self._first_ms is None or self._last_ms <= self._first_ms:
            return None
        return (self._last_ms - self._first_ms) / (count - 1)

    def _cost_so_far(self, tokens: int) -> float | None:
        so_far = Tokens(self._request.prompt_tokens, tokens, source="estimated")
        return self._bench.spending.price(self.lane, so_far).usd

    def _ms(self, stamp_ns: int) -> float:
        """Milliseconds on the attempt's clock; before it starts, since the attempt began."""
        zero = self._begun_ns if self._zero_ns is None else self._zero_ns
        return round((stamp_ns - zero) / 1e6, 3)
