"""Numbers as people read them in a report."""

from __future__ import annotations

from datetime import UTC, datetime

from workbench.measure.intervals import Rate

UNKNOWN = "\u2013"


def duration(ms: float | None) -> str:
    """Return milliseconds as ``180 ms``, ``2.4 s`` or ``3 min 5 s``."""
    if ms is None:
        return UNKNOWN
    if ms < 1000:
        return f"{ms:.0f} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    minutes, seconds = divmod(round(ms / 1000), 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    return f"{minutes // 60} h {minutes % 60} min"


def share(rate: Rate | None) -> tuple[str, str]:
    """Return a rate as ``67 %`` and ``35-88 %, 6 of 9``: never shown without the second part."""
    if rate is None:
        return UNKNOWN, "nothing decided"
    low, high = 100 * rate.low, 100 * rate.high
    interval = f"{low:.0f}\u2013{high:.0f}\u00a0%, {rate.count} of {rate.total}"
    return f"{100 * rate.value:.0f}\u00a0%", interval


def moment(utc: str) -> str:
    """Return an ISO 8601 moment to the second, for people; anything else as it is."""
    try:
        when = datetime.fromisoformat(utc).astimezone(UTC)
    except (ValueError, OverflowError):
        return utc
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def money(usd: float | None) -> str:
    """Return US dollars with the digits that matter; unknown is never zero."""
    if usd is None:
        return "unknown"
    if usd == 0:
        return "$0"
    return f"${usd:.2f}" if usd >= 1 else f"${usd:.3g}"


def count(value: float | None) -> str:
    """Return a whole number with thin separators."""
    return UNKNOWN if value is None else f"{value:,.0f}".replace(",", "\u202f")
