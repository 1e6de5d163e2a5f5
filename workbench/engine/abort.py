"""When a failing lane is cancelled, and what that saved."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import median

from workbench.model.attempt import Avoided
from workbench.model.events import AbortMode, VerdictReached
from workbench.model.fold import SessionFold
from workbench.records import dataclass

_LATEST = 256


@dataclass(frozen=True, slots=True)
class AbortPolicy:
    """``off``: never; ``first``: on the first failure; ``named``: on a failure of those checks.

    ``audit`` is the share (0 to 1) of aborted attempts that run on unseen. ``cap`` is the lane's
    own limit of cost: when that check fails the attempt ends in any mode, and never runs on.
    """

    mode: AbortMode = "off"
    names: tuple[str, ...] = ()
    audit: float = 0.0
    cap: str | None = None

    def wants(self, verdict: VerdictReached) -> bool:
        """Return whether this verdict cancels the lane. Warnings and check errors never do."""
        if verdict.verdict != "fail" or verdict.severity != "fail":
            return False
        if verdict.name == self.cap:
            return True
        if self.mode == "off":
            return False
        return self.mode == "first" or any(
            verdict.name == name or verdict.name.startswith(name + ":") for name in self.names
        )

    def audits(self, verdict: VerdictReached, draw: Callable[[], float]) -> bool:
        """Return whether this abort is one of the share that runs on; *draw* gives 0 to 1."""
        return verdict.name != self.cap and draw() < self.audit


class LaneHistory:
    """What the latest finished answers of each lane looked like, to estimate by."""

    def __init__(self) -> None:
        self._tokens: dict[str, deque[int]] = {}
        self._ms_per_token: dict[str, deque[float]] = {}

    def add(self, lane: str, tokens: int, first_ms: float, last_ms: float) -> None:
        """Note a finished answer: its output tokens and the times of its first and last chunk."""
        self._tokens.setdefault(lane, deque(maxlen=_LATEST)).append(tokens)
        if tokens > 1 and last_ms > first_ms:
            pace = (last_ms - first_ms) / (tokens - 1)
            self._ms_per_token.setdefault(lane, deque(maxlen=_LATEST)).append(pace)

    def learn(self, fold: SessionFold) -> None:
        """Take over the finished answers of a session that was opened."""
        for attempt in fold.attempts.values():
            ended = attempt.ended
            if attempt.times and ended is not None and ended.state in ("complete", "truncated"):
                tokens = ended.tokens.output or len(attempt.times)
                self.add(attempt.queued.lane, tokens, attempt.times[0], attempt.times[-1])

    def avoided(
        self,
        lane: str,
        tokens: int,
        pace_ms: float | None,
        cap: int | None,
        usd_per_token: float | None,
    ) -> Avoided:
        """Estimate what aborting after *tokens* saved.

        The expected length is the median of this lane's finished answers in the session; with
        none, the lane's ``max_tokens`` is an upper bound. *pace_ms* is this attempt's own time
        per token, if it had two. Unknown when neither length is known.
        """
        finished = self._tokens.get(lane)
        if finished:
            expected = int(median(finished))
            count = len(finished)
            how = f"median length of {count} finished answer{'s' if count > 1 else ''} of this lane"
        elif cap is not None:
            expected, how = cap, "at most: the lane's max_tokens"
        else:
            return Avoided(how="no finished answer of this lane and no max_tokens to estimate from")
        left = max(0, expected - tokens)
        pace = pace_ms
        if pace is None and lane in self._ms_per_token:
            pace = median(self._ms_per_token[lane])
        return Avoided(
            tokens=left,
            seconds=None if pace is None else round(left * pace / 1000, 3),
            usd=None if usd_per_token is None else left * usd_per_token,
            source="estimated",
            how=how,
        )
