"""One iteration in a report: its prompt, what changed in it, and every answer."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.api.report.html import Markup, Node, el
from workbench.api.report.numbers import moment
from workbench.diffing.compare import diff
from workbench.figures import UNKNOWN, count, duration, money
from workbench.model.attempt import Attempt
from workbench.model.prompt import Prompt
from workbench.model.session import Iteration, Session
from workbench.model.verdict import CheckResult
from workbench.text import plural

MOST_DIFF_CHARS = 40_000
"""Longer texts are shown without a comparison."""

SIGNS = {"pass": "✓", "fail": "✗", "error": "!", "pending": "…"}


def iteration_section(session: Session, iteration: Iteration, *, last: bool) -> Markup:
    """Return one iteration; the answers of the *last* one and all failed ones are unfolded."""
    parent = session.iteration(iteration.parent) if iteration.parent is not None else None
    star = "★ " if iteration.star else ""
    title = f"{star}{iteration.number}" + (f" · {iteration.name}" if iteration.name else "")
    facts = [moment(iteration.utc), plural(len(iteration.attempts), "attempt")]
    if parent is not None:
        facts.append(f"from iteration {parent.number}")
    return el(
        "article",
        el("header", el("h3", title), el("span", " · ".join(facts), class_="soft small")),
        el("p", iteration.note, class_="note") if iteration.note else None,
        _prompt(iteration, parent),
        [_attempt(a, _before(parent, a), unfold=last) for a in iteration.attempts],
        class_="card iteration",
    )


def _prompt(iteration: Iteration, parent: Iteration | None) -> Markup:
    now = _joined(iteration.prompt)
    before = _joined(parent.prompt) if parent is not None else None
    if before is None or before == now or len(now) + len(before) > MOST_DIFF_CHARS:
        shown: Node = now
    else:
        shown = el("span", _changes(before, now))
    values = [
        el("p", f"{name} = {value}", class_="soft small")
        for name, value in iteration.variables.items()
    ]
    return el("div", el("pre", shown), values)


def _joined(prompt: Prompt) -> str:
    return f"{prompt.system}\n\n{prompt.user}" if prompt.system else prompt.user


def _before(parent: Iteration | None, attempt: Attempt) -> Attempt | None:
    """The same lane's answer in the iteration this one came from."""
    if parent is None:
        return None
    return next(
        (a for a in parent.attempts if (a.lane, a.row) == (attempt.lane, attempt.row)),
        None,
    )


def _changes(before: str, now: str) -> Iterator[Node]:
    for op in diff(before, now).ops:
        if op.kind == "equal":
            yield now[op.b[0] : op.b[1]]
        elif op.kind == "delete":
            yield el("del", op.removed)
        else:
            yield el("ins", op.added)


def _attempt(attempt: Attempt, before: Attempt | None, *, unfold: bool) -> Markup:
    failed = attempt.first_failure is not None
    head = el(
        "summary",
        el(
            "span",
            f"{SIGNS[attempt.verdict]} {attempt.verdict}",
            class_=f"verdict {attempt.verdict}",
        ),
        el("b", attempt.lane if attempt.row is None else f"{attempt.lane}, row {attempt.row}"),
        el("span", _facts(attempt), class_="soft small"),
    )
    body: list[Node] = [_checks(attempt)]
    if attempt.error is not None:
        words = f"{attempt.error.kind}: {attempt.error.message} {attempt.error.hint}".strip()
        body.append(el("p", words, class_="error"))
    if attempt.reasoning:
        inner = (el("summary", "reasoning"), el("pre", attempt.reasoning))
        body.append(el("details", *inner))
    body.append(el("pre", list(_marked(attempt))))
    if before is not None and before.text != attempt.text:
        body.append(_answer_changes(before, attempt))
    return el("details", head, body, class_="attempt", open=unfold or failed)


def _facts(a: Attempt) -> str:
    facts = [a.state if a.origin == "live" else f"{a.state}, {a.origin}"]
    if a.ttff_ms is not None:
        facts.append(f"TTFF {duration(a.ttff_ms)}")
    facts.append(f"TTFT {duration(a.ttft_ms)}")
    facts.append(f"total {duration(a.total_ms)}")
    if a.clock_error_ms is not None:
        facts.append(f"± {a.clock_error_ms:.1f} ms")
    tokens = UNKNOWN if a.tokens.output is None else count(a.tokens.output)
    facts.append(f"{tokens} tokens ({a.tokens.source})")
    if a.cost.usd is not None:
        facts.append(f"{money(a.cost.usd)} ({a.cost.source})")
    if a.avoided is not None:
        saved = f"{count(a.avoided.tokens)} tokens" if a.avoided.tokens is not None else "unknown"
        facts.append(f"avoided {saved} ({a.avoided.source})")
    return " · ".join(facts)


def _checks(attempt: Attempt) -> Markup | None:
    if not attempt.checks:
        return None
    return el("ul", [_check(c) for c in attempt.checks], class_="checks")


def _check(check: CheckResult) -> Markup:
    words = [check.name]
    if check.severity == "warn":
        words.append("(warning)")
    if check.ms is not None and check.verdict != "pass":
        words.append(f"at character {count(check.at_char)}, after {duration(check.ms)}:")
    if check.reason and check.verdict != "pass":
        words.append(check.reason)
    sign = el("span", SIGNS[check.verdict], class_=f"verdict {check.verdict}")
    return el("li", sign, " " + " ".join(words))


def _marked(attempt: Attempt) -> Iterator[Node]:
    """The answer with the evidence of every failed check marked; overlapping marks are joined."""
    text = attempt.text
    spans = []
    for check in attempt.checks:
        if check.verdict == "fail" and check.at_char is not None:
            start, end = check.span or (check.at_char, check.at_char + 1)
            if 0 <= start < end and start < len(text):
                spans.append((start, min(end, len(text))))
    done = 0
    for start, end in sorted(spans):
        if end <= done:
            continue
        first = max(start, done)
        yield text[done:first]
        yield el("mark", text[first:end])
        done = end
    yield text[done:] if text else "(no text)"


def _answer_changes(before: Attempt, attempt: Attempt) -> Markup | None:
    if len(before.text) + len(attempt.text) > MOST_DIFF_CHARS:
        return None
    words = f"changes since iteration {before.iteration}"
    return el(
        "details",
        el("summary", el("span", words, class_="soft small")),
        el("pre", list(_changes(before.text, attempt.text))),
    )
