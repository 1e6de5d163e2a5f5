"""Which attempts count, and how many of a lane's passed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.measure.intervals import Rate, wilson
from workbench.model.attempt import Attempt


def counted(attempts: Sequence[Attempt]) -> Iterator[tuple[str, Attempt]]:
    """Yield the attempts of one iteration that count, each with the lane it stands for.

    An attempt that was tried again or had a fallback does not count: the last one does, for the
    lane that was asked first.
    """
    known = {attempt.number: attempt for attempt in attempts}
    before = {a.number: a.retry_of or a.fallback_of for a in attempts}
    followed = set(before.values())
    for attempt in attempts:
        if attempt.number not in followed:
            first = attempt
            while (earlier := known.get(before[first.number] or 0)) is not None:
                first = earlier
            yield first.lane, attempt


def pass_rates(attempts: Sequence[Attempt]) -> dict[str, Rate | None]:
    """Return for each lane of one iteration the share of its decided attempts that passed.

    Decided is what passed, failed or ended in an error; None where nothing is.
    """
    found: dict[str, list[bool]] = {}
    for lane, attempt in counted(attempts):
        passed = found.setdefault(lane, [])
        if attempt.verdict != "pending":
            passed.append(attempt.verdict == "pass")
    return {lane: wilson(sum(passed), len(passed)) for lane, passed in found.items()}
