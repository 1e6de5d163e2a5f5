"""False aborts: how often an aborted answer would have passed the check that aborted it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.measure.intervals import Rate, wilson
from workbench.model.attempt import Attempt


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
        if self.rate is None:
            return f"audit: none of {self.aborted} aborted answers ran on."
        return (
            f"audit: {self.audited} of {self.aborted} aborted answers ran on, unseen; "
            f"{self.false_aborts} false aborts, {self.rate.value:.0%} "
            f"(95 % interval {self.rate.low:.0%} to {self.rate.high:.0%})."
        )


def audit_report(attempts: Iterable[Attempt]) -> AuditReport:
    """Return the report over all aborted attempts."""
    aborted = [a for a in attempts if a.state == "aborted"]
    audits = [a.audit for a in aborted if a.audit is not None]
    false = sum(audit.false_abort for audit in audits)
    return AuditReport(len(aborted), len(audits), false, wilson(false, len(audits)))
