"""A run's results for other programs: JUnit, Markdown, thresholds, a baseline file."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from workbench.errors import NotSaved, UsageError
from workbench.figures import duration, money
from workbench.files.replace import replace_file
from workbench.measure.intervals import Rate
from workbench.measure.passk import cases_needed
from workbench.records import dataclass
from workbench.suites.codec import is_object
from workbench.suites.results import CaseResult, LaneResult

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PERCENT = re.compile(r"(?:([^=]+)=)?(\d+(?:\.\d+)?)%")
BASELINE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Threshold:
    """At least this share must pass, on one lane or (``lane`` None) on each."""

    lane: str | None
    share: float


@dataclass(frozen=True, slots=True)
class Missed:
    """A threshold that was not reached: the lane, what it reached, and what it should have.

    ``needed`` is there when the rate reaches it and its interval does not: about how many more
    cases it would take, should the rate stay.
    """

    lane: str
    reached: float
    wanted: float
    needed: int | None = None


def read_threshold(text: str) -> Threshold:
    """Read ``95%`` or ``fast=95%``.

    Raises:
        UsageError: it is neither.
    """
    found = _PERCENT.fullmatch(text.strip())
    if found is None or float(found.group(2)) > 100:
        raise UsageError(f"{text!r} is no threshold.", "Write 95% or LANE=95%.")
    return Threshold(found.group(1), float(found.group(2)) / 100)


def read_thresholds(texts: Iterable[str], lanes: Collection[str]) -> list[Threshold]:
    """Read thresholds for a run on *lanes*, before anything is sent.

    Raises:
        UsageError: one is none, or names a lane that will not run.
    """
    found = [read_threshold(text) for text in texts]
    for threshold in found:
        if threshold.lane is not None and threshold.lane not in lanes:
            raise UsageError(f"--min-pass names the lane {threshold.lane}, which does not run.")
    return found


def missed(
    lanes: Sequence[LaneResult], thresholds: Iterable[Threshold], *, on_interval: bool
) -> list[Missed]:
    """Return the thresholds that were missed; *on_interval* judges the interval's lower end."""
    found = []
    for threshold in thresholds:
        for lane in (lane for lane in lanes if threshold.lane in (None, lane.lane)):
            reached = _reached(lane.rate, on_interval=on_interval)
            if reached < threshold.share:
                more = _more(lane, threshold.share)
                found.append(Missed(lane.lane, reached, threshold.share, more))
    return found


def _more(lane: LaneResult, share: float) -> int | None:
    held = sum(case.total > 0 for case in lane.cases)
    if lane.rate is None or lane.rate.value <= share:
        return None
    needed = cases_needed(round(lane.rate.value * held), held, share)
    return needed - held if needed is not None and needed > held else None


def _reached(rate: Rate | None, *, on_interval: bool) -> float:
    if rate is None:
        return 0.0
    return rate.low if on_interval else rate.value


def junit(suite: str, lanes: Sequence[LaneResult], wall_s: float) -> str:
    """Return JUnit XML: a test suite for each lane, a test case for each case."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    parts.append(f"<testsuites name={_attribute(suite)} time={_attribute(f'{wall_s:.3f}')}>\n")
    for lane in lanes:
        failures = sum(case.status in ("fail", "flaky") for case in lane.cases)
        errors = sum(case.status == "error" for case in lane.cases)
        skipped = sum(case.status == "open" for case in lane.cases)
        parts.append(
            f"  <testsuite name={_attribute(f'{suite} on {lane.lane}')} "
            f'tests="{len(lane.cases)}" failures="{failures}" errors="{errors}" '
            f'skipped="{skipped}">\n'
        )
        parts += [_junit_case(suite, lane.lane, case) for case in lane.cases]
        parts.append("  </testsuite>\n")
    return "".join((*parts, "</testsuites>\n"))


def _junit_case(suite: str, lane: str, case: CaseResult) -> str:
    seconds = sum(r.total_ms or 0 for r in case.results) / 1000
    head = (
        f"    <testcase classname={_attribute(f'{suite}.{lane}')} "
        f'name={_attribute(case.case)} time="{seconds:.3f}"'
    )
    if case.status == "pass":
        return head + "/>\n"
    tag = {"error": "error", "open": "skipped"}.get(case.status, "failure")
    bad = next((r for r in case.results if not r.passed), case.results[0])
    message = f"{bad.check or bad.kind or bad.state}: {bad.reason}"
    if case.total > 1:
        message = f"{case.passed} of {case.total} passed; {message}"
    body = f"      <{tag} message={_attribute(message)}>{_text(bad.said)}</{tag}>\n"
    return f"{head}>\n{body}    </testcase>\n"


def _attribute(text: str) -> str:
    from xml.sax.saxutils import quoteattr  # imports half of urllib

    return quoteattr(_NOT_XML.sub("\ufffd", text))


def _text(text: str) -> str:
    from xml.sax.saxutils import escape

    return escape(_NOT_XML.sub("\ufffd", text))


def markdown(suite: str, lanes: Sequence[LaneResult], broken: Sequence[str] = ()) -> str:
    """Return a summary for a pull request's comment; saved texts stay texts in it."""
    lines = [f"### {_cell(suite)}", ""]
    lines += [
        "| lane | passed | 95 % interval | flaky | errors | TTFF | cost |",
        "|---|---|---|---|---|---|---|",
    ]
    for lane in lanes:
        rate = lane.rate
        passed = f"{rate.count}/{rate.total} ({rate.value:.0%})" if rate else "–"
        interval = rate.between() if rate else "–"
        ttff = duration(lane.ttff_ms)
        cost = money(lane.usd)
        counts = f"{len(lane.flaky)} | {lane.errors}"
        lines.append(f"| {_cell(lane.lane)} | {passed} | {interval} | {counts} | {ttff} | {cost} |")
    failing = [(lane.lane, case) for lane in lanes for case in lane.cases if case.status != "pass"]
    if failing:
        lines += ["", "<details><summary>Cases that did not pass</summary>", ""]
        lines += ["| case | lane | status | why |", "|---|---|---|---|"]
        for name, case in failing[:200]:
            bad = next((r for r in case.results if not r.passed), case.results[0])
            new = " (new)" if case.case in broken else ""
            why = _cell(f"{bad.check or bad.kind or bad.state}: {bad.reason}")
            lines.append(f"| {_cell(case.case)}{new} | {_cell(name)} | {case.status} | {why} |")
        if len(failing) > 200:
            lines.append(f"| … {len(failing) - 200} more | | | |")
        lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Return *text* so that Markdown shows it and does nothing else."""
    flat = " ".join(_NOT_XML.sub("\ufffd", text).split())[:200]
    return re.sub(r"[\\`*_{}\[\]<>#|@~&]|:(?=\S)", lambda sign: f"&#{ord(sign.group())};", flat)


def baseline_of(suite: str, lanes: Sequence[LaneResult]) -> str:
    """Return a baseline file: the status of every case on every lane, made to be committed."""
    statuses = {
        lane.lane: {case.case: case.status for case in sorted(lane.cases, key=lambda c: c.case)}
        for lane in lanes
    }
    return json.dumps({"v": BASELINE_VERSION, "suite": suite, "lanes": statuses}, indent=1) + "\n"


_WRITES = "--write-baseline writes one."


def read_baseline(path: Path) -> Mapping[str, Mapping[str, str]]:
    """Return the statuses of a baseline file, by lane and case.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    try:
        data: object = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no baseline: {error}.", _WRITES) from error
    lanes = data.get("lanes") if is_object(data) and data.get("v") == BASELINE_VERSION else None
    if not is_object(lanes):
        raise UsageError(f"{path} is no baseline.", _WRITES)
    return {
        lane: {case: str(status) for case, status in cases.items()}
        for lane, cases in lanes.items()
        if is_object(cases)
    }


def worse_than(
    baseline: Mapping[str, Mapping[str, str]], lanes: Sequence[LaneResult]
) -> list[tuple[str, str]]:
    """Return (lane, case) of what passed in the baseline and does not pass now.

    A case that is flaky now counts as worse only if it never was before.
    """
    return [
        (lane.lane, case.case)
        for lane in lanes
        for case in lane.cases
        if baseline.get(lane.lane, {}).get(case.case) == "pass" and case.status != "pass"
    ]


def write_report(path: Path, text: str) -> None:
    """Write a report file in one step.

    Raises:
        NotSaved: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode("utf-8", "replace"), 0o644)
    except OSError as error:
        raise NotSaved(f"{path} cannot be written: {error.strerror}.") from error
