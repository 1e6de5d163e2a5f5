"""``workbench bisect``: which iteration broke a check."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from pathlib import Path

import click

from workbench.api.bisect import Broken, Grade, Probe, bisect, recorded_grades
from workbench.api.send import send_async
from workbench.api.sessions import Sessions, ancestry, restore
from workbench.api.setup import settings_for
from workbench.api.wiring import make_tools
from workbench.checks.syntax import CheckSpec, parse_check
from workbench.cli import diagnostics, output
from workbench.config.settings import Settings
from workbench.engine.plan import OpenSession
from workbench.errors import SessionError
from workbench.model.session import Iteration, Session
from workbench.text import plural


@click.command("bisect")
@click.argument("name")
@click.option("--check", "-c", required=True, help="The check, e.g. json or max_words:50.")
@click.option("--lane", "-l", required=True, help="The lane.")
@click.option("--bad", type=int, help="The iteration known to fail; the last one by default.")
@click.option("--send/--recorded-only", "sending", default=True, help="Send what is not recorded.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def bisect_(name: str, check: str, lane: str, bad: int | None, sending: bool, as_json: bool) -> int:
    """Find the iteration that broke a check on a lane.

    Recorded verdicts are used, then the check is asked of recorded answers; only what is not
    recorded is sent, as a new iteration of the session. Exit code: 0 the iteration was found.
    """
    settings = settings_for()
    loaded = Sessions.of(settings).load(name)
    session = loaded.session
    if not session.iterations:
        raise SessionError(f"{name} holds no iteration.", "Send a prompt first.")
    tip = session.iterations[-1].number if bad is None else bad
    spec = parse_check(check, Path.cwd())
    sender = _Sender(settings, session, name, lane, spec) if sending else None
    line = ancestry(session, tip)
    if as_json is False:
        lead = "leads" if len(line) == 1 else "lead"
        diagnostics.say(f"{plural(len(line), 'iteration')} {lead} to {tip}.")
    grades = recorded_grades(lane, spec)
    found = asyncio.run(bisect(line, grades, sender.grade if sender else None))
    if as_json:
        document = {"v": 1, "session": session.id, "lane": lane, "check": spec.text}
        output.document(document | asdict(found))
    else:
        _print(found)
    return 0


class _Sender:
    """Sends an iteration's prompt to the lane again and says how the check came out.

    The lane is the user's own of that name; a recorded one of another name is used as it was
    recorded, unless it would send to where none of the user's own lanes send.
    """

    def __init__(
        self, settings: Settings, session: Session, name: str, lane: str, spec: CheckSpec
    ) -> None:
        self._settings = settings
        self._session = session
        self._name = name
        self._lane = lane
        self._spec = spec

    async def grade(self, iteration: Iteration) -> Grade:
        """Send and judge one iteration."""
        plan = restore(self._session, iteration.number)
        lane = self._settings.lanes.get(self._lane)
        if lane is None:
            lane = next((x for x in plan.lanes if x.name == self._lane), None)
        if lane is None:
            lane = self._settings.lane(self._lane)
        diagnostics.say(f"sending iteration {iteration.number} to {lane.name} ...")
        plan = replace(plan, lanes=(lane,), checks=(self._spec.text,), abort="off", repeat=1)
        tools = make_tools(self._settings, int(lane.provider == "local"))
        outcome = await send_async(tools, plan, OpenSession(id=self._name))
        if outcome.signal is not None:
            raise KeyboardInterrupt
        self._name = outcome.session or self._name  # an example goes on as the user's copy
        number = outcome.iteration.number
        label = f"bisect: iteration {iteration.number} again, for {self._spec.label}"
        Sessions.of(self._settings).annotate(self._name, number, label=label)
        diagnostics.say(f"saved as iteration {number} of {self._name}, named {label!r}")
        return recorded_grades(lane.name, self._spec)(outcome.iteration)[0]


def _number(probe: Probe) -> int:
    return probe.iteration


def _print(found: Broken) -> None:
    output.table(
        ("iteration", "verdict", "how"),
        [[str(p.iteration), p.grade, p.source] for p in sorted(found.probes, key=_number)],
    )
    if found.suspects:
        names = ", ".join(map(str, (*found.suspects, found.first_bad)))
        output.line(f"One of these broke it: {names}; those between could not be judged.")
    elif found.last_good is None:
        output.line(f"It fails from the start: iteration {found.first_bad}.")
    else:
        output.line(f"Iteration {found.first_bad} broke it; {found.last_good} was good.")
