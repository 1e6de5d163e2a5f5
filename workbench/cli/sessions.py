"""``workbench sessions``: list, show, search, annotate, check again, mend."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import get_args

import click

from workbench.api.retro import Change, Rejudged, recheck
from workbench.api.sessions import Hit, Query, SessionInfo, Sessions, salvage, story, tree
from workbench.api.setup import settings_for
from workbench.cli import diagnostics, output
from workbench.cli.group import Group
from workbench.cli.race_table import lines, share
from workbench.cli.sessions_import import import_command
from workbench.cli.story import story_command
from workbench.errors import UsageError
from workbench.figures import UNKNOWN, duration, money
from workbench.measure.failure import Spent
from workbench.store.names import readable
from workbench.store.search import Kind
from workbench.store.sessions import Loaded
from workbench.text import shorten, visible_line


def _shelf() -> Sessions:
    return Sessions.of(settings_for())


@click.group(cls=Group)
def sessions() -> None:
    """List, show, search and annotate saved sessions."""


sessions.add_command(import_command)
sessions.add_command(story_command)


@sessions.command("list")
@click.option("--examples", is_flag=True, help="The recorded sessions that ship with Workbench.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(examples: bool, as_json: bool) -> None:
    """List sessions, last changed first."""
    shelf = _shelf()
    readable(shelf.folder)
    infos = shelf.list_examples() if examples else shelf.list()
    prefix = "examples/" if examples else ""
    if as_json:
        output.document({"v": 1, "sessions": [_info(info, prefix) for info in infos]})
        return
    rows = [
        [
            prefix + i.id,
            i.title,
            UNKNOWN if i.iterations is None else str(i.iterations),
            UNKNOWN if i.attempts is None else str(i.attempts),
            f"{i.modified:%Y-%m-%d %H:%M}",
        ]
        for i in infos
    ]
    if not rows:
        diagnostics.say("No sessions yet. Recorded examples: workbench sessions list --examples")
        return
    output.table(("session", "title", "iterations", "attempts", "changed (UTC)"), rows)


def _info(info: SessionInfo, prefix: str) -> dict[str, object]:
    return {
        "session": prefix + info.id,
        "title": info.title,
        "utc": info.utc,
        "changed": info.modified.isoformat(),
        "bytes": info.size,
        "iterations": info.iterations,
        "attempts": info.attempts,
    }


@sessions.command()
@click.argument("name")
@click.option("--iteration", "-i", type=int, help="One iteration with its answers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show(name: str, iteration: int | None, as_json: bool) -> None:
    """Show a session: its tree of iterations and its numbers, or one iteration."""
    from workbench.api.document import iteration_document
    from workbench.api.sessions import find

    loaded = _shelf().load(name)
    session = loaded.session
    diagnostics.damage(loaded.report())
    if iteration is not None:
        found = find(session, iteration)
        if as_json:
            output.document(iteration_document(session.id, found))
            return
        for text in lines(found.attempts):
            output.line(text)
        for attempt in found.attempts:
            output.line(f"\n── {visible_line(attempt.lane)} (attempt {attempt.number})")
            output.line(attempt.text)
        return
    if as_json:
        output.document(
            {
                "v": 1,
                "session": session.id,
                "title": session.title,
                "utc": session.utc,
                "damage": list(loaded.report()),
                "story": asdict(story(session)),
                "iterations": [iteration_document(session.id, i) for i in session.iterations],
            }
        )
        return
    _show_tree(loaded)


def _show_tree(loaded: Loaded) -> None:
    session = loaded.session
    output.line(f"{visible_line(session.title)}  ({session.id}, {session.utc})")
    rows = []
    above = None
    for branch in tree(session):
        it = branch.iteration
        first = it.prompt.user.strip().partition("\n")[0]
        passed = sum(a.verdict == "pass" for a in it.attempts)
        ttff = min((a.ttff_ms for a in it.attempts if a.ttff_ms is not None), default=None)
        label = "  " * branch.depth + ("★ " if it.star else "") + str(it.number)
        if it.parent is not None and it.parent != above:
            label += f" from {it.parent}"
        above = it.number
        name = f"{it.name}: {first}" if it.name else first
        count = f"{passed}/{len(it.attempts)}"
        note = visible_line(it.note)
        rows.append([label, shorten(visible_line(name), 60), count, duration(ttff), note])
    output.table(("iteration", "prompt", "passed", "first TTFF", "note"), rows)
    told = story(session)
    output.line()
    rows = [
        [
            lane.lane,
            str(lane.attempts),
            share(lane.passed),
            duration(lane.timing.ttft_all.p50 if lane.timing.ttft_all else None),
            duration(lane.ttff.p50 if lane.ttff else None),
            duration(lane.waste_s * 1000),
        ]
        for lane in told.lanes
    ]
    output.table(("lane", "attempts", "passed", "TTFT p50", "TTFF p50", "waste"), rows)
    if told.velocity.per_minute is not None:
        output.line(f"{told.velocity.per_minute:.1f} iterations per active minute")
    for race in told.races:
        output.line(f"{race.ratio:.1f} iterations of {race.fast} fit before {race.slow}'s verdict")


@sessions.command()
@click.argument("words", nargs=-1)
@click.option("--lane", help="Only attempts of this lane.")
@click.option("--check", help="Only attempts with this check.")
@click.option("--verdict", type=click.Choice(["pass", "fail", "error", "pending"]))
@click.option("--in", "kind", type=click.Choice(get_args(Kind)), help="Only this kind of text.")
@click.option("--session", help="Only this session.")
@click.option("--since", help="From this date or moment (ISO 8601).")
@click.option("--until", help="Before this date or moment.")
@click.option("--limit", default=50, type=click.IntRange(1, 1000), help="At most so many hits.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def search(  # noqa: PLR0913 - one argument per option of the command line
    *,
    words: tuple[str, ...],
    lane: str | None,
    check: str | None,
    verdict: str | None,
    kind: Kind | None,
    session: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    as_json: bool,
) -> int:
    """Search prompts, answers, checks and notes of all sessions, newest first.

    All WORDS must occur; "a phrase" in quotes, begin* for beginnings. Exit code: 0 something was
    found, 1 nothing.
    """
    shelf = _shelf()
    only = shelf.path(session).stem if session else None
    for moment in (since, until):
        _need_moment(moment)
    query = Query(" ".join(words), only, kind, lane, check, verdict, since, until, limit)
    found = shelf.search(query, diagnostics.say)
    if as_json:
        hits = [asdict(hit) for hit in found.hits]
        output.document({"v": 1, "hits": hits, "more": found.more})
    else:
        for hit in found.hits:
            output.line(_hit(hit))
        if found.more:
            diagnostics.say(f"More than {limit} hits; narrow the search or raise --limit.")
    return 0 if found.hits else 1


def _need_moment(text: str | None) -> None:
    try:
        datetime.fromisoformat(text or "2026-01-01")
    except ValueError:
        hint = "Write it as in ISO 8601: 2026-11-22, or 2026-11-22T09:30."
        raise UsageError(f"{text!r} is no date.", hint) from None


def _hit(hit: Hit) -> str:
    place = hit.session if hit.iteration is None else f"{hit.session} {hit.iteration}"
    who = f" {visible_line(hit.lane)} {hit.verdict}" if hit.lane else ""
    return f"{place}{who}  [{hit.kind}]  {visible_line(hit.snippet)}"


@sessions.command()
@click.argument("name")
@click.argument("iteration", type=int)
@click.option("--name", "label", help="Name the iteration; '' takes the name away.")
@click.option("--star/--no-star", default=None, help="Star it, or take the star away.")
@click.option("--note", help="Note something; '' takes the note away.")
def annotate(
    name: str, iteration: int, label: str | None, star: bool | None, note: str | None
) -> None:
    """Name, star or annotate an iteration."""
    if label is None and star is None and note is None:
        raise UsageError("There is nothing to note.", "Give --name, --star or --note.")
    _shelf().annotate(name, iteration, label=label, star=star, note=note)


@sessions.command("recheck")
@click.argument("name")
@click.option("--check", "-c", "add", multiple=True, help="Add this check.")
@click.option("--drop", multiple=True, help="Drop this check.")
@click.option("--only", multiple=True, help="Replace all checks by these.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def recheck_(
    name: str, add: tuple[str, ...], drop: tuple[str, ...], only: tuple[str, ...], as_json: bool
) -> int:
    """Ask other checks of recorded answers; nothing is sent and nothing is overwritten.

    Exit code: 0 every answer passes under the new checks, 1 one does not.
    """
    from workbench.api.document import attempt_document

    loaded = _shelf().load(name)
    diagnostics.damage(loaded.report())
    change = Change(add, drop, only or None)
    found = recheck(loaded.session, change, folder=Path.cwd())
    for text in dict.fromkeys(text for r in found for text in r.unread):
        diagnostics.warn(
            f"The recorded check {text!r} cannot be asked of a recording here "
            "(it needs a lane, a file or code) and is left out."
        )
    if as_json:
        rows = [
            {
                "iteration": r.now.iteration,
                "changed": r.changed,
                "partial": r.partial,
                "unread": list(r.unread),
                "abort_would_save": asdict(r.saved) if r.saved else None,
                "abort_ms": r.abort_ms,
                "spent": {"was": asdict(r.was_spent), "is": asdict(r.spent) if r.spent else None},
                "original": attempt_document(r.original),
                "now": attempt_document(r.now),
            }
            for r in found
        ]
        output.document({"v": 1, "session": loaded.session.id, "attempts": rows})
    else:
        output.table(
            _RECHECKED,
            [_rechecked(r) for r in found],
        )
        changed = sum(r.changed for r in found)
        diagnostics.say(f"{changed} of {len(found)} attempts come out differently.")
    return 0 if all(r.now.verdict == "pass" for r in found) else 1


_RECHECKED = (
    *("iteration", "lane", "was", "is", "TTFF was", "TTFF is"),
    *("abort was", "abort is", "cost was", "cost is", "an abort saves"),
)


def _spent(spent: Spent | None) -> str:
    if spent is None:
        return UNKNOWN
    tokens = UNKNOWN if spent.tokens is None else str(spent.tokens)
    return f"{tokens} tok, {money(spent.usd)}"


def _rechecked(r: Rejudged) -> list[str]:
    saved = UNKNOWN
    if r.saved is not None:
        tokens = "" if r.saved.tokens is None else f", {r.saved.tokens} tokens"
        saved = f"{duration((r.saved.seconds or 0) * 1000)}{tokens}"
    mark = "" if r.original.verdict == r.now.verdict else "  ←"
    return [
        str(r.now.iteration),
        r.now.lane,
        r.original.verdict,
        r.now.verdict + (" (cut)" if r.partial else "") + mark,
        duration(r.original.ttff_ms),
        duration(r.now.ttff_ms),
        duration(r.original.abort_ms),
        duration(r.abort_ms),
        _spent(r.was_spent),
        _spent(r.spent),
        saved,
    ]


@sessions.command("salvage")
@click.argument("name")
@click.option("-o", "--output", "into", type=click.Path(path_type=Path), required=True)
def salvage_(name: str, into: Path) -> None:
    """Copy every readable line of a damaged session to a new file."""
    kept = salvage(_shelf().path(name), into)
    diagnostics.say(f"{kept} lines saved in {into}.")
