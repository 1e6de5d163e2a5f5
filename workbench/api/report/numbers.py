"""Rates and moments as people read them in a report."""

from __future__ import annotations

from datetime import UTC, datetime

from workbench.figures import UNKNOWN
from workbench.measure.intervals import Rate


def share(rate: Rate | None) -> tuple[str, str]:
    """Return a rate as ``67%`` and ``35% to 88%, 6 of 9``: never shown without the second part."""
    if rate is None:
        return UNKNOWN, "nothing decided"
    return f"{rate.value:.0%}", f"{rate.between()}, {rate.count} of {rate.total}"


def moment(utc: str) -> str:
    """Return an ISO 8601 moment to the second, for people; anything else as it is."""
    try:
        when = datetime.fromisoformat(utc).astimezone(UTC)
    except (ValueError, OverflowError):
        return utc
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"
