"""False aborts: how often an aborted answer would have passed the check that aborted it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.measure.intervals import Rate, wilson
from workbench.model.attempt import Attempt
from workbench.records import dataclass
from workbench.text import plural


@dataclass(frozen=True, slots=True)
class AuditReport:
    """``aborted`` answers in all, ``audited`` ones that ran on to their end, ``false_aborts``
    among those; ``rate`` is their share with its 95 % Wilson interval, None when none was audited.
    """

    aborted: int
    audited: int
    false_aborts: int
    rate: Rate | None

    def sentence(self) -> str:
        """Return the report as a sentence."""
        aborted = plural(self.aborted, "aborted answer")
        if self.rate is None:
            return f"audit: none of {aborted} ran on."
        return (
            f"audit: {self.audited} of {aborted} ran on, unseen; "
            f"{plural(self.false_aborts, 'false abort')}, {self.rate.value:.0%} "
            f"(95 % interval {self.rate.between()})."
        )


def audit_of(aborted: int, false_aborts: Sequence[bool]) -> AuditReport:
    """Return the report over *aborted* answers, of which *false_aborts* holds whether the abort was
    false for each that ran on to its end.
    """
    false = sum(false_aborts)
    rate = wilson(false, len(false_aborts))
    return AuditReport(aborted, len(false_aborts), false, rate)


def audit_report(attempts: Iterable[Attempt]) -> AuditReport:
    """Return the report over all aborted attempts."""
    aborted = [a for a in attempts if a.state == "aborted"]
    return audit_of(len(aborted), [a.audit.false_abort for a in aborted if a.audit is not None])
