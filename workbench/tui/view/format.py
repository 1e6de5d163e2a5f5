"""Numbers as the screen shows them: those of everywhere, rates, changes and scales."""

from __future__ import annotations

from workbench.figures import MINUS, UNKNOWN, between, count, duration, money

__all__ = [
    "MINUS",
    "UNKNOWN",
    "between",
    "count",
    "count_change",
    "duration",
    "duration_change",
    "money",
    "nice_scale",
    "rate",
    "signed",
]


def rate(per_second: float | None) -> str:
    """Format tokens per second: ``91/s``, ``4.2/s``."""
    if per_second is None:
        return UNKNOWN
    return f"{per_second:.1f}/s" if per_second < 9.95 else f"{count(round(per_second))}/s"


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


def money_change(now: float | None, before: float | None) -> str:
    """Format a change of US dollars, or nothing where there is none to tell."""
    if now is None or before is None or now == before:
        return ""
    return signed(now - before, money(abs(now - before)))


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
