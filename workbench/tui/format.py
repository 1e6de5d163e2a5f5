"""Numbers as people read them: one way for each kind, the same on every screen."""

from __future__ import annotations

MINUS = "\u2212"
UNKNOWN = "\u2013"

_DURATIONS = ((9.95, 1, 1), (999.5, 1, 0), (9995, 1000, 2), (99950, 1000, 1))
"""Below so many milliseconds: shown in units of so many, with so many digits."""


def duration(ms: float | None) -> str:
    """Format milliseconds with three significant digits at most; None is an en dash.

    ``4.2 ms``, ``212 ms``, ``2.31 s``, ``23.1 s``, ``2 m 03 s``.
    """
    if ms is None:
        return UNKNOWN
    if ms < 0:
        return MINUS + duration(-ms)
    for below, unit, digits in _DURATIONS:
        if ms < below:
            return f"{ms / unit:.{digits}f} {'ms' if unit == 1 else 's'}"
    seconds = round(ms / 1000)
    return f"{seconds // 60} m {seconds % 60:02d} s"


def count(number: int | None) -> str:
    """Format a count with thin groups of three; None is an en dash."""
    return UNKNOWN if number is None else f"{number:,}".replace(",", "\u202f")


def rate(per_second: float | None) -> str:
    """Format tokens per second: ``91/s``, ``4.2/s``."""
    if per_second is None:
        return UNKNOWN
    return f"{per_second:.1f}/s" if per_second < 9.95 else f"{count(round(per_second))}/s"


def money(usd: float | None) -> str:
    """Format US dollars with two significant digits below a cent's worth; None is unknown."""
    if usd is None:
        return "unknown"
    if usd == 0:
        return "$0"
    if usd < 0.01:
        return f"${usd:.2g}" if usd >= 0.0001 else f"${usd:.6f}".rstrip("0")
    return f"${usd:.2f}" if usd >= 1 else f"${usd:.3f}"


def signed(difference: float, text: str) -> str:
    """Put a plus or a minus in front of the already formatted size of *difference*."""
    return ("+" if difference > 0 else MINUS) + text


def duration_change(now: float | None, before: float | None) -> str:
    """Format a change of milliseconds, or nothing where there is none to tell."""
    if now is None or before is None:
        return ""
    text = duration(abs(now - before))
    return "" if text == "0.0 ms" else signed(now - before, text)


def count_change(now: int | None, before: int | None) -> str:
    """Format a change of a count, or nothing where there is none to tell."""
    if now is None or before is None or now == before:
        return ""
    return signed(now - before, count(abs(now - before)))


def nice_scale(ms: float) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that holds *ms*; at least 100 ms.

    A race strip grows by such steps, so that it does not creep while lanes stream.
    """
    scale = 100.0
    while True:
        for factor in (1.0, 2.0, 5.0):
            if ms <= scale * factor:
                return scale * factor
        scale *= 10
