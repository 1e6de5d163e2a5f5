"""Numbers as people read them: one way for each kind, on screens, in tables and reports alike."""

from __future__ import annotations

MINUS = "\u2212"
UNKNOWN = "\u2013"

_DURATIONS = ((9.95, 1, 1), (999.5, 1, 0), (9995, 1000, 2), (99950, 1000, 1))
"""Below so many milliseconds: shown in units of so many, with so many digits."""

_LEAST_USD = 0.000001


def duration(ms: float | None) -> str:
    """Format milliseconds with three significant digits at most; None is an en dash.

    ``4.2 ms``, ``212 ms``, ``2.31 s``, ``23.1 s``, ``2 m 03 s``, ``1 h 02 m``.
    """
    if ms is None:
        return UNKNOWN
    if ms < 0:
        return MINUS + duration(-ms)
    for below, unit, digits in _DURATIONS:
        if ms < below:
            return f"{ms / unit:.{digits}f} {'ms' if unit == 1 else 's'}"
    minutes, seconds = divmod(round(ms / 1000), 60)
    if minutes < 60:
        return f"{minutes} m {seconds:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} m"


def count(number: float | None) -> str:
    """Format a count with thin groups of three; None is an en dash."""
    return UNKNOWN if number is None else f"{number:,.0f}".replace(",", "\u202f")


def money(usd: float | None) -> str:
    """Format US dollars with two significant digits below a cent's worth; None is unknown."""
    if usd is None:
        return "unknown"
    if usd == 0:
        return "$0"
    if usd < 0:
        return MINUS + money(-usd)
    if usd < _LEAST_USD:
        return f"<${_LEAST_USD:.6f}"
    if usd < 0.01:
        return f"${usd:.2g}" if usd >= 0.0001 else f"${usd:.6f}".rstrip("0")
    return f"${usd:.2f}" if usd >= 1 else f"${usd:.3f}"


def between(low: float, high: float, to: str = " to ") -> str:
    """Write an interval of two shares in whole percent, or finer where its ends would look like
    one. *to* stands between them.
    """
    ends = f"{low:.0%}", f"{high:.0%}"
    if ends[0] == ends[1]:
        ends = f"{low:.1%}", f"{high:.1%}"
    return to.join(ends)
