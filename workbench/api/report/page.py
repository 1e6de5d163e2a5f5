"""The page of a report: a session's story, its charts, and every prompt and answer."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from pathlib import Path

from workbench.api.report.attempts import iteration_section
from workbench.api.report.charts import curve_chart, recovery_chart, swatch, ttff_chart
from workbench.api.report.html import Markup, Node, el, join, trusted
from workbench.api.report.numbers import moment, share
from workbench.errors import NotSaved
from workbench.figures import UNKNOWN, count, duration, money
from workbench.files.replace import replace_file
from workbench.measure.audits import AuditReport
from workbench.measure.curves import median_ms
from workbench.measure.failure import Spent
from workbench.measure.intervals import Rate, wilson
from workbench.measure.story import LaneStory, Story, story
from workbench.model.session import Session
from workbench.redact import Redactor
from workbench.text import plural

MOST_ATTEMPTS = 400
"""A report shows the answers of at most so many attempts, the latest; the numbers cover all."""


def render(
    session: Session,
    *,
    secrets: Iterable[str] = (),
    damage: Iterable[str] = (),
    most_attempts: int = MOST_ATTEMPTS,
) -> str:
    """Return the report of *session* as one HTML document.

    It loads nothing, runs no script, and its content security policy forbids both. *damage* are
    sentences about what of the file could not be read; values in *secrets* are masked.
    """
    told = story(session)
    css = files("workbench.api.report").joinpath("report.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", f"{session.title or session.id} · Workbench"),
        el("style", trusted(css)),
    )
    body = el(
        "body",
        _header(session, tuple(damage)),
        _tiles(session, told),
        el("h2", "Lanes"),
        _lane_table(told),
        _races(told),
        _charts(told),
        _iterations(session, most_attempts),
    )
    page = "<!doctype html>\n" + el("html", head, body, lang="en").html + "\n"
    values = [form for secret in secrets for form in (secret, escape(secret))]
    return Redactor(values)(page)


def write_report(path: Path, page: str) -> None:
    """Write a report in one step: the old file stays whole until the new one is.

    Raises:
        NotSaved: it cannot be written.
    """
    try:
        replace_file(path.absolute(), page.encode())
    except OSError as error:
        raise NotSaved(
            f"The report {path} cannot be written: {error.strerror or error}.",
            "Choose another place with -o.",
        ) from error


def _header(session: Session, damage: tuple[str, ...]) -> Markup:
    facts = f"{session.id} · {moment(session.utc)} · {session.app}".strip(" ·")
    lost = [el("p", f"! {sentence}", class_="error") for sentence in damage]
    return el("header", el("h1", session.title or session.id), el("p", facts, class_="soft"), lost)


def _tiles(session: Session, told: Story) -> Markup:
    attempts = session.attempts()
    decided = [a for a in attempts if a.verdict in ("pass", "fail") or a.first_failure]
    rate = wilson(sum(a.verdict == "pass" for a in decided), len(decided))
    backs = [r.seconds for r in told.recoveries if r.lane is None]
    back = median_ms([seconds for seconds in backs if seconds is not None])
    waste = sum(lane.waste_s for lane in told.lanes)
    ttff = median_ms([a.ttff_ms for a in attempts if a.ttff_ms is not None and a.origin == "live"])
    speed = told.velocity.per_minute
    tiles = [
        (count(len(session.iterations)), "iterations"),
        (count(len(attempts)), "attempts"),
        (f"{100 * rate.value:.0f}\u00a0%" if rate else UNKNOWN, _range(rate)),
        (duration(ttff), "median time to first failure"),
        (duration(None if back is None else back * 1000), "median recovery time"),
        (UNKNOWN if speed is None else f"{speed:.1f}", "iterations per active minute"),
        (duration(waste * 1000), "spent after first failures"),
        *_avoided_tiles(told.lanes),
        *_audit_tile(told.audit),
    ]
    return el(
        "div",
        [el("div", el("b", value), el("span", label), class_="tile") for value, label in tiles],
        class_="tiles",
    )


def _range(rate: Rate | None) -> str:
    if rate is None:
        return "passed"
    return f"passed ({rate.between()}, n = {rate.total})"


def _audit_tile(audit: AuditReport) -> list[tuple[str, str]]:
    """How often an audited abort was false; nothing without an audit."""
    if audit.rate is None:
        return []
    said = f"false aborts ({audit.rate.between()}, n = {audit.audited})"
    return [(f"{audit.rate.value:.0%}", said)]


def _avoided_tiles(lanes: Iterable[LaneStory]) -> list[tuple[str, str]]:
    """What aborts saved, measured and estimated apart."""
    tiles = []
    sums = [s for lane in lanes for s in lane.avoided]
    for source in ("measured", "estimated"):
        mine = [s for s in sums if s.source == source]
        tokens = [s.tokens for s in mine if s.tokens is not None]
        seconds = [s.seconds for s in mine if s.seconds is not None]
        if seconds:
            rest = f", {count(sum(tokens))} tokens" if tokens else ""
            tiles.append((duration(sum(seconds) * 1000), f"avoided by aborts{rest} ({source})"))
        elif tokens:
            tiles.append((count(sum(tokens)), f"tokens avoided by aborts ({source})"))
    return tiles


def _lane_table(told: Story) -> Markup:
    names = (
        ("lane", ""),
        ("attempts", "number"),
        ("passed (95 % interval)", ""),
        ("TTFT p50", "number"),
        ("TTFF p50", "number"),
        ("total p50 / p95", "number"),
        ("tokens/s", "number"),
        ("until failures", "number"),
        ("waste", "number"),
        ("cost", "number"),
        ("per success", "number"),
    )
    head = el("tr", [el("th", name, class_=kind or None, scope="col") for name, kind in names])
    rows = [_lane_row(index, lane) for index, lane in enumerate(told.lanes)]
    table = el("table", el("thead", head), el("tbody", rows))
    words = (
        "Times are of live attempts; medians of totals leave out what was aborted, cancelled or "
        "cut off. Cached and replayed answers are never timed."
    )
    scrolling = el("div", table, class_="scroll")
    return el("div", scrolling, el("p", words, class_="soft small"), class_="card")


def _lane_row(index: int, lane: LaneStory) -> Markup:
    t = lane.timing
    numbers = (
        duration(t.ttft_all.p50 if t.ttft_all else None),
        duration(lane.ttff.p50 if lane.ttff else None),
        f"{duration(t.total.p50)} / {duration(t.total.p95)}" if t.total else UNKNOWN,
        f"{t.tokens_per_s.p50:.0f}" if t.tokens_per_s else UNKNOWN,
    )
    failures = lane.failure_cost
    name = el(
        "td",
        swatch(index),
        el("b", lane.lane),
        el("br"),
        el("span", lane.model, class_="soft small"),
    )
    cut = f"{t.censored} not whole" if t.censored else ""
    return el(
        "tr",
        name,
        _two_lines(str(lane.attempts), cut, kind="number"),
        _two_lines(*share(lane.passed)),
        [el("td", value, class_="number") for value in numbers],
        _two_lines(*_spent(failures.until if failures else None), kind="number"),
        _two_lines(*_spent(failures.waste if failures else None), kind="number"),
        [el("td", money(usd), class_="number") for usd in (lane.cost_usd, lane.cost_per_success)],
    )


def _spent(spent: Spent | None) -> tuple[str, str]:
    """Return seconds, and below them tokens and money with its tag."""
    if spent is None:
        return UNKNOWN, ""
    words = UNKNOWN if spent.tokens is None else plural(spent.tokens, "token")
    if spent.usd != 0:
        words += f", {money(spent.usd)}" + (f" ({spent.source})" if spent.usd else "")
    return duration(spent.seconds * 1000), words


def _two_lines(value: str, below: str, kind: str = "rate") -> Markup:
    return el("td", value, el("br"), el("span", below, class_="soft small"), class_=kind)


def _races(told: Story) -> Node:
    lines = [
        f"{race.ratio:.1f} iterations of {race.fast} fit before {race.slow}'s first verdict."
        for race in sorted(told.races, key=lambda r: -r.ratio)[:6]
    ]
    return el("div", [el("p", line) for line in lines], class_="races") if lines else None


def _charts(told: Story) -> Node:
    charts = (
        (
            "Time to first failure",
            "Filled: something failed then. Hollow: passed, at its whole time.",
            ttff_chart(told),
        ),
        (
            "Failure curve",
            "Share of attempts failed by then (Aalen-Johansen, 95 % interval); a pass competes.",
            curve_chart(told),
        ),
        (
            "Recovery",
            "From an iteration's first failure to the next pass in a later iteration.",
            recovery_chart(told.recoveries),
        ),
    )
    cards = [
        el("div", el("h3", title), el("p", words, class_="soft small"), chart, class_="card")
        for title, words, chart in charts
        if chart is not None
    ]
    if not cards:
        return None
    return join(el("h2", "How soon, and how fast back"), el("div", cards, class_="charts"))


def _iterations(session: Session, most: int) -> Markup:
    shown: list[Markup] = []
    left = most
    for iteration in reversed(session.iterations):
        if left <= 0:
            break
        shown.append(iteration_section(session, iteration, last=not shown))
        left -= len(iteration.attempts)
    hidden = len(session.iterations) - len(shown)
    words = (
        f"The latest first. {plural(hidden, 'earlier iteration')} left out here; the numbers "
        "above cover all."
        if hidden
        else "The latest first."
    )
    return el("section", el("h2", "Iterations"), el("p", words, class_="soft small"), shown)
