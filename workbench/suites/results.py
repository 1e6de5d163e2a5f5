"""What a run found: one record for each case, lane and repeat, and what follows from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from statistics import median
from types import MappingProxyType
from typing import Literal

from workbench.measure.audits import AuditReport, audit_of
from workbench.measure.counted import counted
from workbench.measure.fields import Match, Wanted, match
from workbench.measure.intervals import Paired, Rate, paired, wilson
from workbench.measure.labels import label_said
from workbench.measure.passk import mean_over_cases, pass_at_k, pass_hat_k
from workbench.model.attempt import Attempt
from workbench.model.session import Iteration
from workbench.records import dataclass

Status = Literal["pass", "fail", "flaky", "error", "open"]
Varies = Literal["answer", "judge"]
_SAID_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known to be right about a case: the JSON it wants, and the labels that inputs of its
    suite have, if it has one itself.
    """

    wanted: Wanted | None = None
    labels: tuple[str, ...] = ()


_NOTHING_KNOWN = Truth()


@dataclass(frozen=True, slots=True)
class UnitResult:
    """One attempt of a run. ``answer_hash`` tells equal answers, ``said`` is how it begins
    (2,000 characters, 200 of one that passed).

    ``state`` is the attempt's; ``usd`` is None when the cost is not known, ``judge_usd`` what other
    lanes took for judging it. An answer that is not ``live`` (from the cache) has neither times nor
    a cost. ``match`` is there for whole answers of cases that want JSON, ``label`` (what the whole
    answer says) for those of cases with labels. ``fallback`` is the lane that answered after this
    one's provider had failed. ``false_abort`` is None unless an abort was audited.
    """

    case: str
    lane: str
    repeat: int
    attempt: int
    verdict: str
    state: str
    kind: str | None
    check: str | None
    reason: str
    ttft_ms: float | None
    ttff_ms: float | None
    total_ms: float | None
    usd: float | None
    tokens: int | None
    answer_hash: str
    said: str
    live: bool = True
    fallback: str | None = None
    judge_usd: float = 0.0
    match: Match | None = None
    label: str | None = None
    false_abort: bool | None = None

    @property
    def passed(self) -> bool:
        """True when every check passed."""
        return self.verdict == "pass"

    @property
    def judged(self) -> bool:
        """True when there is a verdict on the answer: not a provider's failure, nor cut short."""
        return self.verdict in ("pass", "fail")


def unit_result(
    case_id: str, attempt: Attempt, lane: str, truth: Truth = _NOTHING_KNOWN
) -> UnitResult:
    """Return the record of one attempt, made in the place of *lane*."""
    wanted, labels, text = truth.wanted, truth.labels, attempt.text
    whole = attempt.verdict in ("pass", "fail") and attempt.state in ("complete", "truncated")
    failed = attempt.first_failure
    live = attempt.origin == "live"
    return UnitResult(
        case=case_id,
        lane=lane,
        repeat=attempt.repeat,
        attempt=attempt.number,
        verdict=attempt.verdict,
        state=attempt.state,
        kind=failed.kind if failed else None,
        check=failed.check if failed else None,
        reason=failed.reason if failed else (attempt.error.message if attempt.error else ""),
        ttft_ms=attempt.ttft_ms if live else None,
        ttff_ms=attempt.ttff_ms if live else None,
        total_ms=attempt.total_ms if live else None,
        usd=attempt.cost.usd if live else None,
        tokens=attempt.tokens.output,
        answer_hash=sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12],
        said=text[: _SAID_CHARS if attempt.verdict != "pass" else _SAID_CHARS // 10],
        live=live,
        fallback=attempt.lane if attempt.lane != lane else None,
        judge_usd=sum(reply.usd or 0.0 for reply in attempt.judged),
        match=match(text, wanted) if wanted is not None and whole else None,
        label=label_said(text, labels) if labels and attempt.state == "complete" else None,
        false_abort=attempt.audit.false_abort if attempt.audit else None,
    )


def audited(results: Iterable[UnitResult]) -> AuditReport:
    """Return how often an audited abort of a run was false."""
    aborted = [r for r in results if r.state == "aborted"]
    return audit_of(len(aborted), [r.false_abort for r in aborted if r.false_abort is not None])


def last_words(iteration: Iteration) -> Iterator[tuple[str, Attempt]]:
    """Yield the attempts that count, each with the lane it stands for; see :func:`counted`."""
    return counted(iteration.attempts)


def results_of(
    iterations: Iterable[Iteration], truths: Mapping[str, Truth] = MappingProxyType({})
) -> list[UnitResult]:
    """Return the results that a run's iterations hold: they are named by their case.

    *truths* are by case. What was sent again by a later resume replaces what had come before.
    """
    found = {
        (iteration.name, lane, attempt.repeat): unit_result(
            iteration.name, attempt, lane, truths.get(iteration.name, _NOTHING_KNOWN)
        )
        for iteration in iterations
        if iteration.name
        for lane, attempt in last_words(iteration)
    }
    return list(found.values())


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case on one lane. A flaky one passed and failed; ``varies`` says whether its answers
    differ or the judge called equal answers differently.
    """

    case: str
    status: Status
    passed: int
    total: int
    varies: Varies | None
    results: tuple[UnitResult, ...]


@dataclass(frozen=True, slots=True)
class LaneResult:
    """One lane over all cases.

    ``rate`` is the share of judged attempts that passed; with repeats its interval is that of as
    many attempts as there are cases, for repeats of a case are not independent. ``goodput`` is
    passing answers per second of the run.
    """

    lane: str
    rate: Rate | None
    cases: tuple[CaseResult, ...]
    errors: int
    pass_at: Mapping[int, float]
    pass_hat: Mapping[int, float]
    ttft_ms: float | None
    ttff_ms: float | None
    total_ms: float | None
    usd: float | None
    usd_per_success: float | None
    usd_per_1k: float | None
    goodput: float | None

    @property
    def flaky(self) -> tuple[CaseResult, ...]:
        """The cases that passed and failed."""
        return tuple(case for case in self.cases if case.status == "flaky")


def by_lane(results: Iterable[UnitResult], wall_s: float | None = None) -> list[LaneResult]:
    """Sum up results lane by lane, in the order they first came."""
    lanes: dict[str, list[UnitResult]] = defaultdict(list)
    for result in results:
        lanes[result.lane].append(result)
    return [_lane(lane, found, wall_s) for lane, found in lanes.items()]


def _lane(lane: str, results: Sequence[UnitResult], wall_s: float | None) -> LaneResult:
    grouped: dict[str, list[UnitResult]] = defaultdict(list)
    for result in results:
        grouped[result.case].append(result)
    cases = tuple(case_result(case_id, found) for case_id, found in grouped.items())
    passed = sum(r.passed for r in results)
    usd = [r.usd for r in results]
    known = [value for value in usd if value is not None]
    total_usd = sum(known) if known and len(known) == len(usd) else None
    whole = [r for r in results if r.state == "complete"]
    return LaneResult(
        lane=lane,
        rate=_rate(results, cases),
        cases=cases,
        errors=sum(r.verdict == "error" for r in results),
        pass_at=_over_k(cases, pass_at_k),
        pass_hat=_over_k(cases, pass_hat_k),
        ttft_ms=_median(r.ttft_ms for r in results),
        ttff_ms=_median(r.ttff_ms for r in results),
        total_ms=_median(r.total_ms for r in whole),
        usd=total_usd,
        usd_per_success=total_usd / passed if total_usd is not None and passed else None,
        usd_per_1k=1000 * total_usd / len(results) if total_usd is not None else None,
        goodput=sum(r.passed and r.live for r in results) / wall_s if wall_s else None,
    )


def case_result(case_id: str, results: Sequence[UnitResult]) -> CaseResult:
    """Sum up the repeats of one case on one lane."""
    judged = [r for r in results if r.judged]
    passed = sum(r.passed for r in judged)
    status: Status
    if not judged:
        status = "error" if any(r.verdict == "error" for r in results) else "open"
    elif passed == len(judged):
        status = "pass"
    else:
        status = "fail" if passed == 0 else "flaky"
    varies: Varies | None = None
    if status == "flaky":
        good = {r.answer_hash for r in judged if r.passed}
        bad = {r.answer_hash for r in judged if not r.passed}
        varies = "judge" if good & bad else "answer"
    return CaseResult(case_id, status, passed, len(judged), varies, tuple(results))


def _rate(results: Sequence[UnitResult], cases: Sequence[CaseResult]) -> Rate | None:
    judged = [r for r in results if r.judged]
    passed = sum(r.passed for r in judged)
    plain = wilson(passed, len(judged))
    held = sum(case.total > 0 for case in cases)
    if plain is None or held == len(judged):
        return plain
    careful = wilson(round(plain.value * held), held)
    if careful is None:
        return plain
    return Rate(passed, len(judged), plain.value, careful.low, careful.high)


def _over_k(cases: Sequence[CaseResult], measure: object) -> dict[int, float]:
    most = min((case.total for case in cases if case.total), default=0)
    made: dict[int, float] = {}
    for k in (1, 2, 3, 5, 10):
        if 1 < k <= most and callable(measure):
            value = mean_over_cases([measure(c.passed, c.total, k) for c in cases if c.total])
            if value is not None:
                made[k] = value
    return made


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def compare_lanes(first: LaneResult, second: LaneResult) -> Paired | None:
    """Compare two lanes (or one lane in two runs) on the cases both have: a case counts as passed
    when more than half of its repeats did.
    """
    return paired(pairs_of(first, second))


def pairs_of(first: LaneResult, second: LaneResult) -> list[tuple[bool, bool]]:
    """Return for each case that both lanes judged whether it passed on the first, on the second."""
    other = {case.case: case for case in second.cases if case.total}
    return [
        (2 * case.passed > case.total, 2 * other[case.case].passed > other[case.case].total)
        for case in first.cases
        if case.total and case.case in other
    ]
