"""Makes a case's input smaller while it still fails on a lane."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from workbench.api.loading import suite_path
from workbench.api.run import judges_of
from workbench.api.unit import UnitSender
from workbench.api.wiring import fallbacks_of, known_secrets, local_models, make_tools
from workbench.config.settings import Settings
from workbench.engine.clock import metered_loop
from workbench.engine.unit import UnitSpec
from workbench.errors import UsageError
from workbench.model.events import AbortMode, IterationStarted
from workbench.model.fold import SessionFold
from workbench.model.lane import Lane
from workbench.model.prompt import Message, Prompt
from workbench.records import dataclass
from workbench.redact import Redactor
from workbench.suites.case import Case, Evidence
from workbench.suites.file import append_cases, load_suite
from workbench.suites.plan import judged_by
from workbench.suites.results import UnitResult, unit_result
from workbench.suites.shrink import Shrunk, shrink


@dataclass(frozen=True, slots=True)
class Smaller:
    """The smaller case, and how it was found. ``case`` is None when the input does not fail on
    ``lane``. ``sent`` is how many requests it took; answers from the cache are none.
    """

    case: Case | None
    before: int
    found: Shrunk | None
    lane: str
    sent: int = 0


def shrink_case(
    settings: Settings,
    suite: str,
    case_id: str,
    lane: str | None = None,
    *,
    budget: int = 60,
    repeat: int = 1,
    cached: bool = False,
) -> Smaller:
    """Shrink the last user message of a case by delta debugging on *lane* (without one, that whose
    answer the case keeps), in at most *budget* tries of *repeat* requests each, and append the
    smaller case to the suite, unless it holds the same failure already.

    With *cached*, answers on record are taken from the cache and new ones kept there, so that a
    search goes on where an earlier one ended; without, answers are cancelled as soon as they fail.
    An input fails when every repeat of it fails a check, and one of them the check that the whole
    input failed first; a provider's failure is no failure of it.

    Raises:
        UnknownName: no such case or lane.
        UsageError: the case has no user message, or the lane is one recording, which answers
            every input alike.
        NotSaved: the suite cannot be written.
    """
    path = suite_path(settings, suite)
    case = load_suite(path).case(case_id)
    place = max((n for n, m in enumerate(case.messages) if m.role == "user"), default=-1)
    if place < 0:
        raise UsageError(f"The case {case_id} has no user message to shrink.")
    chosen = _lane(settings, case, lane)
    with asyncio.Runner(loop_factory=metered_loop) as runner:
        tried = _Tries(settings, case, place, chosen, repeat, cached=cached)
        found = runner.run(tried.search(budget))
    before = len(case.messages[place].content)
    if found is None:
        return Smaller(None, before, None, chosen.name, tried.sent)
    made = replace(
        _with(case, place, found.text),
        id=f"{case.id}-small",
        evidence=_evidence(tried.answers[found.text], chosen),
        notes=f"{case.notes}\nshrunk from {case.id}".strip(),
    )
    added = append_cases(path, [made], Redactor(known_secrets(settings)))
    return Smaller((*added.written, *added.known)[0], before, found, chosen.name, tried.sent)


def _lane(settings: Settings, case: Case, name: str | None) -> Lane:
    """Return the lane to try on: the one called *name*, or the one that failed."""
    failed = case.evidence.lane if case.evidence else ""
    if name is None and failed not in settings.lanes:
        what = f"comes from the lane {failed}, which is not declared here" if failed else "is none"
        raise UsageError(f"The answer that {case.id} keeps {what}.", "Name a lane with --lane.")
    lane = settings.lane(name or failed)
    if lane.provider != "replay":
        return lane
    live = [each for each in settings.lanes.values() if each.provider != "replay"]
    fits = [e.name for e in live if e.name == failed or e.model == lane.model]
    hint = (
        f"Shrink on {' or '.join(fits)}: --lane {fits[0]}; --cached takes the answers given before."
        if fits
        else f"Declare a lane that asks {lane.model} itself, and shrink on that."
    )
    raise UsageError(
        f"The lane {lane.name} plays one recording: it would answer any smaller input the same.",
        hint,
    )


class _Tries:
    """Tries smaller inputs of one case on one lane; the engine stays from try to try.

    ``answers`` are the first answers to the inputs that failed, ``sent`` how many requests it took.
    """

    def __init__(
        self, settings: Settings, case: Case, place: int, lane: Lane, repeat: int, *, cached: bool
    ) -> None:
        self._case = case
        self._place = place
        self._repeat = repeat
        self._checks = judged_by(case, ())
        self._lanes = {lane.name: lane}
        self._fallbacks = {f.name: f for f in fallbacks_of((lane,), settings)}
        judges = judges_of(settings, {self._checks}, self._lanes, self._fallbacks)
        asked = {**judges, **self._fallbacks, **self._lanes}.values()
        tools = make_tools(settings, local_models(asked), cached=cached)
        self._sender = UnitSender(tools)
        # What goes on after the first failure changes nothing, but only whole answers are kept.
        self._abort: AbortMode = "off" if cached else "first"
        self._wanted: str | None = None
        self.answers: dict[str, UnitResult] = {}
        self.sent = 0

    async def search(self, budget: int) -> Shrunk | None:
        """Shrink in at most *budget* tries; see :func:`workbench.suites.shrink.shrink`."""
        try:
            return await shrink(self._case.messages[self._place].content, self._fails, budget)
        finally:
            await self._sender.close()

    async def _fails(self, text: str) -> bool:
        results = await asyncio.gather(*(self._try(text, n) for n in range(1, self._repeat + 1)))
        failed = {result.check for result in results if result.verdict == "fail"}
        if any(result.verdict != "fail" for result in results):
            return False
        if self._wanted is None:
            self._wanted = results[0].check
        if self._wanted not in failed:
            return False  # it fails, but for another reason
        self.answers[text] = results[0]
        return True

    async def _try(self, text: str, repeat: int) -> UnitResult:
        tried = _with(self._case, self._place, text)
        (lane,) = self._lanes.values()
        fallbacks = tuple(self._fallbacks.values())
        spec = UnitSpec(
            tried.id, lane, repeat, tried.messages, self._checks, self._abort, fallbacks
        )
        events, last = await self._sender.send(spec)
        attempts = SessionFold().apply_all([_ITERATION, *events]).attempts
        self.sent += sum(a.record().origin == "live" for a in attempts.values())
        return unit_result(tried.id, attempts[last].record(), lane.name)


_ITERATION = IterationStarted(1, Prompt(""), (), (), "")
"""What the attempts of a unit belong to."""


def _evidence(result: UnitResult, lane: Lane) -> Evidence:
    return Evidence(
        lane=lane.name,
        model=lane.model,
        answer=result.said,
        check=result.check,
        reason=result.reason,
        ttff_ms=result.ttff_ms,
    )


def _with(case: Case, place: int, text: str) -> Case:
    message = Message("user", text)
    messages = (*case.messages[:place], message, *case.messages[place + 1 :])
    return replace(case, messages=messages, prompt=None, variables={})
