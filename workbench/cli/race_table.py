"""The table of a race: one row per attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.cli.output import table_lines, width
from workbench.figures import UNKNOWN, duration, money
from workbench.measure.counted import counted, pass_rates
from workbench.measure.intervals import Rate
from workbench.model.attempt import Attempt, Avoided, Cost, Tokens
from workbench.model.verdict import FirstFailure

HEADER = ("lane", "verdict", "failed", "TTFT", "TTFF", "tokens", "tok/s", "cost", "avoided")


def lines(attempts: Sequence[Attempt], *, live_status: bool = False) -> list[str]:
    """Return the table as lines that fit the terminal."""
    repeated = any(a.repeat > 1 for a in attempts)
    if any(a.row is not None for a in attempts):
        return _by_row(attempts)
    by_number = {a.number: a for a in attempts}
    rows = [
        [
            (f"{a.lane} #{a.repeat}" if repeated else a.lane) + _instead(a, by_number),
            _verdict(a, live_status),
            _failed(a.first_failure),
            duration(a.ttft_ms),
            duration(a.ttff_ms),
            _tokens(a.tokens, len(a.chunks)),
            UNKNOWN if a.tokens_per_s is None else f"{a.tokens_per_s:.0f}",
            _cost(a.cost),
            _avoided(a.avoided),
        ]
        for a in attempts
    ]
    return table_lines(HEADER, rows, width())


def _instead(attempt: Attempt, by_number: Mapping[int, Attempt]) -> str:
    """Whose place an attempt takes: another try, or another lane."""
    if attempt.retry_of is not None:
        return " (retry)"
    before = by_number.get(attempt.fallback_of or 0)
    return "" if before is None else f" (for {before.lane})"


def _by_row(attempts: Sequence[Attempt]) -> list[str]:
    """Return a line for each data row, a column for each lane, and how many of each passed."""
    cells: dict[str, dict[str, list[str]]] = {}
    for lane, attempt in counted(attempts):
        cells.setdefault(attempt.row or "", {}).setdefault(lane, []).append(_cell(attempt))
    rates = pass_rates(attempts)
    table = [
        [row, *(", ".join(found.get(lane, ())) for lane in rates)] for row, found in cells.items()
    ]
    table.append(["passed", *(_rate(rate) for rate in rates.values())])
    return table_lines(("row", *rates), table, width())


def _cell(attempt: Attempt) -> str:
    word = _verdict(attempt, live=True)
    failure = attempt.first_failure
    if failure is None:
        return word
    return f"{word} {failure.check or failure.kind} {duration(failure.ms)}"


def _rate(rate: Rate | None) -> str:
    if rate is None:
        return UNKNOWN
    return f"{rate.count} of {rate.total}, {rate.between()}"


def share(rate: Rate | None) -> str:
    """Return a rate with its interval, in whole percent; a dash when there is none."""
    if rate is None:
        return UNKNOWN
    return f"{rate.value:.0%} ({rate.between()})"


def _verdict(attempt: Attempt, live: bool) -> str:
    warned = any(c.verdict == "fail" and c.severity == "warn" for c in attempt.checks)
    if attempt.state == "cancelled":
        return "cancelled"
    if attempt.state in ("queued", "connecting", "waiting", "streaming"):
        return "✗ failing" if attempt.first_failure else attempt.state if live else "pending"
    if attempt.state == "error":
        return "! error"
    word = {"pass": "✓ pass", "fail": "✗ fail", "error": "! error", "pending": "· open"}
    extra = {"aborted": ", aborted", "truncated": ", truncated"}.get(attempt.state, "")
    return word[attempt.verdict] + extra + (" (warned)" if warned else "")


def _failed(failure: FirstFailure | None) -> str:
    if failure is None:
        return UNKNOWN
    if failure.kind == "provider":
        return f"provider: {failure.reason}"
    where = "" if failure.at_char is None else f" at char {failure.at_char}"
    return f"{failure.check}{where}: {failure.reason}"


def _tokens(tokens: Tokens, received: int) -> str:
    if tokens.output is None:
        return f"~{received}" if received else UNKNOWN
    return f"{tokens.output}" if tokens.source == "measured" else f"~{tokens.output}"


def _cost(cost: Cost) -> str:
    if cost.usd is None:
        return "unknown"
    mark = "~" if cost.source == "estimated" else ""
    return mark + money(cost.usd)


def _avoided(avoided: Avoided | None) -> str:
    if avoided is None:
        return UNKNOWN
    if avoided.tokens is None:
        return "unknown"
    mark = "≤" if avoided.how.startswith("at most") else "~"
    seconds = "" if avoided.seconds is None else f", {avoided.seconds:.1f} s"
    return f"{mark}{avoided.tokens} tok{seconds}"
