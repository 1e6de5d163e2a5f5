"""Auditing aborts: a share of aborted answers runs on, unseen, to see whether the abort was right.

The screen, the record and the statistics treat an audited attempt as aborted where it was aborted.
Its stream is read to the end all the same, and the check that failed is asked anew about the whole
answer: a *false abort* is one whose check then passes. What the abort would have saved is known
instead of estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from workbench.checks.pipeline import Pipeline
from workbench.engine.judging import StreamJudge
from workbench.model.attempt import Audit, Avoided, Channel
from workbench.model.events import VerdictReached
from workbench.model.verdict import VerdictName

Chunk = tuple[float, str, Channel]


class Shadow:
    """What goes on unseen after an abort."""

    def __init__(
        self, abort: VerdictReached, seen: list[Chunk], fresh: Callable[[], Pipeline]
    ) -> None:
        self._abort = abort
        self._chunks = seen
        self._seen = len(seen)
        self._fresh = fresh

    def add(self, ms: float, text: str, channel: Channel) -> None:
        """Take a chunk nobody will see."""
        self._chunks.append((ms, text, channel))

    def audit(self, ms: float, output: int | None) -> Generator[None, None, Audit]:
        """Ask the failed check about the whole answer, which ended at *ms*; yields so that the
        caller can let others go on.

        *output* is how many output tokens the provider counted in all, if it said so.
        """
        judge = StreamJudge(0, self._fresh())
        verdicts: list[VerdictReached] = []
        for m, text, channel in self._chunks:
            judged = yield from judge.slices(m, text, channel)
            verdicts += judged.verdicts
            yield
        verdicts += judge.end(ms).verdicts
        said: VerdictName = next(
            (v.verdict for v in verdicts if v.index == self._abort.index), "error"
        )
        rest = "".join(
            text for _, text, channel in self._chunks[self._seen :] if channel == "answer"
        )
        counted = output is not None
        return Audit(
            false_abort=said == "pass",
            verdict=said,
            rest=rest,
            ms=round(ms, 3),
            output=len(self._chunks) if output is None else output,
            source="measured" if counted else "estimated",
        )

    def avoided(self, audit: Audit, tokens_at_abort: int, usd_per_token: float | None) -> Avoided:
        """Return what the abort would have saved, now that the rest is known."""
        left = max(0, audit.output - tokens_at_abort)
        return Avoided(
            tokens=left,
            seconds=round((audit.ms - self._abort.ms) / 1000, 3),
            usd=None if usd_per_token is None else left * usd_per_token,
            source=audit.source,
            how="audited: the answer ran on, unseen, to its end",
        )
