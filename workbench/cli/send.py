"""``workbench send``: the main job without a screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import monotonic

import click

from workbench.api.data_rows import load_rows
from workbench.api.document import exit_code, iteration_document
from workbench.api.loading import load_session
from workbench.api.send import Outcome
from workbench.api.send import send as race
from workbench.api.sessions import restore
from workbench.api.setup import settings_for
from workbench.api.wiring import fallbacks_of, local_models, make_tools
from workbench.checks.syntax import parse_checks
from workbench.cli import diagnostics, output
from workbench.cli.options import read_text, together, variables
from workbench.cli.race_table import lines
from workbench.config.settings import Settings
from workbench.engine.core import Tools
from workbench.engine.plan import OpenSession, RacePlan
from workbench.errors import PromptError, UnknownName, UsageError
from workbench.measure.audits import audit_report
from workbench.model.events import AbortMode
from workbench.model.fold import SessionFold
from workbench.model.prompt import Prompt

REDRAW_SECONDS = 0.1

AT_ONCE = 4
"""Data rows that one lane is asked at a time, unless told."""


@click.command()
@click.argument("prompt", required=False)
@click.option("--lane", "-l", "lanes", multiple=True, help="A lane; repeat for several.")
@click.option("--check", "-c", "checks", multiple=True, help="A check, e.g. json or max_words:50.")
@click.option("--system", help="The system message, or @file.")
@click.option("--var", "pairs", multiple=True, help="NAME=VALUE or NAME=@file.")
@click.option("--abort/--no-abort", default=None, help="Cancel a lane on its first failure.")
@click.option("--abort-on", multiple=True, help="Cancel only on a failure of this check.")
@click.option(
    "--audit",
    type=click.FloatRange(0, 1),
    help="Share of aborted answers that run on, unseen, to find false aborts.",
)
@click.option("--data", help="Send once for each row: a .csv, .jsonl or .json file, or a suite.")
@click.option("--at-once", type=click.IntRange(1, 256), help="Rows of one lane at a time.")
@click.option("--repeat", type=click.IntRange(1, 1000), help="Send so many times to each lane.")
@click.option("--sequential/--parallel", default=None, help="Race lanes one after another.")
@click.option("--session", help="Add to this session; 'none' saves nothing. Default: a new one.")
@click.option("--from", "origin", type=int, help="Branch from this iteration of --session.")
@click.option("--cached", is_flag=True, help="Take answers given before from the cache.")
@click.option("--no-code", is_flag=True, help="Never run checks written in Python.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def send(  # noqa: PLR0913 - one argument per option of the command line
    *,
    prompt: str | None,
    lanes: tuple[str, ...],
    checks: tuple[str, ...],
    system: str | None,
    pairs: tuple[str, ...],
    abort: bool | None,
    abort_on: tuple[str, ...],
    audit: float | None,
    data: str | None,
    at_once: int | None,
    repeat: int | None,
    sequential: bool | None,
    session: str | None,
    origin: int | None,
    cached: bool,
    no_code: bool,
    as_json: bool,
) -> int:
    """Send one prompt to several lanes and check it live.

    PROMPT is the user message itself, - for standard input, or @file. Exit code: 0 every check
    passed, 1 a check failed, 2 wrong usage, 3 a provider failed, 130 interrupted.

    With --data the prompt goes to every lane once for each row, whose fields are the variables'
    values; a field called expected is the right answer, id names the row.

    With --from, the iteration's prompt, variables, lanes and checks hold where none are given.
    """
    settings = settings_for()
    defaults = settings.defaults
    base = _base(settings, session, origin)
    names = lanes or tuple(lane.name for lane in base.lanes) or defaults.lanes
    plan = RacePlan(
        prompt=_prompt(prompt, system, base.prompt),
        lanes=tuple(settings.lane(name) for name in dict.fromkeys(names)),
        checks=_checks(checks) or base.checks or _checks(defaults.checks),
        variables={**base.variables, **variables(pairs)},
        abort=_abort(abort, abort_on, defaults.abort),
        abort_on=abort_on or defaults.abort_on,
        audit=defaults.audit if audit is None else audit,
        repeat=repeat or defaults.repeat,
        sequential=defaults.sequential if sequential is None else sequential,
        parent=base.parent,
        rows=base.rows if data is None else load_rows(settings, data),
        at_once=at_once or (AT_ONCE if data else base.at_once),
    )
    plan = replace(plan, fallbacks=fallbacks_of(plan.lanes, settings))
    plan.inputs()
    together(audit, "--audit", plan.abort != "off", "--abort")
    _know_aborts(plan, abort_on)
    local = local_models(plan.lanes, sequential=plan.sequential)
    tools = make_tools(settings, local, cached=cached, code=not no_code)
    outcome = _race(tools, plan, _session(session))
    for notice in outcome.notices:
        diagnostics.warn(notice.message, notice.hint)
    return _report(outcome, as_json)


def _know_aborts(plan: RacePlan, wanted: tuple[str, ...]) -> None:
    """Look for the checks that answers are to be cancelled on.

    Raises:
        UnknownName: none of the race is called that.
    """
    texts = {*plan.checks}.union(*(lane.own_checks for lane in (*plan.lanes, *plan.fallbacks)))
    texts = texts.union(*(row.checks for row in plan.rows))
    names = {spec.label for spec in parse_checks(tuple(texts), Path.cwd())} | {"deadline"}
    for name in wanted:
        if not any(known == name or known.startswith(name + ":") for known in names):
            raise UnknownName("check of this race", name, names)


def _base(settings: Settings, session: str | None, origin: int | None) -> RacePlan:
    """What the new iteration comes from: iteration *origin*, else the session's last one."""
    nothing = RacePlan(Prompt(""), ())
    if session in (None, "none"):
        if origin is not None:
            raise UsageError("--from needs a session.", "Name it with --session.")
        return nothing
    if origin is not None:
        return restore(load_session(settings, str(session)).session, origin)
    before = load_session(settings, str(session), last=1).session.iterations
    return replace(nothing, parent=before[-1].number) if before else nothing


def _prompt(prompt: str | None, system: str | None, base: Prompt) -> Prompt:
    if prompt is None and not base.user:
        raise PromptError("There is no prompt.", "Give one, or branch with --session and --from.")
    return Prompt(
        base.user if prompt is None else read_text(prompt),
        base.system if system is None else read_text(system, "system"),
    )


def _checks(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Read the checks here, where files may be read, so that errors come before anything runs."""
    return tuple(spec.text for spec in parse_checks(texts, Path.cwd()))


def _abort(flag: bool | None, names: tuple[str, ...], default: AbortMode) -> AbortMode:
    if names and flag is not False:
        return "named"
    if flag is None:
        return default
    return "first" if flag else "off"


def _session(name: str | None) -> OpenSession:
    return OpenSession(saved=False) if name == "none" else OpenSession(id=name)


def _race(tools: Tools, plan: RacePlan, session: OpenSession) -> Outcome:
    live = diagnostics.Live()
    last = 0.0

    def watch(fold: SessionFold, iteration: int) -> None:
        nonlocal last
        if live.active and monotonic() - last >= REDRAW_SECONDS:
            last = monotonic()
            attempts = fold.iterations[iteration].attempts.values()
            live.draw(lines([a.record() for a in attempts], live_status=True))

    try:
        return race(tools, plan, session, watch=watch)
    finally:
        live.clear()


def _report(outcome: Outcome, as_json: bool) -> int:
    attempts = outcome.iteration.attempts
    if as_json:
        output.document(iteration_document(outcome.session, outcome.iteration))
    else:
        for text in lines(attempts):
            output.line(text)
    for attempt in attempts:
        if attempt.error is not None:
            diagnostics.warn(f"{attempt.lane}: {attempt.error.message}", attempt.error.hint)
    for how in dict.fromkeys(a.cost.how for a in attempts if a.cost.usd and a.cost.how):
        diagnostics.say(f"cost: {how}")
    if any(a.audit for a in attempts):
        diagnostics.say(audit_report(attempts).sentence())
    if outcome.session:
        diagnostics.say(f"saved: {outcome.session}, iteration {outcome.iteration.number}")
    if outcome.signal is not None:
        return 128 + outcome.signal
    return exit_code(attempts)
