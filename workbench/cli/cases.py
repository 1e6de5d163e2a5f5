"""``workbench cases``: failed attempts become cases; list, review and edit them."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import click

from workbench.api import cases as api
from workbench.api.setup import settings_for
from workbench.api.shrink import shrink_case
from workbench.cli import diagnostics, output
from workbench.cli.group import Group
from workbench.suites.case import Case, Review
from workbench.suites.codec import encode
from workbench.text import plural


@click.group(cls=Group)
def cases() -> None:
    """Make cases of failed attempts; list, review and edit them."""


@cases.command()
@click.argument("session")
@click.argument("attempts", nargs=-1, type=click.IntRange(1))
@click.option("--suite", required=True, help="The suite's name, or its file.")
@click.option("--lane", help="Without numbers: failed attempts of this lane.")
@click.option("--check", help="Without numbers: attempts that failed this check first.")
@click.option("--expected", multiple=True, help="An answer that would be right; repeatable.")
@click.option("--label", "labels", multiple=True, help="The input's true class; repeatable.")
@click.option("--tag", "tags", multiple=True, help="A tag; repeatable.")
@click.option("--note", default="", help="A note.")
def add(
    *,
    session: str,
    attempts: tuple[int, ...],
    suite: str,
    lane: str | None,
    check: str | None,
    expected: tuple[str, ...],
    labels: tuple[str, ...],
    tags: tuple[str, ...],
    note: str,
) -> None:
    """Make cases of ATTEMPTS of SESSION (numbers from 1), or of all that failed.

    A failure the suite holds already is not added again.
    """

    def dress(case: Case) -> Case:
        return replace(case, expected=expected, labels=labels, tags=tags, notes=note)

    added = api.add_cases(
        settings_for(), suite, session, attempts, lane=lane, check=check, dress=dress
    )
    for case in added.written:
        output.line(case.id)
    known = f", {len(added.known)} were there already" if added.known else ""
    diagnostics.say(f"{plural(len(added.written), 'case')} added{known}")


@cases.command(name="list")
@click.argument("suite", default="cases.jsonl")
@click.option("--json", "as_json", is_flag=True, help="Print the cases as JSON Lines.")
def list_cases(*, suite: str, as_json: bool) -> None:
    """List the cases of SUITE (cases.jsonl, where the screen saves them)."""
    loaded = api.open_suite(settings_for(), suite)
    if as_json:
        for case in loaded.cases:
            output.raw(encode(case) + "\n")
    else:
        output.table(
            ("case", "review", "title", "lane", "labels", "tags"),
            [
                (
                    case.id,
                    case.review,
                    case.title,
                    case.evidence.lane if case.evidence else "–",
                    ", ".join(case.labels),
                    ", ".join(case.tags),
                )
                for case in loaded.cases
            ],
        )
    diagnostics.damage(loaded.report())


@cases.command()
@click.argument("suite")
@click.argument("ids", nargs=-1, required=True)
@click.option("--as", "state", type=click.Choice(get_args(Review)), default="reviewed")
@click.option("--expected", multiple=True, help="Replace the expected values; repeatable.")
@click.option("--label", "labels", multiple=True, help="Replace the labels; repeatable.")
@click.option("--tag", "tags", multiple=True, help="Add a tag; repeatable.")
@click.option("--note", help="Replace the note.")
def review(
    *,
    suite: str,
    ids: tuple[str, ...],
    state: Review,
    expected: tuple[str, ...],
    labels: tuple[str, ...],
    tags: tuple[str, ...],
    note: str | None,
) -> None:
    """Set the review state of the cases IDS, and what they expect."""

    def change(case: Case) -> Case:
        return replace(
            case,
            expected=expected or case.expected,
            labels=labels or case.labels,
            tags=tuple(dict.fromkeys((*case.tags, *tags))),
            notes=case.notes if note is None else note,
        )

    api.edit_cases(settings_for(), suite, ids, review=state, change=change)
    diagnostics.say(f"{plural(len(ids), 'case')} {state}")


@cases.command()
@click.argument("suite")
@click.argument("ids", nargs=-1, required=True)
def rm(*, suite: str, ids: tuple[str, ...]) -> None:
    """Remove the cases IDS from SUITE."""
    api.edit_cases(settings_for(), suite, ids, remove=True)
    diagnostics.say(f"{plural(len(ids), 'case')} removed")


@cases.command()
@click.argument("suite")
@click.argument("case_id", metavar="ID")
@click.option("--lane", "-l", help="The lane to try on. Default: the one that failed.")
@click.option("--budget", type=click.IntRange(1, 10_000), default=60, show_default=True)
@click.option("--repeat", "-n", type=click.IntRange(1, 100), default=1, show_default=True)
@click.option("--cached", is_flag=True, help="Take answers given before from the cache.")
def shrink(
    *, suite: str, case_id: str, lane: str | None, budget: int, repeat: int, cached: bool
) -> int:
    """Make the input of case ID smaller while it still fails on a lane; add it as a new case.

    Tries at most BUDGET inputs. Exit code: 0 found, 1 the case does not fail (any more).
    """
    made = shrink_case(
        settings_for(), suite, case_id, lane, budget=budget, repeat=repeat, cached=cached
    )
    if made.case is None or made.found is None:
        diagnostics.say(f"{case_id} does not fail on {made.lane}; nothing was added")
        return 1
    output.line(made.case.id)
    end = "no part of it can go" if made.found.minimal else "the budget ended the search"
    diagnostics.say(
        f"{made.before} → {plural(len(made.found.text), 'character')} in "
        f"{plural(made.found.tries, 'try', 'tries')}, {plural(made.sent, 'request')}; {end}"
    )
    return 0
