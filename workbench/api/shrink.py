"""Makes a case's input smaller while it still fails on a lane."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from workbench.api.loading import suite_path
from workbench.api.run import run_cases
from workbench.api.wiring import known_secrets
from workbench.config.settings import Settings
from workbench.errors import UsageError
from workbench.model.lane import Lane
from workbench.model.prompt import Message
from workbench.redact import Redactor
from workbench.suites.case import Case, Evidence
from workbench.suites.file import append_cases, load_suite
from workbench.suites.results import UnitResult
from workbench.suites.run import Limits, RunPlan
from workbench.suites.shrink import Shrunk, shrink


@dataclass(frozen=True, slots=True)
class Smaller:
    """The smaller case, and how it was found. ``case`` is None when the input does not fail.
    ``sent`` is how many requests it took; answers from the cache are none.
    """

    case: Case | None
    before: int
    found: Shrunk | None
    sent: int = 0


def shrink_case(
    settings: Settings,
    suite: str,
    case_id: str,
    lane: str,
    *,
    budget: int = 60,
    repeat: int = 1,
    cached: bool = False,
) -> Smaller:
    """Shrink the last user message of a case by delta debugging on *lane*, in at most *budget*
    tries of *repeat* requests each, and append the smaller case to the suite, unless it holds the
    same failure already.

    With *cached*, answers on record are taken from the cache and new ones kept there, so that a
    search goes on where an earlier one ended. An input fails when every repeat of it fails a check;
    a provider's failure is no failure of it.

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
    if settings.lane(lane).provider == "replay":
        raise UsageError(
            f"The lane {lane} plays one recording: it would answer any smaller input the same.",
            "Shrink on the lane that was recorded; --cached takes the answers it gave before.",
        )
    plan = RunPlan(suite, (lane,), repeat=repeat, saved=False, limits=Limits(repeat), cached=cached)
    answers: dict[str, UnitResult] = {}
    sent = 0

    async def fails(text: str) -> bool:
        nonlocal sent
        tried = _with(case, place, text)
        outcome = await asyncio.to_thread(run_cases, settings, plan, suite, [tried])
        sent += sum(result.live for result in outcome.results)
        failed = bool(outcome.results) and all(r.verdict == "fail" for r in outcome.results)
        if failed:
            answers[text] = outcome.results[0]
        return failed

    text = case.messages[place].content
    found = asyncio.run(shrink(text, fails, budget))
    if found is None:
        return Smaller(None, len(text), None, sent)
    made = replace(
        _with(case, place, found.text),
        id=f"{case.id}-small",
        evidence=_evidence(answers[found.text], settings.lane(lane)),
        notes=f"{case.notes}\nshrunk from {case.id}".strip(),
    )
    added = append_cases(path, [made], Redactor(known_secrets(settings)))
    return Smaller((*added.written, *added.known)[0], len(text), found, sent)


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
