"""Everything known of one attempt, as lines: checks, warnings, judges' replies, times, cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.model.attempt import Attempt, Cost, JudgeReply, Tokens
from workbench.model.verdict import CheckResult
from workbench.tui.view import format as fmt
from workbench.tui.view.lines import Line
from workbench.tui.view.matrix import check_cell
from workbench.tui.view.provider_details import field, provider_lines, sent_lines


def details(attempt: Attempt, tries: Sequence[Line] = ()) -> list[Line]:
    """Return the lines of the details, not yet broken to any width; *tries* are rows of those that
    came before it.
    """
    out: list[Line] = []
    parts = (_checks, _judged, _times, _spent, provider_lines, sent_lines)
    for part in (*(lines(attempt) for lines in parts[:3]), tries, *(f(attempt) for f in parts[3:])):
        if part:
            out += [*part, ()]
    return out[:-1]


def _heading(text: str) -> Line:
    return ((text, "bold"),)


def _checks(attempt: Attempt) -> list[Line]:
    warnings = [c for c in attempt.checks if c.severity == "warn"]
    counted = [c for c in attempt.checks if c.severity != "warn"]
    out: list[Line] = [_heading("Checks")]
    out += [_check(c) for c in counted] or [(("  none", "muted"),)]
    if warnings:
        out += [(), _heading("Warnings"), *(_check(c) for c in warnings)]
    return out


def _check(check: CheckResult) -> Line:
    cell, tone = check_cell(check)
    at = "" if check.at_char is None or check.verdict == "pass" else f" at {check.at_char}"
    return (
        (f"  {cell:<10}  ", tone),
        (check.name, "bold"),
        (at, tone),
        (f"  {check.reason}" if check.reason else "", "muted"),
    )


def _judged(attempt: Attempt) -> list[Line]:
    if not attempt.judged:
        return []
    out: list[Line] = [_heading("What judges replied")]
    for reply in attempt.judged:
        known = 0 <= reply.index < len(attempt.checks)
        name = attempt.checks[reply.index].name if known else f"check {reply.index + 1}"
        out.append((("  " + name, "bold"), (f"  {_price_of(reply)}", "muted")))
        out += [(("    " + line, ""),) for line in reply.text.splitlines() or [""]]
    return out


def _price_of(reply: JudgeReply) -> str:
    tokens = "" if reply.tokens is None else f", {fmt.count(reply.tokens)} tokens"
    cost = "" if reply.usd is None else f", {fmt.money(reply.usd)}"
    return f"{fmt.duration(reply.ms)}{tokens}{cost}"


def _times(attempt: Attempt) -> list[Line]:
    moments: Iterable[tuple[str, float | None]] = (
        ("connected", attempt.connect_ms),
        ("reasoning", attempt.reasoning_ttft_ms),
        ("first token", attempt.ttft_ms),
        ("failed", attempt.first_failure.ms if attempt.first_failure else None),
        ("aborted", attempt.abort_ms),
        ("ended", attempt.total_ms),
    )
    out = [field(label, (fmt.duration(ms), "")) for label, ms in moments if ms is not None]
    if attempt.clock_error_ms is not None:
        out.append(field("clock", (f"\u00b1 {fmt.duration(attempt.clock_error_ms)}", "")))
    return [_heading("Times"), *out] if out else []


def _instead(attempt: Attempt) -> list[Line]:
    """Whose place it takes, when it is a retry or a fallback."""
    if attempt.retry_of is not None:
        return [field("retry", (f"of attempt {attempt.retry_of}", "warn"))]
    if attempt.fallback_of is not None:
        return [field("fallback", (f"for attempt {attempt.fallback_of}", "warn"))]
    return []


def _how(cost: Cost) -> str:
    """The tag of a price, unless it says nothing new, and where it comes from."""
    return ": ".join(x for x in (cost.source if cost.usd is not None else "", cost.how) if x)


def _tokens(tokens: Tokens) -> str:
    cached = "" if tokens.cached is None else f" ({fmt.count(tokens.cached)} cached)"
    reasoning = "" if tokens.reasoning is None else f" ({fmt.count(tokens.reasoning)} reasoning)"
    return f"{fmt.count(tokens.prompt)} in{cached}, {fmt.count(tokens.output)} out{reasoning}"


def _spent(attempt: Attempt) -> list[Line]:
    tokens, cost = attempt.tokens, attempt.cost
    ended = attempt.finish_reason
    out: list[Line] = [
        _heading("Model and cost"),
        field("model", (attempt.served_model or attempt.model, "")),
        field("state", (attempt.state + (f" ({ended})" if ended else ""), "")),
        *_instead(attempt),
        field("tokens", (_tokens(tokens), ""), (f"  {tokens.source}", "muted")),
        field("cost", (fmt.money(cost.usd), ""), (f"  {_how(cost)}", "muted")),
    ]
    saved = attempt.avoided
    if saved is not None:
        text = f"{fmt.count(saved.tokens)} tokens, {fmt.money(saved.usd)}"
        how = f"  {saved.source}" + (f": {saved.how}" if saved.how else "")
        out.append(field("avoided", (text, ""), (how, "muted")))
    if attempt.audit is not None:
        wrong = attempt.audit.false_abort
        text = "the whole answer would have passed" if wrong else "the abort was right"
        out.append(field("audit", (text, "warn" if wrong else "")))
    if attempt.error is not None:
        error = attempt.error
        out.append(field("error", (error.message, "fail"), (f" {error.hint}", "muted")))
    return out
