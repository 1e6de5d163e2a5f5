"""The pipeline: all checks of one attempt, fed together on the engine's hot path."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, cast

from workbench.checks.base import (
    Check,
    CodeCheck,
    Context,
    GradedCheck,
    Progress,
    Reply,
    TimedCheck,
)
from workbench.checks.syntax import CheckSpec
from workbench.model.verdict import Decision, Severity

_LOG = logging.getLogger(__name__)

LONG = 20_000
"""Longer answers are judged at their end in a thread, whatever the checks."""

Decided = list[tuple[int, Decision]]
"""Decisions with the place of their check among all checks of the attempt."""


class Pipeline:
    """Feeds every check of one attempt and collects their decisions, each exactly once.

    A check that raises is decided as ``error``, for that check alone; nothing a check does can
    raise from here. ``names`` and ``severities`` stand in the order of the specs; equal labels
    are told apart by a number. User code runs only when *trusted*. With *grading*, ``finish``
    leaves the checks that need the engine undecided: await :meth:`grade` for them.
    """

    def __init__(
        self, specs: Sequence[CheckSpec], *, trusted: bool = False, grading: bool = False
    ) -> None:
        self.kinds = tuple(spec.name for spec in specs)
        self.names = unique(spec.label for spec in specs)
        self.severities: tuple[Severity, ...] = tuple(spec.severity for spec in specs)
        self._heavy = tuple(any(part.definition.heavy for part in spec.parts()) for spec in specs)
        self.chars = 0
        self._negated = tuple(spec.negated for spec in specs)
        self._checks: dict[int, Check] = {}
        self._feeds: list[tuple[int, Callable[[str], Decision | None]]] = []
        self._timed: list[tuple[int, TimedCheck]] = []
        self._stillborn: Decided = []
        self._grading = grading
        self.replies: dict[int, tuple[Reply, ...]] = {}
        for index, spec in enumerate(specs):
            try:
                check = spec.make()
            except Exception as error:  # noqa: BLE001 - a check's crash is that check's own
                self._stillborn.append((index, self._crash(index, error)))
                continue
            self._checks[index] = check
            self._feeds.append((index, check.feed))
            if trusted and hasattr(check, "trust"):
                cast("CodeCheck", check).trust()
            if hasattr(check, "due_ms"):  # isinstance on a protocol costs 20 µs
                self._timed.append((index, cast("TimedCheck", check)))

    @property
    def watching(self) -> bool:
        """True while a check is left that looks at clock, tokens or cost."""
        return bool(self._timed)

    @property
    def heavy(self) -> bool:
        """True when :meth:`finish` may take so long that others should not wait for it."""
        return self.chars > LONG or any(self._heavy[index] for index in self._checks)

    @property
    def undecided(self) -> tuple[int, ...]:
        """The places of the checks that have not decided yet."""
        return tuple(self._checks)

    def feed(self, text: str, progress: Progress) -> Decided:
        """Give the next chunk of answer text to every undecided check; return new decisions."""
        decided = self.take(text)
        return decided + self.tick(progress) if self._timed else decided

    def take(self, text: str) -> Decided:
        """Like :meth:`feed`, for a part of a chunk: without a look at clock and counters."""
        decided: Decided = []
        if self._stillborn:
            decided, self._stillborn = self._stillborn, []
        self.chars += len(text)
        for index, feed in self._feeds:
            try:
                decision = feed(text)
            except Exception as error:  # noqa: BLE001 - a check's crash is that check's own
                decision = self._crash(index, error)
            if decision is not None:
                decided.append((index, decision))
        return self._settle(decided) if decided else decided

    def tick(self, progress: Progress) -> Decided:
        """Let the checks that look at clock and counters decide; return new decisions."""
        decided: Decided = []
        for index, check in self._timed:
            try:
                decision = check.tick(progress)
            except Exception as error:  # noqa: BLE001 - a check's crash is that check's own
                decision = self._crash(index, error)
            if decision is not None:
                decided.append((index, decision))
        return self._settle(decided) if decided else decided

    def finish(self, progress: Progress) -> Decided:
        """The answer is complete: let every undecided check decide. Call it once."""
        decided = self._settle(self._stillborn) + self.tick(progress)
        self._stillborn = []
        last: Decided = []
        for index, check in self._checks.items():
            try:
                if self._grading and hasattr(check, "grade"):
                    settled = check.settle() if hasattr(check, "settle") else None
                    last += [(index, settled)] if settled is not None else []
                else:
                    last.append((index, check.finish()))
            except Exception as error:  # noqa: BLE001 - a check's crash is that check's own
                last.append((index, self._crash(index, error)))
        return decided + self._settle(last)

    async def grade(self, text: str, context: Context) -> Decided:
        """Let the checks decide that ``finish`` left to the engine, all at the same time.

        *text* is the whole answer. What other lanes replied is then in ``replies``, by the place
        of the check: its time and cost are not the attempt's.
        """
        found = await asyncio.gather(
            *(self._grade(index, text, context) for index in self.undecided)
        )
        return self._settle(list(found))

    async def _grade(self, index: int, text: str, context: Context) -> tuple[int, Decision]:
        try:
            graded = await cast("GradedCheck", self._checks[index]).grade(text, context)
        except Exception as error:  # noqa: BLE001 - a check's crash is that check's own
            return index, self._crash(index, error)
        self.replies[index] = graded.replies
        return index, graded.decision

    def close(self) -> None:
        """End what undecided checks have started (processes of user code). Never raises."""
        for index, check in self._checks.items():
            if hasattr(check, "stop"):
                try:
                    cast("CodeCheck", check).stop()
                except OSError:
                    _LOG.warning("check %s: stop", self.names[index], exc_info=True)

    def next_due_ms(self) -> float | None:
        """Return when to call :meth:`tick` even if no chunk comes, on the attempt's clock."""
        earliest: float | None = None
        for index, check in self._timed:
            try:
                due = check.due_ms()
            except Exception:  # noqa: BLE001 - a check's crash is that check's own
                # The next tick of it will very likely raise too and becomes its error.
                _LOG.exception("check %s: due_ms", self.names[index])
                continue
            if due is not None and (earliest is None or due < earliest):
                earliest = due
        return earliest

    def _settle(self, decided: Decided) -> Decided:
        """Take the decided checks out, and turn around the word of negated ones."""
        settled = [
            (index, negate(decision) if self._negated[index] else decision)
            for index, decision in decided
        ]
        done = {index for index, _ in settled}
        for index in done:
            self._checks.pop(index, None)
        self._feeds = [entry for entry in self._feeds if entry[0] not in done]
        self._timed = [entry for entry in self._timed if entry[0] not in done]
        return settled

    def _crash(self, index: int, error: Exception) -> Decision:
        _LOG.warning("check %s crashed", self.names[index], exc_info=error)
        what = str(error) or "no message"
        return Decision("error", self.chars, f"the check crashed: {type(error).__name__}: {what}")


def negate(decision: Decision) -> Decision:
    """Return the decision with pass and fail exchanged; an error stays an error."""
    if decision.verdict == "error":
        return decision
    reason = f"negated: {decision.reason}"
    verdict: Literal["pass", "fail"] = "fail" if decision.verdict == "pass" else "pass"
    return Decision(verdict, decision.at_char, reason, decision.span)


def unique(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the labels, later equal ones with `` #2``, `` #3``... behind them."""
    seen: set[str] = set()
    result = []
    for label in labels:
        name, count = label, 1
        while name in seen:
            count += 1
            name = f"{label} #{count}"
        seen.add(name)
        result.append(name)
    return tuple(result)
