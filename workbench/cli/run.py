"""``workbench run``: a suite through lanes, headless, with exit codes for CI."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
import msgspec

from workbench.api.run import RunOutcome, run_suite
from workbench.api.setup import settings_for
from workbench.checks.syntax import parse_checks
from workbench.cli import diagnostics, output
from workbench.cli.options import positive, together
from workbench.cli.run_progress import Progress, why
from workbench.config.settings import Defaults
from workbench.errors import UsageError
from workbench.figures import duration, money
from workbench.measure.fields import FieldScore
from workbench.measure.labels import TaskScore
from workbench.records import dataclass
from workbench.suites import report
from workbench.suites.compare import compare_all
from workbench.suites.results import LaneResult, audited, by_lane
from workbench.suites.run import Limits, RunPlan
from workbench.suites.tasks import score_by_label, score_json
from workbench.text import plural, visible_line

INTERRUPTED = 130
_FIELDS = 6
_LISTED = 20
_FAILING = ("fail", "error")


@dataclass(frozen=True, slots=True)
class _Options:
    """The command's options, as click read them."""

    suite: str
    lanes: tuple[str, ...]
    checks: tuple[str, ...]
    concurrency: int
    repeat: int
    abort: bool
    audit: float | None
    fail_fast: bool
    budget: float | None
    timeout: float | None
    only: str | None
    resume: str | None
    again: bool
    min_pass: tuple[str, ...]
    on_interval: bool
    high_risk: tuple[str, ...]
    baseline: Path | None
    write_baseline: Path | None
    junit: Path | None
    md: Path | None
    no_save: bool
    cached: bool
    as_json: bool


@click.command()
@click.argument("suite")
@click.option("--lane", "-l", "lanes", multiple=True, help="A lane; repeat for several.")
@click.option("--check", "-c", "checks", multiple=True, help="Added to every case's own checks.")
@click.option("--concurrency", "-j", type=click.IntRange(1, 4096), default=8, show_default=True)
@click.option("--repeat", "-n", type=click.IntRange(1, 1000), default=1, show_default=True)
@click.option("--abort", is_flag=True, help="Cancel an answer on its first failure.")
@click.option(
    "--audit",
    type=click.FloatRange(0, 1),
    help="Share of aborted answers that run on, unseen, to find false aborts.",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first case that fails.")
@click.option(
    "--budget",
    type=float,
    callback=positive,
    help="Start nothing new once so many US dollars are spent.",
)
@click.option(
    "--timeout", type=float, callback=positive, help="Cancel what runs after so many seconds."
)
@click.option("--only", help="failing or changed since they last ran, or a tag.")
@click.option("--resume", help="Go on with this run's session; nothing is sent twice.")
@click.option("--again", is_flag=True, help="With --resume: send again what was cut off half-way.")
@click.option("--min-pass", multiple=True, help="95% or LANE=95%: exit 1 below it.")
@click.option("--on-interval", is_flag=True, help="Judge --min-pass on the interval's lower end.")
@click.option("--high-risk", multiple=True, help="A label whose misses matter; repeatable.")
@click.option("--baseline", type=click.Path(path_type=Path), help="Exit 1 only on what got worse.")
@click.option("--write-baseline", type=click.Path(path_type=Path), help="Write this run as one.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write JUnit XML here.")
@click.option("--md", type=click.Path(path_type=Path), help="Write a Markdown summary here.")
@click.option("--cached", is_flag=True, help="Take answers given before from the cache.")
@click.option("--no-save", is_flag=True, help="Keep no session of the run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def run(**_: object) -> int:
    """Send SUITE (a name or a file) through lanes and judge every answer.

    Exit code: 0 all passed (or --min-pass and --baseline hold), 1 not, 2 wrong usage, 3 a provider
    failed, 130 interrupted. A run that stopped early, or lacks answers, is never 0.
    """
    options = _Options(**click.get_current_context().params)
    _refuse_contradictions(options)
    settings = settings_for()
    plan = _plan(options, settings.defaults)
    thresholds = report.read_thresholds(options.min_pass, plan.lanes)
    baseline = report.read_baseline(options.baseline) if options.baseline else None
    progress = Progress()
    try:
        outcome = run_suite(settings, plan, progress)
    finally:
        progress.clear()
    lanes = by_lane(outcome.results, outcome.wall_s)
    worse = report.worse_than(baseline, lanes) if baseline is not None else []
    short = report.missed(lanes, thresholds, on_interval=options.on_interval)
    scores = _Scores(
        score_by_label(outcome.results, outcome.labels, options.high_risk),
        score_json(outcome.results),
    )
    new = [n.lane for n in lanes if baseline is not None and n.lane not in baseline]
    try:
        if options.as_json:
            output.document(_document(outcome, lanes, short, worse, scores))
        else:
            _table(lanes, scores)
        _narrate(outcome, short, worse, new, options.high_risk)
        output.finish()  # before the reports: one of them may be standard output
    finally:
        _write(options, outcome, lanes, [case for _, case in worse])
    if outcome.stopped == "interrupted":
        return INTERRUPTED
    if baseline is not None or thresholds:
        if short or worse or not _whole(outcome):
            return 1
        return 3 if any(lane.errors for lane in lanes) else 0  # no rate says anything of those
    return _exit_code(lanes, outcome)


def _refuse_contradictions(options: _Options) -> None:
    together(options.again, "--again", options.resume, "--resume")
    together(options.on_interval, "--on-interval", options.min_pass, "--min-pass")
    together(options.audit, "--audit", options.abort, "--abort")
    if options.resume and options.no_save:
        raise UsageError(
            "--no-save keeps no session, and --resume goes on with one.", "Leave one of them out."
        )


def _plan(options: _Options, defaults: Defaults) -> RunPlan:
    return RunPlan(
        suite=options.suite,
        lanes=options.lanes or defaults.lanes,
        repeat=options.repeat,
        checks=tuple(spec.text for spec in parse_checks(options.checks, Path.cwd())),
        only=options.only,
        resume=options.resume,
        again=options.again,
        abort="first" if options.abort else "off",
        audit=defaults.audit if options.audit is None else options.audit,
        limits=Limits(options.concurrency, options.fail_fast, options.budget, options.timeout),
        saved=not options.no_save,
        cached=options.cached,
    )


def _write(
    options: _Options, outcome: RunOutcome, lanes: Sequence[LaneResult], broken: Sequence[str]
) -> None:
    if options.junit:
        report.write_report(options.junit, report.junit(outcome.suite, lanes, outcome.wall_s))
    if options.md:
        report.write_report(options.md, report.markdown(outcome.suite, lanes, broken))
    if options.write_baseline:
        report.write_report(options.write_baseline, report.baseline_of(outcome.suite, lanes))


@dataclass(frozen=True, slots=True)
class _Scores:
    """Task metrics by lane."""

    labels: dict[str, TaskScore]
    fields: dict[str, FieldScore]


def _table(lanes: Sequence[LaneResult], scores: _Scores) -> None:
    output.table(
        (
            "lane",
            "passed",
            "of",
            "rate",
            "95 %",
            "flaky",
            "errors",
            "TTFT",
            "TTFF",
            "cost",
            "good/s",
        ),
        [
            (
                lane.lane,
                str(lane.rate.count if lane.rate else 0),
                str(lane.rate.total if lane.rate else 0),
                f"{lane.rate.value:.1%}" if lane.rate else "–",
                lane.rate.between() if lane.rate else "–",
                str(len(lane.flaky)),
                str(lane.errors),
                duration(lane.ttft_ms),
                duration(lane.ttff_ms),
                money(lane.usd),
                f"{lane.goodput:.1f}" if lane.goodput is not None else "–",
            )
            for lane in lanes
        ],
    )
    for lane in lanes:
        stood_in = Counter(r.fallback for c in lane.cases for r in c.results if r.fallback)
        for other, count in stood_in.items():
            output.line(f"{lane.lane}: {count} answered by {other}, its fallback")
        for k, value in lane.pass_at.items():
            output.line(f"{lane.lane}: pass@{k} {value:.1%}, pass^{k} {lane.pass_hat[k]:.1%}")
        for case in lane.flaky:
            output.line(
                f"{lane.lane}: flaky {case.case}: {case.passed} of {case.total} passed, "
                f"the {case.varies} varies"
            )
    _failing(lanes)
    _compare(lanes)
    for name, found in scores.fields.items():
        output.line(f"{name}: {_json_line(found)}")
    for name, score in scores.labels.items():
        output.line(f"{name}: accuracy {score.accuracy.value:.1%}")
        for label in score.labels:
            missed = label.false_negatives
            if label.high_risk and missed:
                output.line(
                    f"{name}: {label.label} (high risk) missed {missed.count} of {missed.total} "
                    f"({missed.between()})"
                )


def _failing(lanes: Sequence[LaneResult]) -> None:
    """List the cases that did not pass, each with its first reason."""
    failing = [(lane.lane, c) for lane in lanes for c in lane.cases if c.status in _FAILING]
    for name, case in failing[:_LISTED]:
        bad = next((r for r in case.results if not r.passed), case.results[0])
        output.line(visible_line(f"{name}: {case.status} {case.case}: {why(bad)}"))
    if len(failing) > _LISTED:
        more = plural(len(failing) - _LISTED, "more case")
        output.line(f"{more} did not pass: --json, --md and --junit list them all")


def _compare(lanes: Sequence[LaneResult]) -> None:
    for pair in compare_all(lanes):
        gap = pair.difference
        if pair.decided_after is not None:
            hint = f", decided after {pair.decided_after}"
        else:
            hint = f", about {pair.needed - pair.cases} more needed" if pair.needed else ""
        output.line(
            f"{pair.first} against {pair.second}: {gap.value:+.1%} "
            f"({gap.low:+.1%} to {gap.high:+.1%}), p = {pair.paired.p_value:.3g} "
            f"(McNemar, exact) on {plural(pair.cases, 'case')}{hint}"
        )


def _json_line(score: FieldScore) -> str:
    """Say how many answers are JSON, how many are exactly right, and the fields that are not."""
    parts = [f"{score.valid.count} of {score.valid.total} valid JSON"]
    if score.exact is not None:
        parts.append(f"{score.exact.count} of {score.exact.total} exact")
    wrong = sorted((f for f in score.fields if f[1].value < 1), key=lambda field: field[1].value)
    parts += [f"{name} {rate.value:.0%}" for name, rate in wrong[:_FIELDS]]
    if len(wrong) > _FIELDS:
        parts.append(f"{plural(len(wrong) - _FIELDS, 'more field')}")
    return ", ".join(visible_line(part) for part in parts)


def _narrate(
    outcome: RunOutcome,
    short: Sequence[report.Missed],
    worse: Sequence[tuple[str, str]],
    new: Sequence[str],
    high_risk: Sequence[str],
) -> None:
    for notice in outcome.notices:
        diagnostics.warn(notice.message, notice.hint)
    audit = audited(outcome.results)
    if audit.audited:
        diagnostics.say(audit.sentence())
    for miss in short:
        more = f"; about {miss.needed} more cases would tell" if miss.needed else ""
        diagnostics.say(f"{miss.lane}: {miss.reached:.1%} is below {100 * miss.wanted:.4g}%{more}")
    for label in set(high_risk) - {label for found in outcome.labels.values() for label in found}:
        diagnostics.warn(f"--high-risk {label}: no case of the suite has that label.")
    for name in new:
        diagnostics.say(f"{name}: not in the baseline, so nothing of it can be worse")
    for lane, case in worse:
        diagnostics.say(f"{lane}: {case} passed in the baseline and does not pass now")
    if outcome.interrupted:
        diagnostics.say(
            f"{plural(len(outcome.interrupted), 'answer')} of the earlier run were sent and never "
            "recorded; they were not sent again (--again does)"
        )
    if outcome.stopped != "done":
        diagnostics.say(f"stopped: {outcome.stopped}; {len(outcome.results)} of {outcome.planned}")
        if outcome.session:
            diagnostics.say(f"go on with: workbench run {outcome.suite} --resume {outcome.session}")


def _exit_code(lanes: Sequence[LaneResult], outcome: RunOutcome) -> int:
    if any(lane.errors for lane in lanes):
        return 3
    passed = all(case.status == "pass" for lane in lanes for case in lane.cases)
    return 0 if passed and _whole(outcome) else 1


def _whole(outcome: RunOutcome) -> bool:
    """Tell whether every answer that was planned is there: no verdict stands on a part of them."""
    return outcome.stopped == "done" and not outcome.interrupted and not outcome.unread


def _document(
    outcome: RunOutcome,
    lanes: Sequence[LaneResult],
    short: Sequence[report.Missed],
    worse: Sequence[tuple[str, str]],
    scores: _Scores,
) -> dict[str, object]:
    return {
        "v": 1,
        "suite": outcome.suite,
        "session": outcome.session,
        "stopped": outcome.stopped,
        "planned": outcome.planned,
        "sent": outcome.sent,
        "wall_s": outcome.wall_s,
        "audit": asdict(audited(outcome.results)),
        "interrupted": [list(key) for key in outcome.interrupted],
        "unread": outcome.unread,
        "lanes": [_lane(lane, scores) for lane in lanes],
        "pairs": [asdict(pair) for pair in compare_all(lanes)],
        "missed": [asdict(miss) for miss in short],
        "worse": [list(each) for each in worse],
    }


def _lane(lane: LaneResult, scores: _Scores) -> dict[str, object]:
    record: dict[str, object] = msgspec.to_builtins(lane)  # asdict takes fifteen times as long
    score, fields = scores.labels.get(lane.lane), scores.fields.get(lane.lane)
    record["flaky"] = [case.case for case in lane.flaky]
    if score is not None:
        record["task"] = {
            "accuracy": asdict(score.accuracy),
            "labels": [asdict(label) for label in score.labels],
            "confusion": [[*pair, count] for pair, count in score.confusion.items()],
        }
    if fields is not None:
        record["json"] = {
            "valid": asdict(fields.valid),
            "exact": asdict(fields.exact) if fields.exact else None,
            "fields": {name: asdict(rate) for name, rate in fields.fields},
        }
    return record
